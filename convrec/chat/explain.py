"""Answers that code works out from the catalogue and the conversation: why, compare, total, profile."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import numpy as np

from convrec.catalog import FITS, SYSTEM, AttributeValue, Catalog, Item, format_value
from convrec.chat.nearest import opposite
from convrec.chat.phrase import counted, listed, phrases
from convrec.chat.state import State
from convrec.chat.words import Words
from convrec.conversation import Constraint, Op, Question
from convrec.language.grammar import articles
from convrec.language.prices import is_named
from convrec.language.wording import Wording

MOST_FACTS = 3  # of an item of which something was asked that is not recorded


def why(catalog: Catalog, row: int, state: State, words: Words) -> str:
    """Why this item: wishes it answers and misses, what it fits, brands and kinds bought before, its price level."""
    item = catalog[row]
    if row in state.history:
        return words.say("why_bought", title=item.title)
    told = [c for c in state.constraints if c.facet != "price" or is_named(c)]  # nobody said what "cheap" comes to
    answered = [c for c in told if catalog.satisfies(c)[row]]
    missed = [c for c in told if not catalog.satisfies(c)[row]]
    kinds = [c for c in answered if _is_kind(c)]  # "a pen and a notebook": it is the one, so the other is not missed
    missed = [c for c in missed if not (_is_kind(c) and kinds) or catalog.mask([c, *kinds]).any()]
    fitting = [owned for owned in reversed(state.history) if catalog.compatible(row)[owned]]
    text = words.say(
        "why",
        title=item.title,
        brand=item.brand,
        leaf=item.leaf.lower(),
        price="" if item.price is None else format_value("price", item.price),
        price_level=_price_level(catalog, row),
        wishes=phrases(_telling(answered), catalog),
        fits=catalog[fitting[0]].title if fitting else "",
        brand_bought=_times(sum(catalog[owned].brand == item.brand for owned in state.history) if item.brand else 0),
        leaf_bought=bool(item.leaf) and any(catalog[owned].leaf == item.leaf for owned in state.history),
    )
    if missed:
        text += " " + words.say("why_missed", missed=phrases((opposite(c) for c in missed), catalog))
    return text


def _is_kind(constraint: Constraint) -> bool:
    return (constraint.facet, constraint.op) == ("category", Op.IS)


def compare(catalog: Catalog, rows: Sequence[int], words: Words, questions: Sequence[Question] = ()) -> str:
    """Two or more items side by side as a Markdown table, and which is ahead in what was asked for, else in price."""
    if len(rows) < 2:
        return words.say("compare_one", title=catalog[rows[0]].title)
    items = [catalog[row] for row in rows]
    lines = [[""] + [item.title for item in items]]
    for key in _facets_of(catalog, rows):
        values = [catalog.value(row, key) for row in rows]
        name = "price" if key == "price" else "kind" if key == "category" else catalog.facets[key].name
        lines.append([name] + [_cell(key, value) for value in values])
    table = [_table_line(line) for line in lines]
    table.insert(1, "|" + " --- |" * (len(items) + 1))
    text = words.say("compare", titles=listed(item.title for item in items)) + "\n\n" + "\n".join(table)
    verdict = " ".join(filter(None, (_ahead(catalog, rows, question, words) for question in questions)))
    verdict = verdict or _price_verdict(items, words)
    return f"{text}\n\n{verdict}" if verdict else text


def about(catalog: Catalog, row: int, questions: Sequence[Question], words: Words) -> str:
    """What the catalogue records of an item, question by question; what it does not record is said to be unknown.

    With no question that it could answer, a few of the things it does record.
    """
    if not questions:
        attributes = catalog[row].attributes
        known = [key for key in attributes if key not in (SYSTEM, FITS)][:MOST_FACTS]
        does = listed(_predicate(catalog, key, attributes[key]) for key in known)
        return words.say("about_other", title=catalog[row].title, does=does)
    return " ".join(_answer(catalog, row, question, words) for question in questions)


def _answer(catalog: Catalog, row: int, question: Question, words: Words) -> str:
    item, key = catalog[row], question.facet
    value, name = catalog.value(row, key), catalog.facets[key].name
    if question.every and (values := _stocked(catalog, row, key)):
        return words.say("about_choices", leaf=item.leaf.lower(), facet=name, values=values)
    flag = catalog.facets[key].kind == "flag"
    if question.every or (value is None and not flag):
        return words.say("about_unknown", title=item.title, facet=name)
    yes = ""
    if question.value is not None:
        holds = bool(catalog.satisfies(Constraint(key, Op.IS, question.value))[row])
        yes = "Yes" if holds else "No"
    does = _predicate(catalog, key, bool(value) if value is None else value)
    return words.say("about", title=item.title, yes=yes, does=does, level=_level(catalog, row, key))


def _predicate(catalog: Catalog, key: str, value: AttributeValue) -> str:
    """One facet of an item after "it": "is made of steel", "is not dimmable"."""
    entry = Wording(catalog).entry(key)
    if isinstance(value, bool):
        name = catalog.facets[key].name
        return str(next(iter(entry.get("is" if value else "is_not", ())), f"is {name}" if value else f"is not {name}"))
    if key == "brand":
        return f"is made by {value}"
    if key == "use":
        return f"is made for {format_value(key, value)}"
    said = entry.get("does", [f"has ⟨attr:{key}⟩ as its {catalog.facets[key].name}"])[0]
    return articles(str(said).replace(f"⟨attr:{key}⟩", format_value(key, value)))


def _level(catalog: Catalog, row: int, key: str) -> str:
    """How a number stands among its own shelf: "more than most of our desk lamps"; nothing where it cannot be said."""
    value, leaf = catalog.value(row, key), catalog[row].leaf
    if catalog.facets[key].kind != "number" or not leaf:
        return ""
    shelf = catalog.satisfies(Constraint("category", Op.IS, leaf))
    numbers = [v for r in np.flatnonzero(shelf) if isinstance(v := catalog.value(int(r), key), int | float)]
    if len(numbers) < 4 or not isinstance(value, int | float):
        return ""
    below, above = sum(n < value for n in numbers) / len(numbers), sum(n > value for n in numbers) / len(numbers)
    return "high" if below > 0.6 else "low" if above > 0.6 else ""


def _stocked(catalog: Catalog, row: int, key: str) -> str:
    """What there is of a facet on the shelf of an item, in stock: "black, green and white"; empty where nothing is."""
    shelf = catalog.mask([Constraint("category", Op.IS, catalog[row].leaf)] if catalog[row].leaf else ())
    entries: set[str | float | bool] = set()
    for other in np.flatnonzero(shelf):
        value = catalog.value(int(other), key)
        entries.update(value if isinstance(value, tuple) else () if value is None else (value,))
    return listed(format_value(key, entry) for entry in sorted(entries, key=lambda v: (isinstance(v, str), v)))


def price(catalog: Catalog, row: int, words: Words, times: int = 1) -> str:
    """What one item costs, or so many of it."""
    item = catalog[row]
    if item.price is None:
        return words.say("total_unknown", titles=item.title)
    each = format_value("price", item.price)
    if times > 1:
        total = format_value("price", round(item.price * 100) * times / 100)
        return words.say("price_of_several", title=item.title, price=each, times=times, total=total)
    return words.say("price", title=item.title, price=each)


def total(catalog: Catalog, rows: Sequence[int], words: Words) -> str:
    """What these items cost together, to the cent."""
    unknown = [catalog[row].title for row in rows if catalog[row].price is None]
    if unknown:
        return words.say("total_unknown", titles=listed(unknown))
    prices = [(catalog[row].title, catalog[row].price or 0.0) for row in rows]
    terms = listed(f"{title} ({format_value('price', price)})" for title, price in prices)
    return words.say("total", terms=terms, total=format_value("price", sum(round(p * 100) for _, p in prices) / 100))


def profile(catalog: Catalog, state: State, words: Words) -> str:
    """What is known of the shopper: counts over the purchases, and what was said in this conversation."""
    items = [catalog[row] for row in state.history]
    prices = [item.price for item in items if item.price is not None]
    shown = [format_value("price", p) for p in (min(prices), statistics.median(prices), max(prices))] if prices else []
    return words.say(
        "profile",
        bought=len(items),
        brands=listed(counted([item.brand for item in items if item.brand])),
        categories=listed(counted([item.leaf.lower() for item in items if item.leaf])),
        low=shown[0] if shown else "",
        typical=shown[1] if shown else "",
        high=shown[2] if shown else "",
        last=items[-1].title if items else "",
        asked=phrases(state.constraints, catalog),
        liked=listed(catalog[row].title for row in state.liked),
        refused=listed(catalog[row].title for row in state.refused),
    )


def _ahead(catalog: Catalog, rows: Sequence[int], question: Question, words: Words) -> str:
    """Which item has the most or the least of a facet; nothing where it is not recorded of all, or is the same."""
    values = [catalog.value(row, question.facet) for row in rows]
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) < len(rows) or len(set(numbers)) == 1:
        return ""
    most = question.value == "more"
    best = max(numbers) if most else min(numbers)
    titles = listed(catalog[row].title for row, number in zip(rows, numbers, strict=True) if number == best)
    name = "price" if question.facet == "price" else catalog.facets[question.facet].name
    return words.say("compare_by", titles=titles, most=most, facet=name, value=format_value(question.facet, best))


def _price_verdict(items: Sequence[Item], words: Words) -> str:
    """Which is cheapest, and for two by how much; nothing where a price is missing."""
    priced = sorted(((item.price, item.title) for item in items if item.price is not None), key=lambda pair: pair[0])
    if len(priced) < len(items):
        return ""
    (low, cheaper), (next_low, dearer) = priced[:2]
    if next_low - low < 0.005:
        return words.say("compare_same_price") if len(items) == 2 else ""
    if len(items) > 2:
        return words.say("compare_cheapest", title=cheaper, price=format_value("price", low))
    return words.say("compare_price", cheaper=cheaper, dearer=dearer, difference=format_value("price", next_low - low))


def _telling(constraints: Sequence[Constraint]) -> Sequence[Constraint]:
    """Without the mere kind of thing, unless nothing else was asked."""
    return [c for c in constraints if c.facet != "category" or c.op is Op.NOT] or constraints


def _times(count: int) -> str:
    return {0: "", 1: "once", 2: "twice"}.get(count, f"{count} times")


def _price_level(catalog: Catalog, row: int) -> str:
    item = catalog[row]
    prices = [i.price for i in catalog.items if i.price is not None and item.leaf and i.leaf == item.leaf]
    if item.price is None or len(prices) < 4:
        return ""
    share = sum(p < item.price for p in prices) / len(prices)
    return "on the cheap side" if share < 0.3 else "on the dear side" if share > 0.7 else "about what is usual"


def _facets_of(catalog: Catalog, rows: Sequence[int]) -> list[str]:
    own = [key for key in catalog.facets if key not in ("price", "brand", "category", SYSTEM, FITS)]
    return [key for key in ("price", "brand", "category", *own) if any(catalog.value(r, key) is not None for r in rows)]


def _cell(key: str, value: object) -> str:
    if value is None:
        return "–"
    if key == "category" and isinstance(value, tuple):
        return str(value[-1]).lower()
    if isinstance(value, bool):
        return "yes" if value else "no"
    return format_value(key, value)  # type: ignore[arg-type]


def _table_line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.replace("|", "/").split()) for cell in cells) + " |"
