import sys
from pathlib import Path

import pytest

from convrec.catalog import Catalog
from convrec.datasets import Dataset, write_dataset
from convrec.datasets.frames import INTERACTIONS

GOOD = "about: a\nturns: [{say: a gel pen, items: {count: 1, category: Gel pens}}]"
POOR = "about: b\nturns: [{say: a gel pen, items: {count: 7}}]"
NO_SCRIPT = "about: c\nturns: [{shout: a gel pen}]"


def test_scripts_are_collected_and_run_and_other_yaml_is_left_alone(
    pytester: pytest.Pytester, tmp_path: Path, shop: Catalog
) -> None:
    dataset = tmp_path / "shop"
    write_dataset(Dataset(shop, INTERACTIONS.to_frame()), dataset)
    folder = pytester.mkdir("conversations")
    for name, text in (("good", GOOD), ("poor", POOR), ("broken", NO_SCRIPT)):
        (folder / f"{name}.yaml").write_text(text)
    (pytester.mkdir("other") / "settings.yaml").write_text("a: 1")
    (folder / "notes.yml").write_text("no script")
    result = pytester.inline_run("--convrec-dataset", str(dataset), "-p", "no:cacheprovider")
    passed, skipped, failed = result.listoutcomes()
    assert [report.nodeid.split("::")[-1] for report in passed] == ["good"]
    assert skipped == []
    said = {report.nodeid.split("::")[-1]: str(report.longrepr) for report in failed}
    assert set(said) == {"poor", "broken"}
    assert "turn 1 ('a gel pen'): 1 items shown, expected 7" in said["poor"]
    assert "turn 1: `shout`" in said["broken"]


def test_the_plugin_is_light(pytester: pytest.Pytester) -> None:
    """It is loaded by every pytest run where convrec is installed."""
    heavy = "{'torch', 'polars', 'yaml', 'jinja2', 'numpy', 'sqlalchemy'}"
    code = f"import sys, convrec.chat.pytest_plugin; print({heavy} & set(sys.modules))"
    assert pytester.run(sys.executable, "-c", code).outlines == ["set()"]
