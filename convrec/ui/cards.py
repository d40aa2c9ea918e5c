"""The pieces of the page as HTML: values in, markup out. Every text is escaped here, whoever wrote it.

A button says what it does in data attributes (`data-act`, `data-value`, `data-turn`); blocks.py listens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from convrec.catalog import Catalog, Facet, Item, format_value
from convrec.conversation import Constraint, ItemPart, Op, Reading, TextPart
from convrec.ui.pictograms import pictogram

FACTS_SHOWN = 5
OWNED_SHOWN = 6
ALWAYS = ("show me others", "why this one?")


def button(label: str, act: str, value: str = "", turn: str = "", *, style: str = "", title: str = "") -> str:
    """`label` is markup already; everything else is text."""
    attributes = {
        "class": style, "data-act": act, "data-value": value, "data-turn": turn, "title": title, "aria-label": title
    }  # fmt: skip
    written = "".join(f' {name}="{escape(text)}"' for name, text in attributes.items() if text)
    return f'<button type="button"{written}>{label}</button>'


def message(text: str) -> str:
    return f'<div class="me" dir="auto">{escape(text)}</div>'


def words(text: str) -> str:
    """Prose of a reply in its paragraphs; the Markdown tables that code writes (compare) become tables."""
    return "".join(_table(block) if "\n| ---" in block else _paragraph(block) for block in text.split("\n\n"))


def constraint_label(constraint: Constraint, catalog: Catalog) -> str:
    """What was understood, for a chip: "under $15.00", "not Norrby", "refillable", "tip at most 0.5 mm"."""
    facet, op, value = constraint.facet, constraint.op, constraint.value
    if facet == "compatible":
        titles = [catalog.item(i).title if i in catalog else i for i in constraint.values]
        return f"fits {' or '.join(titles)}"
    if facet == "title":
        return f"{'not ' if op is Op.NOT else ''}“{value}” in the name"
    known = catalog.facets.get(facet) or Facet(facet, "choice")
    if isinstance(value, bool):
        return known.name if value is (op is Op.IS) else f"not {known.name}"
    shown = format_value(facet, value)
    if op is Op.IS:
        return shown if known.kind != "number" else f"{known.name} {shown}"
    if op is Op.NOT:
        return f"not {shown}"
    subject = "" if facet == "price" else f"{known.name} "
    return subject + {Op.AT_MOST: "at most ", Op.AT_LEAST: "at least ", Op.LESS: "under ", Op.MORE: "over "}[op] + shown


def chips(reading: Reading, turn: str, catalog: Catalog) -> str:
    """What was understood: limits (green), refusals (amber), wishes (dashed), and what this shop cannot tell (grey)."""
    made = []
    for index, constraint in enumerate(reading.constraints):
        label = escape(constraint_label(constraint, catalog))
        style = "wish" if not constraint.hard else "no" if constraint.op is Op.NOT else "limit"
        if not constraint.hard:
            label = f"{label} <i>as a wish</i>"
        made.append(
            button(f"{label} <span>×</span>", "forget", str(index), turn, style=f"chip {style}", title="ask without")
        )
    made += [f'<span class="chip wish">“{escape(wish)}” <i>as a wish</i></span>' for wish in reading.wishes]
    made += [f'<span class="chip unmet">not known here: {escape(words)}</span>' for words in reading.unmet]
    return f'<div class="read" aria-label="What was understood">{"".join(made)}</div>' if made else ""


def card(part: ItemPart, catalog: Catalog, reading: Reading | None, turn: str, feeling: str = "") -> str:
    """An item as shown then, in the middle of the words. Without a `turn` it cannot be liked yet.

    `feeling` is "like", "dislike" or empty; `turn` is the reply's.
    """
    item = _item(part, catalog)
    facts = "".join(
        f'<span class="fact{" hit" if hit else ""}" title="{escape(name)}">{escape(text)}</span>'
        for name, text, hit in _facts(part.facts, item, reading, catalog)
    )
    acts = ""
    if turn:
        liked, refused = feeling == "like", feeling == "dislike"
        acts = (
            button("♥" if liked else "♡", "like", part.item_id, turn, style=f"btn{' on' * liked}", title="I like this")
            + button("✕", "dislike", part.item_id, turn, style=f"btn{' on' * refused}", title="Not for me")
        )  # fmt: skip
    by = " · ".join(escape(text) for text in (part.facts.get("brand", item.brand), " › ".join(item.categories)) if text)
    price = escape(part.facts.get("price", ""))
    return (
        f'<div class="card" data-item="{escape(part.item_id)}"><div class="pic">{_picture(item)}</div>'
        f'<div class="about"><b>{escape(part.facts.get("title", item.title))}</b><div class="by">{by}</div>'
        f'<div class="facts">{facts}</div></div>'
        f'<div class="deal"><div class="price">{price}</div><div class="acts">{acts}</div></div></div>'
        f"{_why(part.facts, item)}"
    )


def alternatives(parts: Sequence[ItemPart], catalog: Catalog) -> str:
    made = []
    for part in parts:
        item = _item(part, catalog)
        small = " · ".join([part.facts.get("price", ""), *_attributes(part.facts, catalog).values()][:3]).strip(" ·")
        made.append(
            button(
                f"<b>{escape(part.facts.get('title', item.title))}</b><small>{escape(small)}</small>",
                "say",
                f"show me the {item.title}",
                style="alt",
            )
        )
    return f'<div class="alts" aria-label="Alternatives">{"".join(made)}</div>' if made else ""


def quick(suggestions: Sequence[str]) -> str:
    """The next critiques, one tap away."""
    asks = [button(escape(ask), "say", ask, style="q") for ask in (*suggestions, *ALWAYS)]
    return f'<div class="quick">{"".join(asks)}</div>'


def tools(turn: str, first_item_ms: float | None) -> str:
    """What can be done with the last exchange; `turn` is its user turn."""
    timing = f"<span>{first_item_ms:.0f} ms to the first item</span>" if first_item_ms is not None else ""
    made = button("↺ retry", "retry", turn=turn) + button("↶ undo", "undo", turn=turn)
    return f'<div class="tools">{made}{button("✎ edit my message", "edit", turn=turn)}{timing}</div>'


def branches(siblings: Sequence[str], turn: str) -> str:
    """Where the same moment was tried in several ways: which one this is, and the way to its neighbours."""
    if len(siblings) < 2:
        return ""
    here = siblings.index(turn)
    back = button("‹", "select", siblings[here - 1], title="the try before") if here else ""
    on = button("›", "select", siblings[here + 1], title="the next try") if here + 1 < len(siblings) else ""
    return f'<span class="branches">{back}{here + 1} of {len(siblings)}{on}</span>'


def who(name: str, history: Sequence[Item]) -> str:
    """The shopper at the side: the last things bought, newest first."""
    count = f"{len(history)} purchase{'s' * (len(history) != 1)}" if history else "nothing bought yet"
    initials = "".join(ch for ch in name if ch.isdigit())[-3:] or name[:1].upper()
    owned = "".join(
        f'<div class="own">{_picture(item)}'
        f"<div>{escape(item.title)}<small>{escape(_brand_and_price(item))}</small></div></div>"
        for item in reversed(history[-OWNED_SHOWN:])
    )
    return (
        f'<div class="who"><div class="dot">{escape(initials)}</div>'
        f"<div>{escape(name)}<small>{count}</small></div></div>" + (f"<h2>Bought lately</h2>{owned}" if owned else "")
    )


def conversations(found: Iterable[tuple[str, str, int]], current: str | None) -> str:
    """`found` are (id, title, branches)."""
    made = "".join(
        button(
            f"<span>{escape(title)}</span>" + (f"<small>×{branches}</small>" if branches > 1 else ""),
            "open",
            conversation_id,
            style=f"conv{' on' * (conversation_id == current)}",
            title=title,
        )
        for conversation_id, title, branches in found
    )
    return f"<h2>Conversations</h2>{made}" if made else ""


def welcome(asks: Sequence[str]) -> str:
    made = "".join(button(escape(ask), "say", ask, style="q") for ask in asks)
    return (
        '<div class="welcome"><h3>What would you rather have?</h3>'
        "<p>Say it in your own words: what it is for, what it must have, what you would like less of.</p>"
        f'<div class="quick">{made}</div></div>'
    )


def prose_and_cards(
    parts: Sequence[TextPart | ItemPart],
    catalog: Catalog,
    reading: Reading | None,
    turn: str,
    feelings: Mapping[str, str],
) -> str:
    return "".join(
        words(part.text)
        if isinstance(part, TextPart)
        else card(part, catalog, reading, turn, feelings.get(part.item_id, ""))
        for part in parts
    )


def _paragraph(text: str) -> str:
    return f'<p class="say" dir="auto">{escape(text.strip())}</p>' if text.strip() else ""


def _table(markdown: str) -> str:
    head, _, *rest = [
        "".join(f"<td>{escape(cell.strip())}</td>" for cell in line[2:-2].split(" | "))
        for line in markdown.splitlines()
    ]
    body = "".join(f"<tr>{line}</tr>" for line in rest)
    return f'<div class="table"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _item(part: ItemPart, catalog: Catalog) -> Item:
    """The item as the catalogue has it now; what an old conversation showed may be gone."""
    return catalog.item(part.item_id) if part.item_id in catalog else Item(part.item_id, part.item_id)


def _picture(item: Item) -> str:
    colour = item.attributes.get("colour", item.attributes.get("color", ""))
    named = colour[0] if isinstance(colour, tuple) and colour else str(colour)
    return pictogram([item.leaf, item.title, *reversed(item.categories[:-1])], named, item.brand)


def _brand_and_price(item: Item) -> str:
    price = format_value("price", item.price) if item.price is not None else ""
    return " · ".join(text for text in (item.brand, price) if text)


def _attributes(facts: Mapping[str, str], catalog: Catalog) -> dict[str, str]:
    """Attribute key → what a person reads on a card: "80 sheets" where a bare number, "refillable" where a bare "yes"
    would say nothing. What an item is not is not shown."""
    shown = {}
    for key in (name.removeprefix("attr:") for name in facts if name.startswith("attr:")):
        text, facet = facts[f"attr:{key}"], catalog.facets.get(key)
        if facet is not None and facet.kind == "flag":
            if text != "no":
                shown[key] = facet.name
        elif facet is not None and facet.kind == "number" and not facet.unit:
            shown[key] = f"{text} {facet.name}"
        else:
            shown[key] = text
    return shown


def _facts(
    facts: Mapping[str, str], item: Item, reading: Reading | None, catalog: Catalog
) -> list[tuple[str, str, bool]]:
    """(facet name, text, answers a wish) of the facts on a card, those that answer a wish first."""
    granted = _granted(reading, item) | {text for name, text in facts.items() if name.startswith("asked:")}
    shown = _attributes(facts, catalog)
    for key, value in item.attributes.items():
        if value is True:
            shown.setdefault(key, key.replace("_", " "))
    found = []
    for key, text in shown.items():
        hit = key in granted or text in granted or facts.get(f"attr:{key}") in granted
        found.append((catalog.facets[key].name if key in catalog.facets else key, text, hit))
    return sorted(found, key=lambda fact: not fact[2])[:FACTS_SHOWN]


def _granted(reading: Reading | None, item: Item) -> set[str]:
    """The facets whose constraints this item satisfies; what it merely is not needs no highlight."""
    alone = Catalog([item])
    return {
        constraint.facet
        for constraint in (reading.constraints if reading else ())
        if constraint.op is not Op.NOT and constraint.facet in alone.facets and alone.satisfies(constraint)[0]
    }


def _why(facts: Mapping[str, str], item: Item) -> str:
    """One line of why, from facts alone: what it goes with, what was asked for, the limit it keeps."""
    reasons = [f"fits the {facts['fits']} you bought"] if "fits" in facts else []
    wishes = [text for name, text in facts.items() if name.startswith("asked:") and name != "asked:category"]
    wishes += [facts["least"]] if "least" in facts else []
    if wishes:
        reasons.append(f"you asked for {', '.join(wishes)}")
    if "limit" in facts and _dollars(facts.get("price", "")) <= _dollars(facts["limit"]):
        reasons.append(f"within your {facts['limit']}")
    line = " · ".join(reasons)
    return f'<div class="why">{escape(line[:1].upper() + line[1:])}</div>' if line else ""


def _dollars(price: str) -> float:
    """The number in "$1,234.50"; without one, more than any limit."""
    digits = price.strip("$").replace(",", "")
    return float(digits) if digits else float("inf")
