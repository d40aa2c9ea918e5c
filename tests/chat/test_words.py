from pathlib import Path

import pytest
import yaml

from convrec.chat.words import FOLDER, Words, quoted
from convrec.errors import ConfigError

VALUES: dict[str, dict[str, object]] = {
    "hello": {"bought": 3},
    "restart": {"bought": 0},
    "not_stocked": {"words": "“toner”", "departments": "paper", "more": False},
    "impossible": {"wanted": "safes", "broken": "not blue", "bound": ""},
    "no_such": {"wanted": "safes that are blue"},
    "cheapest": {"price": "$1.00", "among": ""},
    "dearest": {"price": "$1.00", "among": "safes"},
    "sold_out": {"wanted": "safes"},
    "in_its_place": {"broken": "not blue"},
    "exhausted": {"wanted": "safes", "reasons": "seen", "broken": "not blue"},
    "fewer": {"asked": 3, "found": 1},
    "unpaired": {"title": "Pen"},
    "not_owned": {"thing": "“my pen”"},
    "about": {"title": "Pen", "does": "is blue", "yes": "", "level": ""},
    "about_choices": {"leaf": "pens", "facet": "colour", "values": "blue and red"},
    "about_unknown": {"title": "Pen", "facet": "colour"},
    "about_other": {"title": "Pen", "does": "is blue and is made of steel"},
    "compare_by": {"titles": "A", "most": True, "facet": "brightness", "value": "700 lm"},
    "why": {
        "title": "Pen", "brand": "Tarn", "leaf": "pens", "price": "$1.00", "price_level": "about what is usual",
        "wishes": "blue", "fits": "Case", "brand_bought": "twice", "leaf_bought": True,
    },
    "why_bought": {"title": "Pen"},
    "why_missed": {"missed": "not blue"},
    "compare": {"titles": "A and B"},
    "compare_price": {"cheaper": "A", "dearer": "B", "difference": "$1.00"},
    "compare_cheapest": {"title": "A", "price": "$1.00"},
    "price": {"title": "A", "price": "$1.00"},
    "compare_one": {"title": "Pen"},
    "price_of_several": {"title": "A", "price": "$1.00", "times": 3, "total": "$3.00"},
    "total": {"terms": "A ($1.00) and B ($2.00)", "total": "$3.00"},
    "total_unknown": {"titles": "A"},
    "profile": {
        "bought": 2, "brands": "Tarn (2)", "categories": "pens (2)", "low": "$1.00", "typical": "$2.00",
        "high": "$3.00", "last": "Pen", "asked": "blue", "liked": "", "refused": "",
    },
    "another": {"title": "Pen", "brand": "Tarn", "price": "$1.00"},
}  # fmt: skip
NAMES = [name for path in sorted(FOLDER.glob("*.yaml")) for name in yaml.safe_load(path.read_text("utf-8"))]


@pytest.mark.parametrize("name", NAMES)
def test_every_variant_of_every_template_says_one_clean_line(name: str) -> None:
    said = {Words(str(seed)).say(name, **VALUES.get(name, {})) for seed in range(40)}
    for text in said:
        assert text == " ".join(text.split())
        assert "{" not in text
        assert text[0].isupper() or text[0] == "“"
        assert text[-1] in ".?!:"


def test_the_same_seed_says_the_same_and_seeds_differ() -> None:
    assert Words("a").say("thanks") == Words("a").say("thanks")
    assert len({Words(str(seed)).say("thanks") for seed in range(40)}) > 1


def test_values_are_never_templates() -> None:
    nasty = "{{ 7 * 7 }}{% for x in y %}"
    assert nasty in Words("1").say("not_stocked", words=nasty, departments="paper", more=False)


def test_quoting_is_short_and_on_one_line() -> None:
    assert quoted("a\n b") == "“a b”"
    assert len(quoted("long " * 50)) <= 62


def test_an_unknown_template_or_a_missing_value_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no reply template 'nonsense'"):
        Words("1").say("nonsense")
    with pytest.raises(ConfigError, match=r"'total'.*terms"):
        Words("1").say("total", total="$1.00")
    with pytest.raises(ConfigError, match="no reply templates in"):
        Words("1", tmp_path)
