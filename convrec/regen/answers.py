"""How an item meets what was asked: one thing to say for each constraint in force that it satisfies."""

from __future__ import annotations

from convrec.catalog import format_value
from convrec.conversation import Constraint, Op
from convrec.regen.frames import Page, Said


def answers(page: Page) -> list[Said]:
    """The newest first. Constraints that the item does not satisfy, or that no words exist for, are not spoken of."""
    found: list[Said] = []
    for constraint in reversed(page.context.constraints):
        if page.catalog.satisfies(constraint)[page.row] and (said := _answer(page, constraint)):
            found += [said] if said not in found else []
    return found


def _answer(page: Page, constraint: Constraint) -> Said | None:
    key, op, value = constraint.facet, constraint.op, constraint.value
    if key == "price":
        return _price(page, op)
    if key == "compatible":
        return Said("wish_compatible") if "asked_fits" in page.facts else None
    if isinstance(value, bool):
        return Said("wish_flag") if "asked_is" in page.facts else None
    if op in (Op.LESS, Op.MORE):
        return Said("wish_compared") if "asked_compared" in page.facts else None
    if key in ("brand", "category"):
        if op is Op.IS and f"asked:{key}" in page.facts:
            return Said(f"wish_{key}")
        return Said("wish_brand_not") if key == "brand" and "not:brand" in page.facts else None
    if key == "use":
        return Said("wish_use", {"use": "⟨asked:use⟩"}) if op is Op.IS and "asked:use" in page.facts else None
    return _value(page, constraint)


def _price(page: Page, op: Op) -> Said | None:
    if op is Op.AT_MOST and "limit" in page.facts:
        return Said("wish_limit")
    return Said("wish_cheaper") if op is Op.LESS and "asked_saving" in page.facts else None


def _value(page: Page, constraint: Constraint) -> Said | None:
    key, value = constraint.facet, constraint.value
    does, has = page.does(key), page.has(key)
    if does is None:
        return None
    if constraint.op is Op.IS:
        words = {"does_wish": does} | ({"has_wish": has} if has else {})
        slots = {name: said.replace("⟨attr:", "⟨asked:") for name, said in words.items()}
        return Said("wish_value", slots | {"wish": f"⟨asked:{key}⟩", "wish_name": page.catalog.facets[key].name})
    if constraint.op is Op.AT_LEAST and "least" in page.facts:
        return Said("wish_least", {"does_number": does} | ({"has_number": has} if has else {}))
    if constraint.op is Op.NOT and f"not:{key}" in page.facts:
        # "no steel here, it is made of titanium-coated steel" would sound wrong, "not No. 10" unclear
        plain = str(value).split()[-1] not in format_value(key, page.item.attributes[key])
        plain = plain and ". " not in str(value) and "/" not in str(value)
        return Said("wish_value_not", {"value": f"⟨not:{key}⟩", "does_other": does}) if plain else None
    return None
