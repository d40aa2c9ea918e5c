"""What a message means in one catalogue: an act, constraints, references, and what no facet expresses.

Rules over the catalogue's own facets. A mask is hard only where the words are plain: what was matched by a typo or by
likeness of meaning, and what was softened ("ideally", "I like"), stays a preference. Heard by meaning and hard all the
same: that something should cost less or be less so ("that hurts my wallet"), and that it must fit a thing owned ("top
up my printer"). On the blind utterances that adds no false mask (docs/LOG.md).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from convrec.catalog import Catalog
from convrec.conversation import Act, Constraint, Op, Question, Reading
from convrec.language.acts import act_phrases, goods_counted, number_asked, settled_act
from convrec.language.aims import CERTAINLY, EVENLY, HARDLY, OVER_NAMES, PROBABLY, SHORT, SURELY, Aim, Aims
from convrec.language.draft import Draft, agreeing
from convrec.language.encoder import SentenceEncoder
from convrec.language.kinds import Kinds
from convrec.language.lexicon import Kind, Lexicon, Mention
from convrec.language.likeness import Likeness
from convrec.language.manner import Manners, Spoken
from convrec.language.meaning import Meaning
from convrec.language.measures import Measures
from convrec.language.mentions import names_value, of_goods
from convrec.language.money import Money
from convrec.language.prices import find_prices
from convrec.language.questions import Questions, of_it
from convrec.language.references import Pointed, Pointer
from convrec.language.scope import Scope
from convrec.language.situation import Situation
from convrec.language.titles import Titles
from convrec.language.topics import Topics
from convrec.language.unknown import Unknown
from convrec.language.utterance import Utterance
from convrec.language.values import Values

__all__ = ["Reader", "Situation"]

NOWHERE = Situation()  # a first message of someone without a history
_TOGETHER = re.compile(
    r"(?<!\S)(?:go(?:es)? (?:well )?together|(?:goes?|go) with each other|matching set|(?:complete|whole|"
    r"full) (?:set|kit)"
    r"|as a set|everything (?:i need )?for|everything (?:she|he|we|they|a \w+) needs?|all i need for|starter (?:kit|"
    r"set)|bundle|work together|belong together)(?!\S)"
)

_AGAINST = re.compile(r"(?<!\S)(?:than|paid|like|as|cost)(?!\S)")
_FITS_IT = re.compile(
    r"(?<!\S)(?:(?:fits?|fitting|compatible with|works? with|go(?:es)? (?:in|into|with)|for|made for) "
    r"(?:it|this|that|them)(?= *$| [,.!?;]| please| pls| too| and | but | now| then| instead| as well| also)|"
    r"(?:does|do|will|can) (?:it|this|that) (?:take|need|use)|"
    r"it (?:takes|needs|uses))(?!\S)"
)
_SHOWS = re.compile(
    r"(?:(?:can|could) (?:you|i) |please )?(?:show(?: me| us)?|let me see|see|go back to|back to|return to) "
    r"(?:the|that) \S+(?: one)?(?: again)?(?: please)?(?: [.!?])*$"
)
# People, how old they are and how many, and how much they get through: no measure of the goods.
_PEOPLE = re.compile(
    r"(?<!\S)(?:an? )?\d{1,3} (?:(?:years?|yrs?|months?) olds?|yo)(?!\S)"
    r"|(?<!\S)(?:aged?|turns|turning|turned|(?:he|she|who)(?:'s| is)) \d{1,2}(?= [,.!?]| and | years? old|$)"
    r"|(?<!\S)(?<!of )\d{1,4} (?:people|persons|pupils|students|children|kids|staff|colleagues|employees|guests|"
    r"visitors|teachers|of us)(?= [,.!?]| and |$)"
    r"|(?<!\S)\d{1,4} (?!dollars|bucks|usd)[a-z]+ (?:an?|per|each|every) (?:day|week|month|year|term|semester)(?!\S)"
)


class Reader:
    """Reads messages over one catalogue. Building takes about a second with an encoder; reading a few milliseconds.

    Without an encoder, words are understood by spelling alone. `read` never fails, whatever the text.
    """

    def __init__(self, catalog: Catalog, encoder: SentenceEncoder | None = None) -> None:
        self._catalog = catalog
        self._lexicon = Lexicon(catalog)
        self._likeness = Likeness(self._lexicon, encoder)
        self._unknown = Unknown(self._lexicon, self._likeness)
        self._aims = Aims(catalog, encoder) if encoder else None
        self._manners = Manners(encoder) if encoder else None
        self._values = Values(catalog, encoder) if encoder else None
        self._measures = Measures(catalog)
        self._pointer = Pointer(catalog)
        self._topics = Topics(catalog)
        self._questions = Questions(catalog)
        self._money = Money(catalog, self._aims is not None)
        self._titles = Titles(catalog, self._lexicon)
        self._kinds = Kinds(catalog, self._topics, self._likeness)

    def read(self, text: str, situation: Situation = NOWHERE) -> Reading:
        """The meaning of one message. Only this message's own constraints are in it; the chat accumulates them."""
        u = Utterance(text)
        reading = self._read(u, situation, situation.reference)
        compared = {self._catalog.row(r.item_id) for r in reading.references}
        if len(compared) == 1 and _AGAINST.search(u.line) and compared != {situation.reference}:
            reading = self._read(u, situation, compared.pop())  # "no more than my keyboard cost"
        return reading

    def _read(self, u: Utterance, situation: Situation, steered: int | None) -> Reading:
        acts = act_phrases(u)
        pointed = self._point(u, situation, "compare" in acts)
        taken = {i for p in pointed for i in range(p.first, p.last)}
        taken |= {i for match in _PEOPLE.finditer(u.line) for i in range(*u.span(match))}
        corrections = self._likeness.corrections(u)
        mentions = list(self._lexicon.find(u, taken, corrections))
        has = self._catalog[steered].attributes if steered is not None and steered in situation.shown else None
        mentions = of_goods(u, mentions, has)
        quoted = self._titles.quoted(u, mentions)
        mentions = [m for m in mentions if m.cue or m.last <= quoted[0] or m.first >= quoted[1]]
        pointed += [
            p
            for p in (
                *self._pointer.among_shown(u, mentions, situation.seen),
                *self._pointer.compared_with(u, mentions, situation.history),
            )
            if taken.isdisjoint(range(p.first, p.last))
        ]
        base = _base(u, pointed, steered)
        asked_of = base if base in situation.shown or pointed else None
        table = self._catalog[base].leaf if base is not None and base in situation.shown else ""
        spelt = u.corrected(corrections)
        aim = self._aims.of(of_it(spelt, mentions) if len(pointed) == 1 else spelt, table) if self._aims else Aim()
        if aim.here >= CERTAINLY and aim.act_is < HARDLY:  # "a baby sleeps next door": no next one
            acts = {name: places for name, places in acts.items() if name == "restart" and aim.here < OVER_NAMES}
        meant = aim.kind if aim.kind_is >= (PROBABLY if table and aim.elsewhere else SURELY) else ""
        topics = self._topics.of(mentions, base, base in situation.shown, meant)
        if asked_of is not None:
            questions = self._questions.about(u, mentions, asked_of, topics)
            if questions and max(aim.kind_is, aim.act_is) < CERTAINLY:
                about = {p.row: p.reference for p in pointed}
                return Reading(Act.ABOUT, references=tuple(about.values()), questions=questions)
        sums = find_prices(u, self._price(base))
        counted = number_asked(u)
        options = set(range(*counted[:2])) if counted else set()
        if any(options <= set(range(a.first + 1, a.last)) for a in sums):
            options = set()  # "$40 for the two of them"
        prices = [a for a in sums if (taken | options).isdisjoint(range(a.first, a.last))]
        taken |= {i for p in pointed for i in range(p.first, p.last)} | {
            i for a in prices for i in range(a.first, a.last)
        }
        amounts = [
            *prices,
            *(
                a
                for a in self._measures.find(u, taken, topics)
                if taken.isdisjoint(range(a.first, a.last)) and not names_value(a, mentions, topics)
            ),
        ]
        taken |= {i for a in amounts for i in range(a.first, a.last)}
        mentions = [m for m in mentions if taken.isdisjoint(range(m.first, m.last))]
        if (counted := counted or goods_counted(u, mentions)) is not None:
            taken |= set(range(*counted[:2]))
        runs = self._unknown.runs(u, mentions, taken, acts)
        numbers = self._titles.numbers(u, taken | {i for m in mentions for i in range(m.first, m.last)})
        unknown = [*runs, *((i, i + 1) for i in numbers)]
        scope = Scope(
            u, mentions, [*((a.first, a.last, "price") for a in amounts), *((f, e, "unknown") for f, e in unknown)]
        )
        spoken = Spoken(u, mentions, self._manners)
        meaning = Meaning(self._catalog, self._pointer, u, mentions, scope, situation, base, topics, spoken)
        draft = meaning.read()
        for p in pointed:
            meaning.fitting.refer(p, meaning.cues.before_word(p.first))
        if (fitting := _FITS_IT.search(u.line)) is not None:
            meaning.fitting.refer_to_it(u.said(*u.span(fitting)))
        meaning.fitting.refer_to_what_lacks()
        meaning.fitting.refer_to_what_is_not_owned()
        self._money.take_amounts(u, draft, amounts, scope)
        meaning.leave_what_is_told_of()
        self._unknown.take(u, draft, runs, mentions, scope, topics, base is None)
        self._kinds.turn_away(u, draft, aim, base)
        self._kinds.drop_asides(u, draft, aim, base, shown=bool(table))
        self._kinds.drop_strange(draft, aim, topics)
        alike = self._alike(u, draft, mentions, base, aim)
        plain = not (draft.asks or draft.references or acts.keys() - {"social"})
        if self._money.take(u, draft, aim, spoken, self._price(base), plain=plain, known=alike):
            alike = None  # "can't justify that kind of money" asks for no reasons
        if asked_of is not None and self._questions.asks(u, draft, aim):
            facts = tuple(
                Question(c.facet, c.value if c.op is Op.IS else None)
                for c in draft.constraints
                if c.facet not in ("category", "price")
            )
            return Reading(Act.ABOUT, references=tuple(p.reference for p in pointed), questions=facts)
        if not draft.constraints:
            for wanted in self._questions.wanted(u, situation.asked):
                draft.put(wanted)
        fitted = any(c.facet == "compatible" for c in draft.constraints)
        pointing = draft.references and (fitted or aim.kind_is < SURELY)
        if not (pointing or quoted[1] or _TOGETHER.search(u.line)):
            told = bool(acts) or (draft.relative and base is not None)
            if self._kinds.take(u, draft, aim, situation, base, told=told, alike=alike):
                alike = None
        alone = not (situation.shown or draft.asks or draft.references or acts.keys() - {"social"})
        unplaced = draft.relative and draft.wishes and not draft.constraints  # nothing at hand is "lighter"
        said_of_it = alone or unplaced or (base is None and (draft.constraints or draft.unmet))
        if draft.described and not draft.category and said_of_it:
            category, said = draft.described  # "I have enough black pens, so no black"; "it was pens I had in view"
            draft.put(Constraint("category", Op.IS, category, False, said))
        self._kinds.take_one_of(u, draft, mentions, situation)
        here = {self._catalog[row].leaf for row in situation.shown}
        for p in pointed if here and not draft.category else ():
            leaf = self._catalog[p.row].leaf
            if p.reference.kind == "owned" and leaf not in here and p.stands_for_its_kind(u):
                draft.put(Constraint("category", Op.IS, leaf, False, p.reference.said))
        in_force = () if "restart" in acts else situation.constraints
        self._money.take_level(draft, in_force)
        self._money.take_cheapest(u, draft, in_force, base)
        if self._values and not acts.keys() - {"social"} and alike in (None, Act.RECOMMEND):
            self._values.take(u, draft, mentions, base)
        count, together = counted[2] if counted else None, _TOGETHER.search(u.line) is not None
        self._titles.take(u, draft, scope, numbers, quoted)
        draft.constraints = agreeing(self._catalog, draft.constraints, None if " or " in u.line else base)
        act = self._act(u, acts, alike, draft, mentions, situation, base, count, together, aim)
        if act in (Act.WHY, Act.COMPARE, Act.PROFILE, Act.SOCIAL, Act.OFF_TOPIC, Act.MORE):
            asked, measures = act is Act.MORE, (Op.LESS, Op.MORE) if act is Act.COMPARE else ()
            return Reading(
                act,
                references=tuple(draft.references) if act not in (Act.SOCIAL, Act.OFF_TOPIC) else (),
                count=count if asked else None,
                questions=tuple(Question(c.facet, str(c.op)) for c in draft.constraints if c.op in measures),
            )
        named = draft.category or any(c.facet == "category" for c in draft.constraints)
        if act is Act.RESTART and aim.act is act and aim.act_is >= SURELY and not named:
            draft.constraints, draft.wishes, draft.unmet = [], [], []  # "clear all state, new round"
        return Reading(
            act,
            constraints=tuple(draft.constraints),
            references=tuple(draft.references),
            wishes=tuple(dict.fromkeys(draft.wishes)),
            unmet=tuple(dict.fromkeys(draft.unmet)),
            dropped=tuple(draft.dropped),
            count=count,
            together=together,
            unowned=tuple(draft.unowned),
        )

    # --- steps ------------------------------------------------------------------------------------------------------

    def _point(self, u: Utterance, situation: Situation, all_of: bool) -> list[Pointed]:
        shown, history = situation.shown, situation.history
        near = {*shown, *history[-12:]}
        pointed = self._pointer.place(u, situation, all_of)
        covered = {i for p in pointed for i in range(p.first, p.last)}
        titles = self._pointer.titles(u, near, shown, history)
        return pointed + [p for p in titles if covered.isdisjoint(range(p.first, p.last))]

    def _price(self, row: int | None) -> float | None:
        return None if row is None else self._catalog[row].price

    def _act(
        self,
        u: Utterance,
        acts: dict[str, list[tuple[int, int]]],
        alike: Act | None,
        draft: Draft,
        mentions: Sequence[Mention],
        situation: Situation,
        base: int | None,
        count: int | None,
        together: bool,
        aim: Aim,
    ) -> Act:
        meant = {i for m in mentions if m.of(Kind.VALUE) or m.of(Kind.SCALE) for i in range(m.first, m.last)}
        if count and alike is Act.COMPARE:  # "three to weigh up"
            alike = Act.MORE if situation.shown else None
        settled = settled_act(u, acts, meant)
        other = max(aim.kind_is, aim.act_is if aim.act is not settled else 0.0)
        if settled is not None and max(other, aim.price_is if settled is Act.RESTART else 0.0) < SURELY:
            return settled
        if alike not in (None, Act.RECOMMEND):
            return alike
        if "social" in acts and aim.act is Act.SOCIAL and aim.act_is >= SURELY and not draft.constraints:
            return Act.SOCIAL  # "I'll have it. What fun this is!"
        kinds = {str(c.value) for c in draft.constraints if (c.facet, c.op) == ("category", Op.IS)}
        here = self._catalog[base].categories if base is not None and base in situation.shown else ()
        if "more" in acts and len(kinds) == len(draft.constraints) > 0 and kinds.issubset(here):
            return Act.MORE  # "what other lamps do you keep?"
        spoken = {i for first, last in acts.get("social", ()) for i in range(first, last)}
        wants = any(m.cue == "want" and not spoken.issuperset(range(m.first, m.last)) for m in mentions)
        if draft.asks or draft.references or (wants and draft.wishes) or draft.relative:
            return self._course(u, draft, situation, base)
        if "more" in acts:
            return Act.MORE
        if count or together or wants or (u.words[0].text == "for" and "social" not in acts):
            return Act.RECOMMEND
        if "social" in acts and len(draft.wishes) <= 1:
            return Act.SOCIAL
        if base is not None and draft.wishes and len(u) <= 8:
            return Act.STEER
        if not draft.wishes and len(u) <= 3:
            return Act.SOCIAL  # "nope", "what?": an answer to nothing, not another topic
        if alike is Act.RECOMMEND or aim.wants >= SURELY:  # "my neck would appreciate some relief"
            return self._course(u, draft, situation, base)
        return Act.OFF_TOPIC

    def _alike(self, u: Utterance, draft: Draft, mentions: Sequence[Mention], base: int | None, aim: Aim) -> Act | None:
        """The act by meaning: RECOMMEND stands for any wish for an item, None where it is not clear. Where a word is of
        something in the catalogue, or points at another item than the one at hand, it must be all the clearer."""
        here = () if base is None else self._catalog[base].categories
        meant = any(
            s.facet != "category" or s.value not in here
            for m in mentions
            for s in (*m.of(Kind.VALUE), *m.of(Kind.SCALE))
        )
        named = any(base is None or r.item_id != self._catalog[base].item_id for r in draft.references)
        plain = len(u) < 2 or any(word.stem in ("recommend", "suggest") for word in u.words)
        asks = draft.constraints or draft.dropped or (draft.unmet and aim.act is not Act.OFF_TOPIC)
        other = bool(meant or named or asks or plain)
        fresh = draft.category and (base is None or draft.category not in self._catalog[base].categories)
        # "More pages" is no more of the same, nor are "two different backpacks".
        elsewhere = ((meant or draft.asks) and len(u) <= SHORT) or (aim.act is Act.MORE and fresh)
        evenly = EVENLY if len(u) > SHORT else SURELY
        sure = aim.act_is >= OVER_NAMES and not draft.constraints
        if draft.references and _SHOWS.match(u.line):
            return None  # "show me the second one" compares nothing
        if sure or (aim.act_is >= (CERTAINLY if other else evenly) and not elsewhere):
            return aim.act
        return Act.RECOMMEND if aim.wants >= SURELY and not other else None

    def _course(self, u: Utterance, draft: Draft, situation: Situation, base: int | None) -> Act:
        """STEER changes what was just shown or bought; RECOMMEND asks anew."""
        if base is None:
            return Act.RECOMMEND
        away = any(c.op is Op.NOT and not self._catalog.satisfies(c)[base] for c in draft.constraints)
        corrects = re.search(r"(?<!\S)(?:would be better|meant)(?!\S)", u.line) is not None
        if draft.category and draft.category not in self._catalog[base].categories:
            return Act.STEER if away or (corrects and bool(situation.shown)) else Act.RECOMMEND
        turned = (
            draft.relative
            or re.search(
                r"(?<!\S)(?:instead|rather|else|other|anymore|stick with|keep|stay with|still|same)(?!\S)", u.line
            )
            is not None
        )
        turned = turned or away or (bool(draft.references) and " than " in u.line)
        return Act.STEER if situation.shown or turned else Act.RECOMMEND


def _base(u: Utterance, pointed: Sequence[Pointed], reference: int | None) -> int | None:
    """The row that comparisons measure by: the one pointed at, if it is one."""
    rows = {p.row for p in pointed}
    return rows.pop() if len(rows) == 1 else reference
