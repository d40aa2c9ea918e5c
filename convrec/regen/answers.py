"""How an item meets what was asked: one thing to say for each constraint in force that it satisfies."""

from __future__ import annotations

from convrec.catalog import format_value
from convrec.conversation import Constraint, Op
from convrec.language.facts import USES, granted, spared, uses_of
from convrec.regen.frames import Page, Said
from convrec.regen.relations import beside, compared


def answers(page: Page) -> list[Said]:
    """The newest first. Constraints that the item does not satisfy, or that no words exist for, are not spoken of."""
    marks: dict[tuple[str, str, str], str] = {}
    for kind, met in (("wish", granted), ("not", spared)):
        named = met(page.catalog, page.row, page.context)
        marks.update({constraint.key: f"⟨{kind}:{n}⟩" for n, constraint in enumerate(named, start=1)})
    found: list[Said] = []
    for constraint in page.context.constraints:
        if page.catalog.satisfies(constraint)[page.row]:
            said = _answer(page, constraint, marks.get(constraint.key, ""))
            found += [said] if said else []
    return found[::-1]


def _answer(page: Page, constraint: Constraint, mark: str) -> Said | None:
    """`mark` is the fact token of the value that the constraint names, if it has one."""
    key, op, value = constraint.facet, constraint.op, constraint.value
    if key == "price":
        return _price(page, op)
    if key == "brand":
        if op is Op.IS:
            return Said("wish_brand")
        return Said("wish_brand_not", {"not_brand": mark}) if mark else None
    if key == "category":
        return Said("wish_category") if op is Op.IS and value == page.item.leaf else None
    if key == "compatible":
        return Said("wish_compatible") if page.facts.get("fits") == page.catalog.item(str(value)).title else None
    if key == "use":
        uses = uses_of(page.item)[:USES]
        if op is not Op.IS or value not in uses:
            return None
        return Said("wish_use", {"use": f"⟨use:{uses.index(str(value)) + 1}⟩"})
    if page.catalog.facets[key].kind == "flag":
        wanted = value is (op is Op.IS)
        phrase = page.wording.some(key, "is" if wanted else "is_not", page.rng)
        known = page.item.attributes.get(key) is wanted
        return Said("wish_flag", {"is_wish": phrase}, flag=key) if phrase and known else None
    does = page.does(key)
    if does is None:
        return None
    if op is Op.NOT:
        # "no steel here, it is made of titanium-coated steel" would sound wrong, "not No. 10" unclear
        plain = str(value).split()[-1] not in format_value(key, page.item.attributes[key]) and ". " not in str(value)
        return Said("wish_value_not", {"value": mark, "does_other": does}) if plain and mark else None
    if op is Op.IS:
        slots = {"wish": mark, "wish_name": page.catalog.facets[key].name, "does_wish": does}
        return Said("wish_value", slots | _has(page, key, "has_wish")) if mark else None
    return _number(page, constraint, mark, {"does_number": does} | _has(page, key, "has_number"))


def _price(page: Page, op: Op) -> Said | None:
    if op is Op.AT_MOST:
        return Said("wish_limit")
    if op is Op.LESS and beside(page) and "saving" in page.facts:
        return Said("wish_cheaper")
    return None


def _number(page: Page, constraint: Constraint, mark: str, slots: dict[str, str]) -> Said | None:
    key, reference = constraint.facet, page.context.reference
    unit = page.wording.entry(key).get("amount")
    if constraint.op is Op.AT_LEAST and unit and mark:
        return Said("wish_least", {"least": f"{mark} {unit}", **slots})
    if reference is None or not beside(page):
        return None
    said = compared(page, key, reference)
    # "heavier than what you saw" is no answer to "lighter than what you saw before"
    if said is None or (constraint.op in (Op.LESS, Op.AT_MOST)) is not _is_less(page, key, reference):
        return None
    return Said("wish_number" if said.form == "adj" else "wish_number_np", {"comp": said.words, **slots})


def _is_less(page: Page, key: str, other: int) -> bool:
    return float(page.item.attributes[key]) < float(page.catalog[other].attributes[key])  # type: ignore[arg-type]


def _has(page: Page, key: str, slot: str) -> dict[str, str]:
    phrase = page.has(key)
    return {slot: phrase} if phrase else {}
