"""How an item stands to what is owned and to what was shown before: which facts say so, and which frames suit them."""

from __future__ import annotations

from convrec.language.facts import COMPARED, OWNED
from convrec.language.relations import MATCHING, similar
from convrec.regen.frames import Page, Said

# How often each tie to something owned is chosen where several hold: the more telling, the more often.
TIES = {
    "history_fits": 6.0, "history_use": 2.0, "history_brand": 2.0, "history_value": 2.0, "history_leaf": 2.0,
    "history_any": 1.0,
}  # fmt: skip
_GROUPS = {"fits": "history_fits", "same:use": "history_use", "same:brand": "history_brand",
           "same:category": "history_leaf"}  # fmt: skip


def tie(page: Page, loose: bool = True) -> Said | None:
    """One relation between the item and something owned that was not spoken of yet; None if there is none.

    `loose` ones only say that the thing is owned: right in a chat, but no reason for anything.
    """
    found: dict[str, list[Said]] = {}
    for name, group in _GROUPS.items():
        if _fresh(page, name):
            found[group] = [Said(group)]
    for key in MATCHING:
        does = page.does(key) if _fresh(page, f"same:{key}") and f"attr:{key}" not in page.told else None
        if does:
            slots = {
                "same": f"⟨same:{key}⟩",
                "does_shared": does.replace("⟨attr:", "⟨shared:"),
                "shared_name": page.catalog.facets[key].name,
            }
            found.setdefault("history_value", []).append(Said("history_value", slots))
    if loose and (anything := [name for name in _owned(page) if _fresh(page, name)]):
        found["history_any"] = [Said("history_any", {"owned": f"⟨{name}⟩"}) for name in anything]
    if not found:
        return None
    group = page.rng.choices(list(found), [TIES[group] for group in found])[0]
    return page.rng.choice(found[group])


def owned_slot(page: Page) -> dict[str, str]:
    """Any of the last things owned, for frames that only name one."""
    places = _owned(page)
    return {"owned": f"⟨{page.rng.choice(places)}⟩"} if places else {}


def beside(page: Page) -> bool:
    """Whether the item steered away from stands on the same shelf, so that comparing makes sense."""
    reference = page.context.reference
    return reference is not None and similar(page.catalog, page.row, reference)


def comparison(page: Page) -> Said | None:
    """One difference from, or likeness to, the item steered away from; None where there is none to compare with."""
    if "reference" not in page.facts or not beside(page) or _named(page, "reference"):
        return None
    found: list[Said] = []
    if not page.groups & {"wish_cheaper", "wish_compared"}:
        found += [Said("compare_cheaper")] if "saving" in page.facts else []
        found += [Said("compare_dearer")] if "extra" in page.facts else []
        for number in range(1, COMPARED + 1):
            if f"compared:{number}" in page.facts:
                found.append(Said("compare_number", {"compared": f"⟨compared:{number}⟩"}))
    for key in MATCHING:
        does = page.does(key) if f"kept:{key}" in page.facts and f"attr:{key}" not in page.told else None
        if does:
            found.append(Said("compare_shared", {"does_kept": does.replace("⟨attr:", "⟨kept:")}))
    if "reference_brand" in page.facts and "brand" not in page.told:
        found.append(Said("compare_brand"))
    return page.rng.choice(found) if found else None


def _owned(page: Page) -> list[str]:
    """The fact tokens of the last things owned, but for one that is the item itself."""
    places = [f"owned:{back}" for back in range(1, OWNED + 1)]
    return [name for name in places if name in page.facts and page.facts[name] != page.item.title]


def _fresh(page: Page, name: str) -> bool:
    return name in page.facts and not _named(page, name)


def _named(page: Page, name: str) -> bool:
    """Whether the page has named the thing that this fact token stands for."""
    return page.facts[name] in {page.facts.get(told) for told in page.told}
