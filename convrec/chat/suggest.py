"""What could be said next: short critiques over what really varies nearby, for the page to offer as buttons."""

from __future__ import annotations

from collections.abc import Sequence

from convrec.catalog import FITS, SYSTEM, Catalog
from convrec.chat.choice import open_rows
from convrec.chat.state import State
from convrec.conversation import Constraint, Op

MOST = 4


def suggestions(catalog: Catalog, row: int, alternatives: Sequence[int], state: State) -> tuple[str, ...]:
    """At most four: "cheaper" and "another brand" where such an item is left, then values only alternatives have."""
    item = catalog[row]
    kind = (Constraint("category", Op.IS, item.leaf),) if item.leaf else ()
    nearby = [int(r) for r in (open_rows(state, catalog) & catalog.mask((*state.hard, *kind))).nonzero()[0] if r != row]
    found = []
    if item.price is not None and any((catalog[r].price or item.price) < item.price for r in nearby):
        found.append("cheaper")
    brand_is_settled = any(c.facet == "brand" and c.op is Op.IS for c in state.constraints)
    if item.brand and not brand_is_settled and any(catalog[r].brand not in ("", item.brand) for r in nearby):
        found.append("another brand")
    settled = {c.facet for c in state.constraints}
    for other in (*alternatives, *nearby):
        for key, value in catalog[other].attributes.items():
            if key in settled or key in (SYSTEM, FITS) or catalog.value(row, key) in (value, None):
                continue
            if value is True:
                found.append(catalog.facets[key].name)
            elif isinstance(value, str):
                found.append(value)
            else:
                continue
            settled.add(key)
    return tuple(dict.fromkeys(found))[:MOST]
