"""The items of the demo shop: product lines drawn leaf by leaf from the YAML description, each in a few variants.

Everything a title or a description states is filled in from the item's attributes, so it can be checked against them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml

from convrec.catalog import FITS, SYSTEM, AttributeValue, Item, format_value, permuted
from convrec.errors import DataError

TOPS = {
    "writing": "Writing", "paper": "Paper", "art": "Art and craft", "filing": "Filing", "desk": "Desk tools",
    "printing": "Printing", "electronics": "Electronics", "furniture": "Furniture", "bags": "Bags",
    "breakroom": "Break room", "presentation": "Presentation",
}  # fmt: skip
OUT_OF_STOCK = 0.04
Attributes = dict[str, AttributeValue]


@cache
def content(name: str) -> dict[str, Any]:
    """One YAML file of the shop's description."""
    text = (files("convrec.datasets.shop") / f"{name}.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def leaves() -> dict[tuple[str, str, str], dict[str, Any]]:
    """Category path → how the items of that leaf are made."""
    return {
        (top, middle, leaf): spec
        for file, top in TOPS.items()
        for middle, group in content(f"leaves/{file}").items()
        for leaf, spec in group.items()
    }


def build_items(seed: int) -> list[Item]:
    """All items of the shop, in an order that says nothing. The same seed gives the same items."""
    items: list[Item] = []
    titles: set[str] = set()
    for number, (path, spec) in enumerate(leaves().items()):
        rng = np.random.default_rng([seed, number])
        for item in _leaf_items(path, spec, rng):
            if item.title in titles:
                raise DataError(f"shop leaf {path[-1]!r}: the title {item.title!r} comes twice; vary what it shows")
            titles.add(item.title)
            items.append(item)
    hosted = {item.attributes[SYSTEM] for item in items if SYSTEM in item.attributes}
    shuffled = permuted([i for i in items if i.attributes.get(FITS) is None or i.attributes[FITS] in hosted], seed)
    return [
        Item(**{**{k: getattr(item, k) for k in Item.__slots__}, "item_id": f"S{number:04d}"})
        for number, item in enumerate(shuffled, start=1)
    ]


def _leaf_items(path: tuple[str, str, str], spec: Mapping[str, Any], rng: np.random.Generator) -> list[Item]:
    """`items` items: product lines of the brands that make this kind of thing, each in 2 to 5 variants."""
    makers = [name for name, brand in content("brands").items() if path[1] in brand["makes"]]
    hosts = _family(spec.get(FITS))
    makers = [makers[i] for i in rng.permutation(len(makers))]
    lines = [str(line) for line in content("keys")["lines"]]
    lines = [lines[i] for i in rng.permutation(len(lines))]
    items: list[Item] = []
    number = 0
    while len(items) < spec["items"]:
        if hosts:  # things that fit a maker's system: its owner's first, then what others make for it
            system = hosts[number % len(hosts)]
            owner = system.split()[0]
            others = [m for m in makers if m != owner]
            own = number < len(hosts) and owner in makers
            brand = owner if own else others[number % len(others)]
        else:
            system, own, brand = "", False, makers[number % len(makers)]
        line = system.split()[1] if own else lines[number]
        left = spec["items"] - len(items)
        items += _product_line(path, spec, brand, line, system, rng, min(left, int(rng.integers(2, 6))))
        number += 1
    return items


def _product_line(
    path: tuple[str, str, str],
    spec: Mapping[str, Any],
    brand: str,
    line: str,
    system: str,
    rng: np.random.Generator,
    count: int,
) -> list[Item]:
    """Up to `count` variants of one line, which differ in what the leaf says `varies`."""
    base = _draw(spec["attributes"], brand, rng)
    dearness, sentence_rng = rng.normal(0, 0.08), np.random.default_rng(rng.integers(2**32))
    mark = f" for {' '.join(system.split()[:2])}" if system and line != system.split()[1] else ""
    found: dict[tuple[AttributeValue, ...], Item] = {}
    for _ in range(40):
        if len(found) == count:
            break
        attributes = dict(base)
        varied = spec["varies"] if found else []
        for key in varied[:1] if rng.random() < 0.5 else varied:
            attributes[key] = _pick(spec["attributes"][key], key, brand, rng)
        variant = tuple(attributes[key] for key in spec["varies"])
        if variant in found:
            continue
        _derive(attributes, spec["attributes"])
        _connect(attributes, spec, brand, system)
        words = {key: format_value(key, value) for key, value in attributes.items()}
        words |= {"brand": brand, "line": line, "for": mark}
        title = _grammar(spec["title"].format(**{k: v if k == "for" else _titled(v) for k, v in words.items()}))
        about, features = _description(spec, attributes, words, brand, sentence_rng)
        found[variant] = Item(
            item_id="new",
            title=title,
            brand=brand,
            categories=path,
            price=_price(spec, attributes, brand, dearness),
            description=about,
            features=features,
            attributes=attributes,
            available=bool(rng.random() >= OUT_OF_STOCK),
        )
    return list(found.values())


def _draw(wanted: Mapping[str, Any], brand: str, rng: np.random.Generator) -> Attributes:
    """A value for every attribute of a product line; those that follow from others come with `_derive`."""
    attributes: Attributes = {}
    for key, how in wanted.items():
        if isinstance(how, dict) and "when" in how:
            if attributes.get(how["when"]) is True:
                attributes[key] = bool(rng.random() < how["chance"]) if "chance" in how else _choose(how["of"], rng)
            elif "chance" in how:
                attributes[key] = False
        else:
            attributes[key] = _pick(how, key, brand, rng)
    return attributes


def _pick(how: Any, key: str, brand: str, rng: np.random.Generator) -> AttributeValue:
    """A list is a choice, a fraction the chance of a flag, `some` a list of values, `brand` what the brand is like."""
    character = content("brands")[brand]
    if how == "brand":
        return str(character["style"])
    if isinstance(how, list):
        if key == "material":
            weights = np.array([5.0 if value in character["materials"] else 1.0 for value in how])
            return str(how[int(rng.choice(len(how), p=weights / weights.sum()))])
        return _choose(how, rng)
    if isinstance(how, float):
        return bool(rng.random() < how * (character["eco"] if key == "recycled" else 1.0))
    if isinstance(how, dict) and "some" in how:
        count = int(rng.integers(2, 4)) if key == "use" else int(rng.integers(4, len(how["some"]) + 1))
        chosen = sorted(rng.choice(len(how["some"]), size=min(count, len(how["some"])), replace=False))
        return tuple(str(how["some"][i]) for i in chosen)
    if isinstance(how, dict):
        return False  # derived from other attributes later
    constant: AttributeValue = how
    return constant


def _choose(values: list[Any], rng: np.random.Generator) -> AttributeValue:
    value: AttributeValue = values[int(rng.integers(len(values)))]
    return value


def _derive(attributes: Attributes, wanted: Mapping[str, Any]) -> None:
    """Flags that follow from another attribute: quiet from the noise, rechargeable from the power supply."""
    for key, how in wanted.items():
        if isinstance(how, dict) and "at_most" in how:
            source, limit = how["at_most"]
            attributes[key] = float(attributes[source]) <= limit  # type: ignore[arg-type]
        elif isinstance(how, dict) and "when_is" in how:
            source, value = how["when_is"]
            attributes[key] = attributes[source] == value


def _family(how: str | None) -> list[str]:
    """The systems of "family NAME" ("Tarn T2 refill", …); none for a plain standard."""
    if not how or not how.startswith("family "):
        return []
    family = how.removeprefix("family ")
    return [f"{name} {family.split()[-1]}" for name in content("systems")[family]]


def _connect(attributes: Attributes, spec: Mapping[str, Any], brand: str, system: str) -> None:
    """What the item takes (`system`) or fits into (`fits`). Nothing fits what cannot be refilled."""
    words = {key: format_value(key, value) for key, value in attributes.items()}
    if FITS in spec:
        attributes[FITS] = system or spec[FITS].format(**words)
    if SYSTEM in spec and attributes.get("refillable") is not False:
        family = _family(spec[SYSTEM])
        own = [name for name in family if name.split()[0] == brand]
        # a brand without a system of its own builds everything around one of the others, always the same
        brands = list(content("brands"))
        attributes[SYSTEM] = (
            (own or family[brands.index(brand) % len(family) :])[0] if family else spec[SYSTEM].format(**words)
        )


def _price(spec: Mapping[str, Any], attributes: Attributes, brand: str, dearness: float) -> float:
    """US$ within the leaf's range: the brand's level first, then what makes a thing dearer, ending in 9, 5 or 0."""
    low, high = (float(bound) for bound in spec["price"])
    tier = (content("brands")[brand]["tier"] - 1) / 4
    shares = [_share(spec["attributes"][key], attributes[key]) for key in spec["dearer"] if key in attributes]
    amount = float(np.mean(shares)) if shares else 0.5
    position = min(1.0, max(0.0, 0.5 * tier + 0.45 * amount + 0.03 + dearness))
    price = low * float((high / low) ** position)
    if price >= 100:
        return round(price / 5) * 5 - 1.0
    if price >= 20:
        return round(price) - 0.05
    return round(round(price / 0.05) * 0.05, 2)


def _share(how: Any, value: AttributeValue) -> float:
    """Where a value stands among those possible, from 0 to 1."""
    if isinstance(value, bool):
        return float(value)
    values = how["of"] if isinstance(how, dict) else how
    return values.index(value) / max(len(values) - 1, 1) if isinstance(values, list) else 0.5


def _description(
    spec: Mapping[str, Any], attributes: Attributes, words: Mapping[str, str], brand: str, rng: np.random.Generator
) -> tuple[str, tuple[str, ...]]:
    """One to three sentences and up to four features, all from the attributes."""
    keys = content("keys")
    opener = str(spec["about"][int(rng.integers(len(spec["about"])))])

    sentences, features = [_capitalised(opener.format(**words))], []
    order = [list(attributes)[i] for i in rng.permutation(len(attributes))]
    wanted = int(rng.integers(0, 3))
    for key in order:
        value = attributes[key]
        name = key.replace("_", " ")
        if isinstance(value, bool):
            says = keys["flags"].get(key, {}).get("yes" if value else "no", [])
            if value:
                features.append(_capitalised(name))
        else:
            says = keys["values"].get(key, [])
            if key in keys["features"]:
                features.append(_capitalised(keys["features"][key].format(value=words[key])))
        if says and wanted and f"{{{key}}}" not in opener:
            sentences.append(_capitalised(str(says[int(rng.integers(len(says)))]).format(value=words[key])))
            wanted -= 1
    if len(sentences) < 3 and rng.random() < 0.25:
        sentences.append(f"{brand} is {content('brands')[brand]['character']}.")
    return _grammar(" ".join(sentences)), tuple(_grammar(f) for f in features[:4])


def _titled(words: str) -> str:
    """Words with capitals, as in a title; numbers keep their units."""
    return words if words[:1].isdigit() else re.sub(r"(?<![\w'.])[a-z]", lambda m: m.group().upper(), words)


def _capitalised(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _grammar(text: str) -> str:
    """ "a A4" → "an A4", "1 pockets" → "1 pocket", and no "Pack of 1"."""
    text = re.sub(r"\b(?:, )?(?:Pack|Set) of 1\b(?!\d)", "", text)
    text = re.sub(r"\b([Aa]) (?=[aeio]|A\d|8\d*\b|1[18]\b|up\b)", r"\1n ", text)
    return re.sub(r"(?<![\d.,])1 ([A-Za-z]{2,}[a-rt-z])s\b", r"1 \1", text).strip().rstrip(",")
