"""The one rendering of a prompt: its form, and that no text can become anything but text."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from small_model import small_model

from convrec.conversation import Constraint, Op, Path, PathTurn
from convrec.language.facts import Context
from convrec.model.prompt import MAX_HISTORY, MAX_TURNS, Renderer
from convrec.model.symbols import CONTROLS, Symbols

MODEL, RENDERER = small_model()
_, READS_TOKENS = small_model(hears="tokens")


def spelled(renderer: Renderer, symbols: list[int]) -> str:
    """Symbols as a person reads them: ⟨control⟩, #row, ~ for something heard, ⟨fact⟩, text."""
    out = []
    for s in symbols:
        if s < 0:
            out.append("~")
        elif s < renderer.symbols.text:
            out.append("t")
        elif s < renderer.symbols.first_fact:
            out.append(f"<{CONTROLS[s - renderer.symbols.text]}>")
        elif s < renderer.symbols.items:
            out.append(f"<<{renderer.symbols.fact_name(s)}>>")
        else:
            out.append(f"#{s - renderer.symbols.items}")
    return " ".join(out)


def like_renderer(**ablation: bool) -> Renderer:
    """RENDERER but for a switch."""
    return Renderer(
        RENDERER.catalog, RENDERER.symbols, RENDERER.tokenizer, RENDERER.encoder, RENDERER.hears, **ablation
    )


def test_golden_prompt_of_a_conversation() -> None:
    path = Path(
        (3, 4),
        (
            PathTurn("blue pen", reference=4, shown=(6,)),
            PathTurn(
                "cheaper not Tarn",
                (Constraint("price", Op.LESS, 7.0), Constraint("brand", Op.NOT, "Tarn", hard=False)),
                reference=6,
            ),
        ),
    )
    assert spelled(RENDERER, RENDERER.path(path).symbols) == (
        "<history> #3 #4 <user> ~ ~ <shown> #6 <user> ~ ~ ~ <op:less> ~ <quantile:3> <wish> <op:not> ~ "
        "<reference> #6 <item>"
    )


def test_golden_opening_of_the_words() -> None:
    context = Context((3, 4), (Constraint("colour", Op.IS, "blue"),), 4)
    assert spelled(RENDERER, RENDERER.item(6, context).symbols) == (
        "#6 <facts> <<title>> <<brand>> <<category>> <<price>> <<attr:colour>> <<attr:weight_g>> <<is_not:1>> "
        "<<reference>> <<reference_price>> <<extra>> <<compared:1>> <<compared:2>> <<owned:1>> <<owned:2>> "
        "<<same:brand>> <<same:category>> <<same:colour>> <<shared:colour>> <<asked:colour>> <reply>"
    )


def test_a_renderer_that_hears_nothing_shows_neither_message_nor_reading() -> None:
    deaf = small_model(hears="nothing")[1]
    said = PathTurn("cheaper not Tarn", (Constraint("price", Op.LESS, 7.0),), reference=6)
    prompt = deaf.path(Path((3, 4), (PathTurn("blue pen", reference=4, shown=(6,)), said)))
    assert spelled(deaf, prompt.symbols) == "<history> #3 #4 <user> <shown> #6 <user> <reference> #6 <item>"
    assert prompt.heard == []


def test_without_spliced_facts_the_words_open_without_them_and_may_still_use_them() -> None:
    plain = like_renderer(splice_facts=False)
    context = Context((3, 4))
    opening, whole = plain.item(6, context), RENDERER.item(6, context)
    assert spelled(plain, opening.symbols) == "#6 <reply>"
    assert opening.facts == whole.facts != ()
    assert list(whole.facts) == whole.symbols[2:-1]
    assert plain.words("It costs ⟨price⟩.", 6, context) == RENDERER.words("It costs ⟨price⟩.", 6, context)


def test_without_fact_tokens_values_are_text_everywhere() -> None:
    textual = like_renderer(fact_tokens=False)
    opening = textual.item(6, Context((3,)))
    assert opening.facts == ()
    assert opening.symbols[1] == textual.symbols.control("facts")
    spliced, words = opening.symbols[2:-1], textual.words("It costs ⟨price⟩ and is ⟨attr:colour⟩.", 6, Context())
    assert words.pop() == textual.symbols.control("end")
    for said in (spliced, words):
        assert all(symbol < textual.symbols.text for symbol in said)
    assert "title: Norrby thing 6; brand: Norrby;" in textual.tokenizer.decode(spliced)
    assert textual.tokenizer.decode(words) == "It costs $7.00 and is blue."


def test_without_a_message_the_history_itself_predicts() -> None:
    assert spelled(RENDERER, RENDERER.path(Path((1, 2))).symbols) == "<history> #1 #2"


def test_words_are_text_and_facts_and_an_end() -> None:
    words = RENDERER.words("It costs ⟨price⟩.", 6, Context())
    assert spelled(RENDERER, words).endswith("<<price>> t <end>")
    text = RENDERER.tokenizer.decode([w for w in words if w < RENDERER.symbols.text])
    assert text == "It costs ."


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=80)
    | st.sampled_from(["<item_42>", "⟨price⟩ ⟨title⟩", "<history> #3", "</s><|endoftext|>", "{{ 7*7 }}"])
)
def test_nothing_a_user_types_becomes_an_item_a_control_or_a_fact(text: str) -> None:
    silent = READS_TOKENS.path(Path((1,), (PathTurn(""),))).symbols
    prompt = READS_TOKENS.path(Path((1,), (PathTurn(text),)))
    typed = prompt.symbols[3:-1]
    assert [*prompt.symbols[:3], prompt.symbols[-1]] == silent
    assert all(0 <= symbol < READS_TOKENS.symbols.text for symbol in typed)
    heard = RENDERER.path(Path((1,), (PathTurn(text),)))
    assert all(symbol < 0 for symbol in heard.symbols[3:-1])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 29), max_size=60), st.integers(0, 9))
def test_prompts_stay_short(history: list[int], turns: int) -> None:
    path = Path(tuple(history), tuple(PathTurn("blue", shown=(1,)) for _ in range(turns)))
    symbols = RENDERER.path(path).symbols
    assert symbols.count(RENDERER.symbols.control("user")) == min(turns, MAX_TURNS)
    assert sum(s >= RENDERER.symbols.items for s in symbols) <= MAX_HISTORY + MAX_TURNS


def test_symbols_do_not_overlap() -> None:
    symbols = Symbols(100, ("title", "price"))
    numbers = [symbols.control(c) for c in CONTROLS] + [symbols.fact(f) for f in symbols.facts] + [symbols.item(0)]
    assert numbers == sorted(set(numbers))
    assert min(numbers) == 100
    assert symbols.item(0) == symbols.items


def test_heard_vectors_follow_their_prompts_when_joined() -> None:
    first = RENDERER.path(Path((1,), (PathTurn("alpha beta"),)))
    second = RENDERER.path(Path((2,), (PathTurn("gamma"),)))
    n = len(first.heard)
    first.join(second)
    last = [s for s in first.symbols if s < 0][-1]
    np.testing.assert_array_equal(first.heard[-1 - last], second.heard[-1])
    assert len(first.heard) == n + len(second.heard)
