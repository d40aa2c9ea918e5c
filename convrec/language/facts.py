"""Fact tokens: names, prices, numbers and whole predicates are single tokens, rendered from the catalogue: never wrong.

A *marked* text is prose with fact tokens in it: "⟨title⟩ costs ⟨price⟩, ⟨saving⟩ less than your ⟨owned:2⟩." Writers
produce marked texts, the model is trained on them, `render` turns them into what a person reads. Only texts written by
this software are ever parsed for marks: what a user types is never split here.

What relates the item to something else is in the name of the token: ⟨same:colour⟩ is a thing owned that has the item's
colour and has no value where there is none, so that a writer which may only use tokens with a value cannot bind a
likeness to the wrong thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from convrec.catalog import FITS, SYSTEM, AttributeValue, Catalog, Item, format_value
from convrec.conversation import Constraint, Op
from convrec.language.prices import is_named
from convrec.language.relations import MATCHING, USES, relations, similar, uses_of
from convrec.language.wording import Wording

OWNED = 6  # the last six things bought can be named; ⟨owned:1⟩ is the most recent
FLAGS = 4  # of what an item is, and is not
COMPARED = 3  # ways in which it differs from the item steered away from
_USES = {"classroom": "the classroom", "home office": "the home office", "landscape": "landscapes"}
_DETAIL = re.compile(r",\s| \(| [-–|] ")  # what follows in a title is detail
MARK = re.compile(r"⟨([a-z_]+(?::[a-z0-9_]+)?)⟩")


@dataclass(frozen=True, slots=True)
class Context:
    """What a narrative may speak about besides the item itself: rows of `history` (oldest first), the constraints in
    force, and the row being steered away from (last shown, or last bought)."""

    history: tuple[int, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    reference: int | None = None


def fact_vocabulary(catalog: Catalog) -> tuple[str, ...]:
    """All fact-token names a model over this catalogue knows, in a fixed order."""
    facets = catalog.facets.items()
    keys = [k for k, facet in facets if k not in ("price", "brand", "category", SYSTEM, FITS) and facet.kind != "flag"]
    uses = "use" in keys
    return (
        "title", "brand", "category", "price", "reference", "reference_brand", "reference_price", "saving", "extra",
        "limit", "fits", "least", "asked_saving", "asked_compared", "asked_is", "asked_fits",
        *(f"owned:{i}" for i in range(1, OWNED + 1)),
        *(f"compared:{i}" for i in range(1, COMPARED + 1)),
        *(f"{form}:{i}" for form in ("is", "is_not") for i in range(1, FLAGS + 1)),
        *(f"use:{i}" for i in range(1, USES + 1) if uses),
        *(["shared_use", "same:use"] if uses else []),
        "same:brand", "same:category", "asked:brand", "asked:category", "not:brand",
        *(f"{kind}:{key}" for kind in ("attr", "asked", "not") for key in keys),
        *(f"{kind}:{key}" for kind in ("same", "shared", "kept") for key in MATCHING if key in keys),
    )  # fmt: skip


def facts_of(catalog: Catalog, row: int, context: Context) -> dict[str, str]:
    """The facts that have a value for this item in this context: name → what a person reads.

    Of the item: `title`, `brand`, `category`, `price`, `attr:colour`, `use:n` one thing it is for, `is:n`/`is_not:n`
    what it is said to be ("can be refilled"). Of things owned: `owned:n` titles, `fits` the newest one that the item is
    compatible with, `same:colour` the newest of the last ones with the same colour and `shared:colour` that colour,
    `shared_use` the use it shares with `same:use`. Of the item steered away from: `reference`, `reference_brand` where
    it differs, `reference_price`, `saving`/`extra` the price difference, `compared:n` "is lighter" or "has more
    sheets", `kept:colour` the colour that both have. Of what was asked and is granted: `asked:colour` the value asked
    for, `asked_is` a flag, `asked_fits`, `least` an amount, `asked_compared` and `asked_saving` what was wanted
    otherwise than the reference has it, `limit` the tightest price limit, `not:colour` a value that was refused and
    that the item does not have.
    """
    item = catalog[row]
    wording = Wording(catalog)
    facts: dict[str, str] = {"title": item.title}
    if item.brand:
        facts["brand"] = item.brand
    if item.categories:
        facts["category"] = item.leaf.lower()
    if item.price is not None:
        facts["price"] = format_value("price", item.price)
    for key, value in item.attributes.items():
        if key not in (SYSTEM, FITS) and not isinstance(value, bool):
            facts[f"attr:{key}"] = format_value(key, value)
    for number, use in enumerate(uses_of(item)[:USES], start=1):
        facts[f"use:{number}"] = spoken_use(use)
    for form, wanted in (("is", True), ("is_not", False)):
        flags = [key for key, value in item.attributes.items() if value is wanted and wording.entry(key).get(form)]
        facts |= {f"{form}:{n}": _varied(wording.entry(key)[form], row) for n, key in enumerate(flags[:FLAGS], start=1)}
    if context.reference is not None and context.reference != row:
        facts |= _beside(catalog, wording, row, context.reference)
    facts |= _owned(catalog, row, context)
    facts |= _granted(catalog, wording, row, context)
    return {name: said for name, said in facts.items() if said}


def _beside(catalog: Catalog, wording: Wording, row: int, reference: int) -> Iterator[tuple[str, str]]:
    """How the item stands to the one steered away from."""
    item, other = catalog[row], catalog[reference]
    yield "reference", named(catalog, reference, [row])
    if other.brand and other.brand != item.brand:
        yield "reference_brand", other.brand
    if other.price is not None:
        yield "reference_price", format_value("price", other.price)
        if item.price is not None and abs(difference := other.price - item.price) >= 0.005:
            yield "saving" if difference > 0 else "extra", format_value("price", abs(difference))
    if not similar(catalog, row, reference):
        return
    said = []
    for op, name in relations(catalog, row, reference):
        key = name.removeprefix("attr:")
        if op is Op.IS and key in MATCHING:
            yield f"kept:{key}", format_value(key, item.attributes[key])
        elif op is not Op.IS and (predicate := compared(wording, key, op, row)):
            said.append(predicate)
    yield from ((f"compared:{n}", predicate) for n, predicate in enumerate(said[:COMPARED], start=1))


def _owned(catalog: Catalog, row: int, context: Context) -> Iterator[tuple[str, str]]:
    """The things owned, and how the item stands to them."""
    beside = [row, *context.history[-OWNED:]]
    for back, owned in enumerate(reversed(context.history[-OWNED:]), start=1):
        yield f"owned:{back}", named(catalog, owned, beside)
    if (fitting := fitted(catalog, row, context)) is not None:
        yield "fits", named(catalog, fitting, beside)
    for key, (owned, fact) in alike(catalog, row, context).items():
        yield f"same:{key}", named(catalog, owned, beside)
        if key == "use":
            yield "shared_use", spoken_use(uses_of(catalog[row])[int(fact.removeprefix("use:")) - 1])
        elif key in MATCHING:
            yield f"shared:{key}", format_value(key, catalog[row].attributes[key])


def _granted(catalog: Catalog, wording: Wording, row: int, context: Context) -> Iterator[tuple[str, str]]:
    """What was asked for and what the item has of it; of several wishes about one thing the newest."""
    item, beside = catalog[row], context.reference
    if beside is not None and not similar(catalog, row, beside):
        beside = None
    for wish in context.constraints:
        key, op, value = wish.facet, wish.op, wish.value
        if key == "title" or not catalog.satisfies(wish)[row]:
            continue
        if key == "price":
            limits = [float(c.value) for c in context.constraints if c.key[:2] == ("price", "at_most") and is_named(c)]
            if limits and float(item.price or 0) <= min(limits):
                yield "limit", format_value("price", min(limits))
            if op is Op.LESS and beside is not None and (op, "price") in relations(catalog, row, beside):
                saving = float(catalog[beside].price or 0) - float(item.price or 0)
                yield "asked_saving", format_value("price", saving)
        elif key == "compatible":
            owned = [catalog.row(i) for i in wish.values if catalog.row(i) in context.history[-OWNED:]]
            if fitted := [host for host in owned if catalog.compatible(host)[row]] if op is Op.IS else []:
                yield "asked_fits", named(catalog, fitted[0], [row, *owned])
        elif isinstance(value, bool):
            wanted = value is (op is Op.IS)
            choices = wording.entry(key).get("is" if wanted else "is_not")
            if choices and item.attributes.get(key) is wanted:
                yield "asked_is", _varied(choices, row)
        elif op is Op.NOT:
            yield f"not:{key}", format_value(key, value)
        elif op is Op.IS and not (key == "category" and (value != item.leaf or _is_only_meant(wish))):
            said = item.leaf.lower() if key == "category" else format_value(key, value)
            yield f"asked:{key}", spoken_use(said) if key == "use" else said
        elif op is Op.AT_LEAST:
            yield "least", f"{format_value(key, value)} {wording.entry(key).get('amount', '')}".strip()
        elif op is not Op.IS and beside is not None and (op, f"attr:{key}") in relations(catalog, row, beside):
            yield "asked_compared", compared(wording, key, op, row)


def named(catalog: Catalog, row: int, beside: Sequence[int]) -> str:
    """An item as it is spoken of in passing: its title up to the first comma or bracket, as far as that has three words
    or more and names no other of the items `beside` it."""
    title = catalog[row].title
    short = shortened(title)
    shared = any(shortened(catalog[other].title) == short for other in beside if catalog[other].title != title)
    return title if shared else short


def shortened(title: str) -> str:
    """The title up to its first comma or bracket: all of it where less than three words stand before that, or where it
    begins with a bracket."""
    short = _DETAIL.split(title, maxsplit=1)[0]
    return short if len(short.split()) >= 3 and not title.startswith("(") else title


def alike(catalog: Catalog, row: int, context: Context) -> dict[str, tuple[int, str]]:
    """What the item shares with the newest of the last things bought that shares it: "brand", "category", "use" or an
    attribute → (row, fact)."""
    found: dict[str, tuple[int, str]] = {}
    for owned in reversed(context.history[-OWNED:]):
        for op, fact in relations(catalog, row, owned) if owned != row else ():
            key = "use" if fact.startswith("use:") else fact.removeprefix("attr:")
            if op is Op.IS and key not in found:
                found[key] = owned, fact
    return found


def fitted(catalog: Catalog, row: int, context: Context) -> int | None:
    """The newest thing owned that the item fits."""
    return next((owned for owned in reversed(context.history) if fit(catalog[row], catalog[owned])), None)


def compared(wording: Wording, key: str, op: Op, row: int) -> str:
    """ "is lighter", "has more sheets": how a number of the item `row` compares; "" where there are no words for it."""
    words = wording.entry(key).get("less" if op is Op.LESS else "more", {})
    said = [f"is {word}" for word in words.get("adj", ())] + [f"has {word}" for word in words.get("np", ())[:1]]
    return _varied(said, row) if said else ""


def _varied(choices: Sequence[str], row: int) -> str:
    """One way of saying it; items take turns."""
    return choices[row % len(choices)]


def spoken_use(use: str) -> str:
    """A use after "for": "exams", but "the classroom"."""
    return _USES.get(use, use)


def fit(one: Item, other: Item) -> bool:
    """Whether one of two items fits the other: the refill the pen, the folder the cabinet."""
    return bool(
        _names(one.attributes.get(SYSTEM)) & _names(other.attributes.get(FITS))
        or _names(one.attributes.get(FITS)) & _names(other.attributes.get(SYSTEM))
    )


def split(marked: str) -> list[tuple[str, bool]]:
    """A marked text as pieces: (name, True) for a fact token, (text, False) for prose."""
    pieces: list[tuple[str, bool]] = []
    for index, piece in enumerate(MARK.split(marked)):
        if piece:
            pieces.append((piece, index % 2 == 1))
    return pieces


def plain(mark: str) -> str:
    """The fact of the item that a relation speaks of: "asked:colour" → "attr:colour", "asked:brand" → "brand"."""
    kind, _, key = mark.partition(":")
    if kind not in ("asked", "kept", "shared"):
        return mark
    return key if key in ("brand", "category") else f"attr:{key}"


def render(marked: str, facts: Mapping[str, str]) -> str:
    """What a person reads; of one they read "1 piece". Raises KeyError for a fact without a value: the engine masks
    those, so it is a bug."""
    said, counted = "", ""
    for piece, is_fact in split(marked):
        if is_fact:
            said += facts[piece]
            counted = f" {piece.partition(':')[2]}" if facts[piece] == "1" else ""
        else:
            alone = counted.endswith("s") and re.match(rf"{counted}\b", piece)
            said, counted = said + (counted[:-1] + piece[alone.end() :] if alone else piece), ""
    return said


def _is_only_meant(wish: Constraint) -> bool:
    """Whether a category is wanted that was not named: nobody who says "nobody hears me on calls" said headsets."""
    names = [word.removesuffix("s") for word in str(wish.value).casefold().split()]
    return not wish.hard and bool(wish.said) and not any(name in wish.said.casefold() for name in names)


def _names(value: AttributeValue | None) -> frozenset[str]:
    if isinstance(value, tuple):
        return frozenset(value)
    return frozenset([value]) if isinstance(value, str) else frozenset()
