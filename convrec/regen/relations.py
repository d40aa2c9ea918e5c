"""How an item stands to what is owned and to what was shown before; only what the numbers and values say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from convrec.language.facts import OWNED, USES, uses_of
from convrec.language.relations import MATCHING, NEAR, number, similar
from convrec.regen.frames import Page, Said

# How often each tie to something owned is chosen where several hold: the more telling, the more often.
TIES = {
    "history_fits": 6.0, "history_use": 2.0, "history_brand": 2.0, "history_value": 2.0, "history_leaf": 2.0,
    "history_number": 1.5, "history_cheaper": 1.2, "history_dearer": 0.8, "history_any": 1.0,
}  # fmt: skip


class Compared(NamedTuple):
    """ "lighter" (adj) or "more sheets" (np), of the item against another one."""

    form: Literal["adj", "np"]
    words: str


def tie(page: Page, loose: bool = True) -> Said | None:
    """One relation between the item and something owned that was not spoken of yet; None if there is none.

    `loose` ones only say that the thing is owned: right in a chat, but no reason for anything.
    """
    found: dict[str, list[Said]] = {}
    if "fits" in page.facts and "fits" not in page.told:
        found["history_fits"] = [Said("history_fits")]
    for back, owned in enumerate(reversed(page.context.history[-OWNED:]), start=1):
        again = owned == page.context.reference and "reference" in page.told
        if owned == page.row or again or f"owned:{back}" in page.told:
            continue
        for said in _relations(page, owned):
            if said.group == "history_any" and not loose:
                continue
            whole = said._replace(slots={"owned": f"⟨owned:{back}⟩", **said.slots})
            found.setdefault(said.group, []).append(whole)
    if not found:
        return None
    group = page.rng.choices(list(found), [TIES[group] for group in found])[0]
    return page.rng.choice(found[group])


def owned_slot(page: Page) -> dict[str, str]:
    """Any of the last things owned, for frames that only name one."""
    places = [f"owned:{back}" for back in range(1, OWNED + 1) if f"owned:{back}" in page.facts]
    return {"owned": f"⟨{page.rng.choice(places)}⟩"} if places else {}


def beside(page: Page) -> bool:
    """Whether the item steered away from stands on the same shelf, so that comparing makes sense."""
    reference = page.context.reference
    return reference is not None and similar(page.catalog, page.row, reference)


def comparison(page: Page) -> Said | None:
    """One difference from, or likeness to, the item steered away from; None where there is none to compare with."""
    reference = page.context.reference
    if reference is None or not beside(page) or reference in _spoken_of(page):
        return None
    other = page.catalog[reference]
    found: list[Said] = []
    if not page.groups & {"wish_cheaper", "history_cheaper", "history_dearer"}:
        found += [Said("compare_cheaper")] if "saving" in page.facts else []
        found += [Said("compare_dearer")] if "extra" in page.facts else []
    for form, words in _comparisons(page, reference):
        found.append(Said("compare_number" if form == "adj" else "compare_number_np", {"comp_ref": words}))
    for key, does in _matches(page, reference):
        found.append(Said("compare_shared", {"does_ref": does, "ref_name": page.catalog.facets[key].name}))
    if page.item.brand and other.brand and page.item.brand != other.brand and "brand" not in page.told:
        found.append(Said("compare_brand"))
    return page.rng.choice(found) if found else None


def compared(page: Page, key: str, other: int) -> Compared | None:
    """The words for how one number of the item compares with another item's, if there are words and a difference."""
    one, two = number(page.catalog, page.row, key), number(page.catalog, other, key)
    if one is None or two is None or one == two:
        return None
    words = page.wording.entry(key).get("less" if one < two else "more", {})
    forms: list[Literal["adj", "np"]] = [form for form in ("adj", "np") if words.get(form)]
    if not forms:
        return None
    form = page.rng.choice(forms)
    return Compared(form, page.rng.choice(words[form]))


def _spoken_of(page: Page) -> set[int]:
    """The owned rows that the page has named already."""
    owned = enumerate(reversed(page.context.history[-OWNED:]), start=1)
    return {row for back, row in owned if f"owned:{back}" in page.told}


def _relations(page: Page, owned: int) -> Iterator[Said]:
    item, other = page.item, page.catalog[owned]
    if item.brand and item.brand == other.brand:
        yield Said("history_brand")
    for place, use in enumerate(uses_of(item)[:USES], start=1):
        if use in uses_of(other):
            yield Said("history_use", {"shared_use": f"⟨use:{place}⟩"})
    for key, does in _matches(page, owned):
        yield Said("history_value", {"does_shared": does, "shared_name": page.catalog.facets[key].name})
    if item.leaf:
        yield Said("history_leaf" if item.leaf == other.leaf else "history_any")
    if similar(page.catalog, page.row, owned):
        if item.price is not None and other.price is not None and abs(item.price - other.price) >= 0.01:
            yield Said("history_cheaper" if item.price < other.price else "history_dearer")
        for form, words in _comparisons(page, owned):
            if form == "adj":
                yield Said("history_number", {"comp_owned": words})


def _matches(page: Page, other: int) -> Iterator[tuple[str, str]]:
    """The attributes not told yet in which both are the same, with what is said of them after "it"."""
    for key in MATCHING:
        value = page.item.attributes.get(key)
        if value is None or value != page.catalog[other].attributes.get(key) or f"attr:{key}" in page.told:
            continue
        if does := page.does(key):
            yield key, does


def _comparisons(page: Page, other: int) -> Iterator[Compared]:
    """Every number not told yet in which the item differs clearly from another one."""
    for key in page.item.attributes:
        one, two = number(page.catalog, page.row, key), number(page.catalog, other, key)
        if one is None or two is None or f"attr:{key}" in page.told or abs(one - two) <= NEAR * max(abs(one), abs(two)):
            continue
        if said := compared(page, key, other):
            yield said
