"""Narratives: two to four sentences about an item that are true of it, of what was asked and of what is owned."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from typing import Literal

from convrec.catalog import AttributeValue, Catalog, Item, format_value
from convrec.conversation import Constraint, Op
from convrec.errors import ConfigError
from convrec.language.facts import OWNED, WISHES, Context
from convrec.regen.frames import Page
from convrec.regen.pairs import shelf, similar
from convrec.regen.wishes import NEAR
from convrec.regen.wording import Wording

NarrativeKind = Literal["reply", "purchase_reason", "endorsement", "user_summary"]
# Facets in which two things may match so that it is worth saying.
MATCHING = ("colour", "material", "style", "size", "finish", "ruling", "ink", "tip_mm", "power")
RELATIONS = {
    "history_fits": 6.0, "history_use": 2.0, "history_brand": 2.0, "history_value": 2.0, "history_leaf": 2.0,
    "history_number": 1.5, "history_cheaper": 1.2, "history_dearer": 0.8, "history_any": 1.0,
}  # fmt: skip
Said = tuple[str, dict[str, str]]  # a group of frames and the slots that are true here


class Narrator:
    """Writes marked texts over one catalogue."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.wording = Wording(catalog)

    def write(self, kind: NarrativeKind, row: int, context: Context, rng: random.Random) -> str:
        """A marked text about the item (or, for a user summary, about the history alone).

        Raises ConfigError for another kind, and for a user summary without any history.
        """
        page = Page(self.catalog, self.wording, row, context, rng)
        if kind == "reply":
            self._reply(page)
        elif kind == "purchase_reason":
            self._reason(page)
        elif kind == "endorsement":
            self._endorsement(page)
        elif kind == "user_summary":
            self._summary(page)
        else:
            raise ConfigError(
                f"no narrative of kind {kind!r}; there are reply, purchase_reason, endorsement, user_summary"
            )
        return page.text()

    def _reply(self, page: Page) -> None:
        rng = page.rng
        answers = list(self._answers(page))
        if not answers or rng.random() < 0.35:
            page.say("opening")
        wanted = 2 if len(answers) > 1 and rng.random() < 0.35 else 1
        for group, slots in answers[:wanted]:
            page.say(group, slots)
        rest = ["fact"] if rng.random() < (0.35 if answers else 0.8) else []
        rest += ["history"] if rng.random() < 0.75 else []
        rest += ["compare"] if rng.random() < 0.4 else []
        rest += ["price"] if rng.random() < 0.12 else []
        rng.shuffle(rest)
        closing = rng.random() < 0.15
        self._tell(page, rest, limit=3 if closing else 4)
        self._enough(page)
        if closing and len(page.sentences) < 4:
            page.say("close", self._owned_slot(page))

    def _reason(self, page: Page) -> None:
        rng, owned = page.rng, self._owned_slot(page)
        uses = self._uses(page)
        if not (uses and rng.random() < 0.35 and page.say("reason_use", {"use": self.wording.use(rng.choice(uses))})):
            page.say("reason_opening", owned)
        self._tell(page, rng.sample(["fact", "history", "price", "fact"], 2), limit=3 if rng.random() < 0.4 else 2)
        self._enough(page)

    def _endorsement(self, page: Page) -> None:
        page.say("endorse_opening", self._owned_slot(page))
        self._tell(page, page.rng.sample(["fact", "history", "price", "fact"], 2), limit=3)
        self._enough(page)

    def _tell(self, page: Page, parts: list[str], limit: int) -> None:
        for part in parts:
            if len(page.sentences) >= limit:
                return
            if part == "fact":
                uses = self._uses(page)
                if not (
                    uses
                    and page.rng.random() < 0.2
                    and page.say("fact_use", {"use": self.wording.use(page.rng.choice(uses))})
                ):
                    page.say("fact")
            elif part == "price" and "price" not in page.told:
                page.say("price")
            elif (part == "history" and (said := self._tie(page))) or (
                part == "compare" and (said := self._comparison(page))
            ):
                page.say(*said)

    def _enough(self, page: Page) -> None:
        """At least two sentences and two claims, as far as the catalogue knows anything of the item."""
        for part in ("fact", "history", "price", "opening"):
            if len(page.sentences) >= 2 and page.claims >= 2:
                return
            if part == "opening":
                page.say("opening")
            else:
                self._tell(page, [part], limit=4)

    # ── what was asked ──────────────────────────────────────────────────────────────────────────────────────────────

    def _answers(self, page: Page) -> list[Said]:
        """How each constraint in force is met, the newest first; those not met by the item are not spoken of."""
        found: list[Said] = []
        number = 0
        for constraint in page.context.constraints:
            if not self.catalog.satisfies(constraint)[page.row]:
                continue
            if constraint.op is Op.IS:
                number += 1
            wish = f"⟨wish:{number}⟩" if constraint.op is Op.IS and number <= WISHES else ""
            found += self._answer(page, constraint, wish)
        return found[::-1]

    def _answer(self, page: Page, constraint: Constraint, wish: str) -> Iterator[Said]:
        key, op = constraint.facet, constraint.op
        if key == "price":
            if op is Op.AT_MOST:
                yield "wish_limit", {}
            elif op is Op.LESS and self._beside(page) and "saving" in page.facts:
                yield "wish_cheaper", {}
        elif key == "brand":
            yield ("wish_brand", {}) if op is Op.IS else ("wish_brand_not", {"not_brand": str(constraint.value)})
        elif key == "category":
            if op is Op.IS and constraint.value == self.catalog[page.row].leaf:
                yield "wish_category", {}
        elif key == "compatible":
            if page.facts.get("fits") == self.catalog.item(str(constraint.value)).title:
                yield "wish_compatible", {}
        elif self.catalog.facets[key].kind == "flag":
            wanted = (constraint.value is True and op is Op.IS) or (constraint.value is False and op is Op.NOT)
            if phrase := self.wording.some(key, "is" if wanted else "is_not", page.rng):
                page.told.add(key)
                page.claims += 1
                yield "wish_flag", {"is_wish": phrase}
        elif key == "use":
            if op is Op.IS:
                yield "wish_use", {"use": self.wording.use(str(constraint.value))}
        elif does := page.does(key):
            yield from self._attribute_answer(page, constraint, wish, does, page.has(key))

    def _attribute_answer(
        self, page: Page, constraint: Constraint, wish: str, does: str, has: str | None
    ) -> Iterator[Said]:
        key, op = constraint.facet, constraint.op
        number = {"does_number": does} | ({"has_number": has} if has else {})
        if op is Op.IS and wish:
            yield "wish_value", {"wish": wish, "does_wish": does} | ({"has_wish": has} if has else {})
        elif op is Op.NOT:
            yield "wish_value_not", {"value": format_value(key, constraint.value), "does_other": does}
        elif op in (Op.AT_LEAST, Op.AT_MOST) and (unit := self.wording.entry(key).get("amount")):
            if op is Op.AT_LEAST:
                least = f"{float(constraint.value):g} {unit}"
                yield "wish_least", {"least": least, **number}
        elif op in (Op.LESS, Op.MORE) and self._beside(page):
            direction = "less" if op is Op.LESS else "more"
            compared = self._compared(key, page.row, page.context.reference, direction, page.rng)
            if compared:
                form, comp = compared
                group = "wish_number" if form == "adj" else "wish_number_np"
                yield group, {"comp": comp, **number}

    # ── what is owned ───────────────────────────────────────────────────────────────────────────────────────────────

    def _tie(self, page: Page) -> Said | None:
        """One relation between the item and something owned, the more telling ones more often."""
        found: dict[str, list[dict[str, str]]] = {}
        if "fits" in page.facts and "fits" not in page.told:
            found["history_fits"] = [{}]
        for back, owned in enumerate(reversed(page.context.history[-OWNED:]), start=1):
            if owned == page.row or f"owned:{back}" in page.told:
                continue
            for group, slots in self._relations(page, owned):
                found.setdefault(group, []).append({"owned": f"⟨owned:{back}⟩", **slots})
        if not found:
            return None
        group = page.rng.choices(list(found), [RELATIONS[g] for g in found])[0]
        return group, page.rng.choice(found[group])

    def _relations(self, page: Page, owned: int) -> Iterator[Said]:
        item, other = self.catalog[page.row], self.catalog[owned]
        if item.brand and item.brand == other.brand:
            yield "history_brand", {}
        for use in self._uses(page):
            if use in _entries(other.attributes.get("use")):
                yield "history_use", {"shared_use": self.wording.use(use)}
        for key in MATCHING:
            if (
                key in item.attributes
                and item.attributes[key] == other.attributes.get(key)
                and (does := page.does(key))
            ):
                yield "history_value", {"does_shared": does, "shared_name": self.catalog.facets[key].name}
        if item.leaf and item.leaf == other.leaf:
            yield "history_leaf", {}
        elif item.leaf:
            yield "history_any", {}
        if similar(self.catalog, page.row, owned):
            if item.price is not None and other.price is not None and abs(item.price - other.price) >= 0.01:
                yield ("history_cheaper" if item.price < other.price else "history_dearer"), {}
            for form, comp in self._comparisons(page, owned):
                if form == "adj":
                    yield "history_number", {"comp_owned": comp}

    def _owned_slot(self, page: Page) -> dict[str, str]:
        places = [f"owned:{i}" for i in range(1, OWNED + 1) if f"owned:{i}" in page.facts]
        return {"owned": f"⟨{page.rng.choice(places)}⟩"} if places else {}

    # ── what was shown before ───────────────────────────────────────────────────────────────────────────────────────

    def _beside(self, page: Page) -> bool:
        reference = page.context.reference
        return reference is not None and similar(self.catalog, page.row, reference)

    def _comparison(self, page: Page) -> Said | None:
        if not self._beside(page) or page.context.reference is None:
            return None
        item, other = self.catalog[page.row], self.catalog[page.context.reference]
        found: list[Said] = []
        if not page.told & {"saving", "extra"}:
            found += [("compare_cheaper", {})] if "saving" in page.facts else []
            found += [("compare_dearer", {})] if "extra" in page.facts else []
        for form, comp in self._comparisons(page, page.context.reference):
            found.append(("compare_number" if form == "adj" else "compare_number_np", {"comp_ref": comp}))
        for key in MATCHING:
            if item.attributes.get(key) == other.attributes.get(key) and f"attr:{key}" not in page.told:
                if does := page.does(key):
                    found.append(("compare_shared", {"does_ref": does, "ref_name": self.catalog.facets[key].name}))
        if item.brand and other.brand and item.brand != other.brand and "brand" not in page.told:
            found.append(("compare_brand", {"ref_brand": other.brand}))
        return page.rng.choice(found) if found else None

    def _comparisons(self, page: Page, other: int) -> Iterator[tuple[str, str]]:
        """ "lighter" (adj), "more sheets" (np): every number in which the item differs clearly from another one."""
        for key, value in self.catalog[page.row].attributes.items():
            against = self.catalog[other].attributes.get(key)
            if f"attr:{key}" in page.told or not _is_number(value) or not _is_number(against):
                continue
            one, two = float(value), float(against)  # type: ignore[arg-type]
            if abs(one - two) > NEAR * max(abs(one), abs(two)):
                if said := self._compared(key, page.row, other, "less" if one < two else "more", page.rng):
                    yield said

    def _compared(
        self, key: str, row: int, other: int | None, direction: str, rng: random.Random
    ) -> tuple[str, str] | None:
        """The form and the words of a comparison, only if the numbers say so."""
        one, two = self.catalog.value(row, key), self.catalog.value(other, key) if other is not None else None
        if not _is_number(one) or not _is_number(two) or (one < two) is not (direction == "less") or one == two:  # type: ignore[operator]
            return None
        words = self.wording.entry(key).get(direction, {})
        forms = [form for form in ("adj", "np") if words.get(form)]
        if not forms:
            return None
        form = rng.choice(forms)
        return form, rng.choice(words[form])

    def _uses(self, page: Page) -> tuple[str, ...]:
        return _entries(self.catalog[page.row].attributes.get("use"))

    # ── who is asking ───────────────────────────────────────────────────────────────────────────────────────────────

    def _summary(self, page: Page) -> None:
        """From the history alone; the item of the page is not looked at."""
        if not page.context.history:
            raise ConfigError("a user summary needs a history; give the rows bought before")
        items = [self.catalog[row] for row in page.context.history]
        found = list(self._habits(items, page.rng))
        page.rng.shuffle(found)
        parts: list[Said] = [("summary_bought", {}), *found[: page.rng.choice((1, 2, 2, 3))]]
        if page.rng.random() < 0.5:
            parts = [*parts[1:2], parts[0], *parts[2:]]
        for group, slots in parts:
            page.say(group, slots)

    def _habits(self, items: list[Item], rng: random.Random) -> Iterator[Said]:
        count = {"count": str(len(items))}
        if len(items) > 1:
            yield "summary_count", count
        for group, slot, times, values in (
            ("summary_brand", "most_brand", "brand_count", [i.brand for i in items if i.brand]),
            (
                "summary_shelf",
                "most_shelf",
                "shelf_count",
                [shelf(i.categories)[-1].lower() for i in items if i.categories],
            ),
            (
                "summary_use",
                "most_use",
                "use_count",
                [self.wording.use(u) for i in items for u in _entries(i.attributes.get("use"))],
            ),
        ):
            for value, number in Counter(values).most_common(1):
                if number > 1:
                    yield group, {slot: value, times: str(number), **count}
        for key in MATCHING[:3]:
            values = [str(i.attributes[key]) for i in items if key in i.attributes]
            for value, number in Counter(values).most_common(1):
                if number > 1:
                    slots = {
                        "most_value": value,
                        "value_count": str(number),
                        "most_name": self.catalog.facets[key].name,
                    }
                    yield "summary_value", slots
        prices = sorted(i.price for i in items if i.price is not None)
        if len(prices) > 2:
            said = {"low": prices[0], "median": prices[(len(prices) - 1) // 2], "high": prices[-1]}
            yield "summary_price", {name: format_value("price", price) for name, price in said.items()}


def _is_number(value: AttributeValue | None) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _entries(value: AttributeValue | None) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (value,) if isinstance(value, str) else ()
