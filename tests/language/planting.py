"""Errors planted into true narratives: each kind turns a sentence about an item into one that is false of it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from convrec.catalog import Catalog
from convrec.conversation import Constraint, Op
from convrec.language.facts import Context, facts_of


@dataclass(frozen=True)
class Case:
    """A true marked sentence about `row` in its context."""

    sentence: str
    row: int
    context: Context


Planter = Callable[[Catalog, Case, random.Random], Case | None]
SWAPPED = {
    "cheaper": "dearer",
    "less expensive": "more expensive",
    "dearer": "cheaper",
    "more expensive": "cheaper",
    "lighter": "heavier",
    "heavier": "lighter",
    "larger": "smaller",
    "smaller": "larger",
    "finer": "thicker",
    "thicker": "finer",
    "quieter": "louder",
    "less than": "more than",
    "more than": "less than",
    "faster": "slower",
    "wider": "narrower",
    "narrower": "wider",
    "fewer": "more",
}
SUPERLATIVES = {
    "cheapest": ("price", -1),
    "lightest": ("weight_g", -1),
    "heaviest": ("weight_g", 1),
    "dearest": ("price", 1),
    "least expensive": ("price", -1),
    "quietest": ("noise_db", -1),
    "most expensive": ("price", 1),
}
PRAISE = [
    "It is the best one you can get.",
    "This award-winning one is loved by everyone.",
    "It will last for years.",
    "Thousands of happy customers recommend it, a real bestseller.",
    "It is extremely durable and comes with free shipping.",
    "You will not find better quality anywhere.",
    "It has a lifetime guarantee.",
    "The finish is simply perfect.",
    "Experts trust it.",
    "It is smudge-proof and scratch-resistant.",
    "It comes with a money-back guarantee.",
    "It is better than anything else.",
    "This one is unbreakable.",
    "It is on sale today.",
    "It is premium quality, handmade.",
]


def wrong_brand(catalog: Catalog, case: Case, rng: random.Random) -> Case | None:
    brand = _other(catalog.facets["brand"].values, catalog, case, rng)
    if (
        "⟨brand⟩" in case.sentence
        and "?" not in case.sentence
        and not re.search(r"\b(more|other|others)\b", case.sentence)
    ):
        return replace(case, sentence=case.sentence.replace("⟨brand⟩", brand))
    said = [
        f"It is made by {brand}.",
        f"{brand} makes this one.",
        f"This {brand} one costs ⟨price⟩.",
        f"The brand is {brand}.",
    ]
    return replace(case, sentence=rng.choice(said))


def wrong_colour(catalog: Catalog, case: Case, rng: random.Random) -> Case | None:
    own = catalog[case.row].attributes.get("colour")
    if not isinstance(own, str):
        return None
    colour = _other(catalog.facets["colour"].values, catalog, case, rng)
    if "⟨attr:colour⟩" in case.sentence:
        return replace(case, sentence=case.sentence.replace("⟨attr:colour⟩", colour))
    said = [
        f"It comes in {colour}.",
        f"You get it in {colour}, for ⟨price⟩.",
        f"The colour is {colour}.",
        f"A {colour} one, made by ⟨brand⟩.",
        f"This {colour} ⟨category⟩ costs ⟨price⟩.",
        "It is not ⟨attr:colour⟩.",
    ]
    return replace(case, sentence=rng.choice(said))


def negated_flag(catalog: Catalog, case: Case, rng: random.Random) -> Case | None:
    flags = [(k, v) for k, v in catalog[case.row].attributes.items() if isinstance(v, bool)]
    if not flags:
        return None
    key, holds = rng.choice(flags)
    word = key.replace("_", "-")
    if holds:
        said = [
            f"It is not {word}.",
            f"It isn't {word}, though.",
            f"This one is non-{word}.",
            f"Sadly it is neither {word} nor cheap.",
        ]
    else:
        said = [
            f"It is {word}.",
            f"And it is {word}, too.",
            f"A {word} one for ⟨price⟩.",
            f"Being {word}, it costs ⟨price⟩.",
            f"It is not only {word} but also by ⟨brand⟩.",
        ]
    return replace(case, sentence=rng.choice(said))


def changed_number(catalog: Catalog, case: Case, rng: random.Random) -> Case | None:
    facts = facts_of(catalog, case.row, case.context)
    found = [
        n for n in re.findall(r"⟨([a-z:_0-9]+)⟩", case.sentence) if re.search(r"\d", facts.get(n, "")) and n != "title"
    ]
    found = [
        n
        for n in found
        if n == "price"
        or (n.startswith("attr:") and n[5:] in catalog.facets and catalog.facets[n[5:]].kind == "number")
    ]
    if found and "?" not in case.sentence:
        name = rng.choice(found)
        return replace(case, sentence=case.sentence.replace(f"⟨{name}⟩", _shifted(facts[name], rng)))
    numbers = [
        k for k, v in catalog[case.row].attributes.items() if f"attr:{k}" in facts and isinstance(v, int | float)
    ]
    said = [f"It costs {_shifted(facts['price'], rng)}.", f"The price is only {_shifted(facts['price'], rng)}."]
    if numbers:
        said += [f"It has {_shifted(facts['attr:' + rng.choice(numbers)], rng)} of it."]
    return replace(case, sentence=rng.choice(said))


def reversed_comparison(catalog: Catalog, case: Case, rng: random.Random) -> Case | None:
    if "?" not in case.sentence and not re.search(r"\b([Yy]ou (wanted|asked)|[Ii]f|should)\b", case.sentence):
        for word, swapped in SWAPPED.items():
            if re.search(rf"\b{word}\b", case.sentence) and re.search("⟨(reference|owned:.)⟩", case.sentence):
                return replace(case, sentence=re.sub(rf"\b{word}\b", swapped, case.sentence, count=1))
    other = case.context.reference
    mine, theirs = catalog[case.row].price, None if other is None else catalog[other].price
    if mine is None or theirs is None or abs(mine - theirs) < 0.01:
        return None
    less, more = ("cheaper", "costs less") if mine > theirs else ("dearer", "costs more")
    wrong = "cheaper" if mine < theirs else "more expensive"
    said = [
        f"It is {less} than the ⟨reference⟩.",
        f"It {more} than the ⟨reference⟩ does.",
        f"The ⟨reference⟩ is {wrong}.",
        f"Next to the ⟨reference⟩, this one is {less}.",
        f"It is not {wrong} than the ⟨reference⟩.",
    ]
    return replace(case, sentence=rng.choice(said))


def wrong_owned(catalog: Catalog, case: Case, rng: random.Random) -> Case | None:
    """Something said to be shared with a thing owned that does not share it."""
    history, item = case.context.history, catalog[case.row]
    others = [n for n, row in enumerate(reversed(history[-6:]), start=1) if catalog[row].brand != item.brand]
    if not others:
        return None
    n = rng.choice(others)
    said = [
        f"It is by ⟨brand⟩, like your ⟨owned:{n}⟩.",
        f"It has the same maker as your ⟨owned:{n}⟩.",
        f"Your ⟨owned:{n}⟩ is from ⟨brand⟩ too.",
        f"It shares its brand with your ⟨owned:{n}⟩.",
        f"Like the ⟨owned:{n}⟩ you own, it comes from ⟨brand⟩.",
    ]
    if n > 1:
        said.append(f"Your latest purchase is the ⟨owned:{n}⟩.")
    return replace(case, sentence=rng.choice(said))


def unowned_as_owned(catalog: Catalog, case: Case, rng: random.Random) -> Case | None:
    if case.row in case.context.history:
        return None
    stranger = rng.choice(
        [
            i.title
            for r, i in enumerate(catalog.items)
            if r not in (*case.context.history, case.row, case.context.reference)
        ]
    )
    said = [
        "You already own the ⟨title⟩.",
        "Your ⟨title⟩ costs ⟨price⟩.",
        "You bought the ⟨title⟩ before.",
        f"It goes next to your {stranger}.",
        f"You already have the {stranger}.",
    ]
    if case.context.reference is not None and case.context.reference not in case.context.history:
        said += [
            "It is from ⟨brand⟩, unlike your ⟨reference⟩.",
            "The ⟨reference⟩ you bought was there first.",
            "You own the ⟨reference⟩.",
        ]
    return replace(case, sentence=rng.choice(said))


def wrong_limit(catalog: Catalog, case: Case, rng: random.Random) -> Case | None:
    price = catalog[case.row].price
    if price is None:
        return None
    limit = Constraint("price", Op.AT_MOST, round(price * rng.uniform(0.4, 0.9), 2))
    others = tuple(c for c in case.context.constraints if c.facet != "price")
    said = [
        "At ⟨price⟩ it stays under your ⟨limit⟩.",
        "It is within your limit of ⟨limit⟩.",
        "It keeps below ⟨limit⟩, as you asked.",
        "That fits your budget of ⟨limit⟩.",
        "It is within budget.",
        f"It stays under ${price * 0.8:.2f}.",
        "⟨price⟩ is less than ⟨limit⟩.",
    ]
    return Case(rng.choice(said), case.row, replace(case.context, constraints=(*others, limit)))


def wrong_fit(catalog: Catalog, case: Case, rng: random.Random) -> Case | None:
    fits = catalog.compatible(case.row)
    wrong = [n for n, row in enumerate(reversed(case.context.history[-6:]), start=1) if not fits[row]]
    if not wrong:
        return None
    n = rng.choice(wrong)
    said = [
        f"It fits your ⟨owned:{n}⟩.",
        f"It goes with the ⟨owned:{n}⟩ you have.",
        f"It is compatible with your ⟨owned:{n}⟩.",
        f"It was made for your ⟨owned:{n}⟩.",
        f"Your ⟨owned:{n}⟩ takes it.",
        f"It works with your ⟨owned:{n}⟩, too.",
    ]
    return replace(case, sentence=rng.choice(said))


def false_superlative(catalog: Catalog, case: Case, rng: random.Random) -> Case | None:
    item = catalog[case.row]
    wrong = []
    for word, (key, sign) in SUPERLATIVES.items():
        own = catalog.value(case.row, key)
        rivals = [catalog.value(r, key) for r, i in enumerate(catalog.items) if i.leaf == item.leaf and catalog.live[r]]
        if isinstance(own, int | float) and any(isinstance(v, int | float) and sign * (v - own) > 1e-6 for v in rivals):
            wrong.append(word)
    if not wrong:
        return None
    word = rng.choice(wrong)
    said = [
        f"It is the {word} of our ⟨category⟩.",
        f"This is the {word} one here.",
        f"The {word} of all, at ⟨price⟩.",
        f"No other is as good: it is the {word}.",
    ]
    return replace(case, sentence=rng.choice(said))


def puffery(catalog: Catalog, case: Case, rng: random.Random) -> Case | None:
    return replace(
        case, sentence=rng.choice([case.sentence.rstrip(".?!") + " - " + rng.choice(PRAISE), rng.choice(PRAISE)])
    )


def availability(catalog: Catalog, case: Case, rng: random.Random) -> Case | None:
    if catalog.live[case.row]:
        said = [
            "It is sold out.",
            "It is not in stock.",
            "It is currently unavailable.",
            "Sadly, the ⟨title⟩ is out of stock.",
            "It isn't available now.",
        ]
    else:
        said = [
            "It is in stock.",
            "The ⟨title⟩ is available now.",
            "It is in stock and costs ⟨price⟩.",
            "It is ready to ship.",
        ]
    return replace(case, sentence=rng.choice(said))


def made_up_history(catalog: Catalog, case: Case, rng: random.Random) -> Case | None:
    brands = [
        b for b in catalog.facets["brand"].values if sum(catalog[r].brand == b for r in case.context.history) == 0
    ]
    leaves = sorted({i.leaf for i in catalog.items} - {c for r in case.context.history for c in catalog[r].categories})
    brand, leaf = rng.choice(brands), rng.choice(leaves).lower()
    used = {str(catalog[r].attributes.get("colour")) for r in case.context.history}
    colour = rng.choice(
        [c for c in catalog.facets["colour"].values if not any(c in u for u in used) and c not in ("clear", "natural")]
    )
    said = [
        f"You keep choosing {brand}.",
        f"You have bought several {leaf}.",
        f"Since you like {brand}, look at this one.",
        f"You already bought {leaf} from us.",
        f"You often go for {brand}.",
        f"You own three {leaf}.",
        "You bought a bicycle last year.",
        f"Your {brand} things go next to it.",
        f"Because you prefer {colour}, I chose this.",
    ]
    return replace(case, sentence=rng.choice(said))


def made_up_wish(catalog: Catalog, case: Case, rng: random.Random) -> Case | None:
    asked = {c.facet for c in case.context.constraints}
    if "brand" in asked or "warranty_years" in asked or not asked:
        return None
    brand = catalog[case.row].brand
    said = [
        f"It is from {brand}, as you asked.",
        "It is from ⟨brand⟩, as you wanted.",
        f"You asked for {brand}, and here it is.",
        "⟨brand⟩ is the maker, just as you said.",
    ]
    return replace(case, sentence=rng.choice(said))


def misused_fact(catalog: Catalog, case: Case, rng: random.Random) -> Case | None:
    """A fact token where another belongs: each is right by itself, and the sentence is wrong."""
    facts, sentence = facts_of(catalog, case.row, case.context), case.sentence
    difference = "saving" if "saving" in facts else "extra"
    if difference not in facts or facts[difference] == facts["price"]:
        return None
    if "⟨price⟩" in sentence and "?" not in sentence:
        return replace(case, sentence=sentence.replace("⟨price⟩", f"⟨{difference}⟩"))
    if f"⟨{difference}⟩" in sentence:
        return replace(case, sentence=sentence.replace(f"⟨{difference}⟩", "⟨price⟩"))
    direction = "more" if difference == "saving" else "less"
    said = [
        f"It costs ⟨{difference}⟩.",
        f"It is yours for ⟨{difference}⟩.",
        f"It costs ⟨{difference}⟩ {direction} than the ⟨reference⟩.",
        "You save ⟨price⟩ with it.",
        "It comes to ⟨reference_price⟩.",
        "The price is ⟨limit⟩.",
    ]
    return replace(case, sentence=rng.choice(said))


PLANTERS: dict[str, Planter] = {
    "brand": wrong_brand,
    "colour": wrong_colour,
    "flag": negated_flag,
    "number": changed_number,
    "comparison": reversed_comparison,
    "owned": wrong_owned,
    "unowned": unowned_as_owned,
    "limit": wrong_limit,
    "fit": wrong_fit,
    "superlative": false_superlative,
    "puffery": puffery,
    "stock": availability,
    "history": made_up_history,
    "wish": made_up_wish,
    "misuse": misused_fact,
}


def _other(values: tuple[str, ...], catalog: Catalog, case: Case, rng: random.Random) -> str:
    """A value that neither the item nor its title has, of one plain word."""
    item = catalog[case.row]
    own = f"{item.title} {item.brand} {' '.join(map(str, item.attributes.values()))}".casefold()
    return rng.choice([v for v in values if v.casefold() not in own and v not in ("clear", "natural")])


def _shifted(words: str, rng: random.Random) -> str:
    """The same amount with another number in it: "$9.80" → "$13.70"."""
    number = float(re.sub(r"[^\d.]", "", re.search(r"[\d.,]+", words)[0]))  # type: ignore[index]
    changed = number * rng.choice([0.55, 1.45, 2.6]) + 0.3
    text = f"{changed:,.2f}" if "." in words or "$" in words else f"{round(changed) + (round(changed) == number)}"
    return re.sub(r"[\d.,]+", text, words, count=1)
