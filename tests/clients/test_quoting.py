"""Quoted history: by the vectors that both languages read, and by its laws for any text."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.content.quoting import passages, with_quoted
from tests.vectors.cases import quoting
from tests.vectors.generate import path, rendered

CASES: list[dict[str, Any]] = json.loads(path(quoting).read_text("utf-8"))["cases"]
PIECES = st.sampled_from([
    "> ", ">", "\n", "\r\n", " ", "Le 2 mars 2026, X", " a écrit :", "wrote:", "De :", "From: x", "Sent: y",
    "Objet : z",
    "-----Message d'origine-----", "_____", "Bonjour", "\u2028", "\x85", "\U0001f600", "On 1 May ",
])  # fmt: skip


def test_the_file_is_what_the_code_says() -> None:
    assert path(quoting).read_text("utf-8") == rendered(quoting)


@pytest.mark.parametrize("case", [case for case in CASES if "passages" in case], ids=lambda case: case["name"])
def test_no_character_of_a_text_is_lost(case: dict[str, Any]) -> None:
    assert "".join(passage["text"] for passage in case["passages"]) == case["text"]


@given(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=200))
def test_passages_are_the_text_and_something_is_always_said(text: str) -> None:
    found = passages(text)
    assert "".join(passage.text for passage in found) == text
    assert all(one.kind != other.kind for one, other in pairwise(found))
    assert not text or any(passage.kind == "said" for passage in found)


@given(st.lists(PIECES, max_size=20).map("".join))
def test_an_answer_begins_with_its_own_words_and_is_never_over_the_limit(earlier: str) -> None:
    made = with_quoted("Merci", "Le 2 mars 2026, X a écrit :", earlier)
    assert made.startswith("Merci")
    assert all(line.startswith(">") for line in made.split("\n")[3:-1])
