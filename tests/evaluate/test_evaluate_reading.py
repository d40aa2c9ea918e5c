"""The reader's figures: a perfect reader, one that says nothing, one that is too sure; and the file of utterances."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from small_model import small_catalog

from convrec.conversation import Act, Constraint, Op, Reading, Reference
from convrec.errors import DataError
from convrec.evaluate.reading import Example, evaluate_reader, read_examples, slots
from convrec.language.reader import Reader, Situation

CATALOG = small_catalog()
SITUATION = Situation(history=(1,), reference=1)
BLUE = Constraint("colour", Op.IS, "blue")
CHEAP = Constraint("price", Op.AT_MOST, 7.0)
EXAMPLES = [
    Example("held", "blue, under $7", SITUATION, Reading(Act.STEER, (BLUE, CHEAP))),
    Example("held", "not Tarn again", SITUATION, Reading(Act.STEER, (Constraint("brand", Op.NOT, "Tarn"),))),
    Example("held", "why this one?", SITUATION, Reading(Act.WHY, references=(Reference("i1", "shown"),))),
    Example("held", "a rocket", SITUATION, Reading(Act.RECOMMEND, unmet=("rocket",)), ("rocket",)),
]


class Scripted(Reader):
    """Reads what it is told to read."""

    def __init__(self, readings: Mapping[str, Reading], otherwise: Reading) -> None:
        super().__init__(CATALOG)
        self._readings, self._otherwise = readings, otherwise

    def read(self, text: str, situation: Situation) -> Reading:
        return self._readings.get(text, self._otherwise)


PERFECT = {example.text: example.gold for example in EXAMPLES}


def test_a_perfect_reader_has_everything() -> None:
    figures = evaluate_reader(CATALOG, Scripted(PERFECT, Reading(Act.SOCIAL)), EXAMPLES)
    assert (figures.f1, figures.precision, figures.recall, figures.exact) == (1, 1, 1, 1)
    assert (figures.false_hard_masks, figures.missing_said, figures.misses) == (0, 1, ())
    assert all(value == 1 for value in figures.by_slot.values())


def test_a_reader_that_says_nothing_has_nothing() -> None:
    figures = evaluate_reader(CATALOG, Scripted({}, Reading(Act.SOCIAL)), EXAMPLES)
    assert (figures.f1, figures.recall, figures.exact, figures.missing_said) == (0, 0, 0, 0)
    assert figures.false_hard_masks == 0, "it masks nothing either"
    assert len(figures.misses) == len(EXAMPLES)


def test_what_is_only_preferred_and_read_as_a_must_is_a_false_mask_but_the_right_slot() -> None:
    soft = Constraint("colour", Op.IS, "blue", hard=False)
    examples = [Example("held", "maybe blue", SITUATION, Reading(Act.STEER, (soft,)))]
    sure = evaluate_reader(CATALOG, Scripted({"maybe blue": Reading(Act.STEER, (BLUE,))}, Reading(Act.STEER)), examples)
    assert (sure.f1, sure.false_hard_masks) == (1, 1)
    careful = evaluate_reader(CATALOG, Scripted({"maybe blue": examples[0].gold}, Reading(Act.STEER)), examples)
    assert (careful.f1, careful.false_hard_masks) == (1, 0)


def test_polarity_is_counted_apart_from_the_value() -> None:
    wanted, unwanted = (slots(Reading(Act.STEER, (Constraint("brand", op, "Tarn"),))) for op in (Op.IS, Op.NOT))
    assert ("brand", "tarn") in {(s[0], s[1].lower()) for s in wanted & unwanted}
    assert {slot[0] for slot in wanted ^ unwanted} == {"polarity"}


def test_no_examples_are_no_figures() -> None:
    with pytest.raises(DataError, match="no utterances"):
        evaluate_reader(CATALOG, Reader(CATALOG), [])


UTTERANCES = """
things:
  pen: {category: Gel pens, brand: Norrby}
situations:
  pen: {history: [pen]}
dev:
  - {in: pen, say: cheaper, act: steer, means: ["price less @"]}
  - {in: pen, say: ideally blue and refillable, act: steer, means: ["~colour is blue", "~refillable is true"]}
  - {in: pen, say: another like it, act: recommend, refs: [pen]}
"""


def test_utterances_are_read_over_the_catalogue(tmp_path: Path) -> None:
    (tmp_path / "u.yaml").write_text(UTTERANCES)
    cheaper, softly, like_it = read_examples(tmp_path / "u.yaml", CATALOG)
    row = min((r for r in range(30) if r % 2 == 0), key=lambda r: CATALOG[r].item_id)
    assert cheaper.gold.constraints == (Constraint("price", Op.LESS, CATALOG[row].price or 0, True, "price less @"),)
    assert [(c.facet, c.value, c.hard) for c in softly.gold.constraints] == [
        ("colour", "blue", False),
        ("refillable", True, False),
    ]
    assert [r.item_id for r in like_it.gold.references] == [CATALOG[row].item_id]
    assert {e.part for e in (cheaper, softly, like_it)} == {"dev"}


@pytest.mark.parametrize(("old", "new"), [("price less @", "charm less @"), ("Gel pens", "Rockets")])
def test_what_the_catalogue_lacks_is_named(old: str, new: str, tmp_path: Path) -> None:
    (tmp_path / "u.yaml").write_text(UTTERANCES.replace(old, new))
    with pytest.raises(DataError, match=new.split()[0]):
        read_examples(tmp_path / "u.yaml", CATALOG)
