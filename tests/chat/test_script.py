from pathlib import Path

import pytest

from convrec.chat.script import Between, read_script
from convrec.errors import ScriptError

SCRIPTS = sorted((Path(__file__).parents[1] / "conversations").glob("*.yaml"))


def written(folder: Path, text: str) -> Path:
    path = folder / "script.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_there_are_enough_of_them_and_each_says_what_it_is_about() -> None:
    assert len(SCRIPTS) >= 25
    assert len({read_script(path).about for path in SCRIPTS}) == len(SCRIPTS)


def test_a_script_as_values(tmp_path: Path) -> None:
    script = read_script(
        written(
            tmp_path,
            """
            about: a test
            history: [Gel pens]
            turns:
              - say: a pen
                items: {count: {min: 1, max: 2}, attributes: {colour: blue, tip_mm: 0.5}}
                reading: {constraints: [{facet: price, op: at_most, value: 5}]}
              - retry: true
                branch: 0
            """,
        )
    )
    first = script.turns[0]
    assert first.items is not None
    assert first.items.count == Between(min=1, max=2)
    assert first.items.attributes == {"colour": "blue", "tip_mm": 0.5}
    assert script.turns[1].retry


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("turns: [{say: a}]", "`about`"),
        ("about: x\nturns: []", "`turns`"),
        ("about: x\nturns: [{say: a}, {say: b, itemz: {}}]", "turn 2: `itemz`"),
        ("about: x\nturns: [{say: a, items: {colour: blue}}]", "turn 1: `items.colour`"),
        ("about: x\nturns: [{say: a, items: {price_max: cheap}}]", "turn 1: `items.price_max`"),
        ("about: x\nturns: [{items: {count: 1}}]", "`say`, or `retry: true`"),
        ("about: x\nturns: [{say: a, retry: true}]", "`say`, or `retry: true`"),
        ("about: x\nturns: [{say: '', error: empty, items: {}}]", "`error` stands alone"),
        ("about: x\nuser: a\nhistory: [b]\nturns: [{say: a}]", "`user` or `history`"),
        ("- a list", "a script is a mapping"),
        ("about: [", "is no YAML"),
    ],
)
def test_what_is_no_script_is_named_with_its_file_and_turn(tmp_path: Path, text: str, complaint: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ScriptError) as raised:
        read_script(path)
    assert str(path) in str(raised.value)
    assert complaint in str(raised.value)


def test_a_script_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match="cannot be read"):
        read_script(tmp_path / "none.yaml")
