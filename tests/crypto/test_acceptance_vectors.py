"""What the vector files promise as a whole: mostly refusals, each of them an item that a page of docs/spec lists."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[2]
VECTORS: Final = ROOT / "tests" / "vectors"
SPEC: Final = ROOT / "docs" / "spec"
FILES: Final = sorted(path.stem for path in VECTORS.glob("*.json"))

# What can only be right or wrong: a function that every input of its type has an answer to (tests/vectors/README.md).
KNOWN_ANSWERS: Final = frozenset({
    ("encodings", "base32"), ("encodings", "u64be"), ("encodings", "hkdf"),
    ("encodings", "key-id"), ("encodings", "blob-id"),
    ("padding", "padme"), ("padding", "padded-length"),
    ("attachment", "seal"),
    ("keybox", "code-keys"), ("keybox", "password-keys"), ("keybox", "passkey-keys"),
    ("login", "sign"),
    ("pairing", "code"), ("pairing", "link"), ("pairing", "digits"),
    ("signcryption", ""),
    ("transparency_audit", "root"), ("transparency_audit", "tile"),
})  # fmt: skip
# What the acceptance of the sealing names: a reader of the page alone must be able to write a third implementation.
NUMBERED: Final = ("envelope", "attachment", "keybox", "transparency", "login", "pairing", "encodings")


def cases(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((VECTORS / f"{name}.json").read_text("utf-8"))["cases"]
    return found


def items(page: str) -> frozenset[str]:
    """The items of a page's must-refuse list: by number, or by the word that the item begins with."""
    heading = "\n## What a reader checks" if page == "content" else "\n## Must refuse"
    after = (SPEC / f"{page}.md").read_text("utf-8").partition(heading)[2].partition("\n## ")[0]
    lines = re.findall(r"^(\d+)\. (?:`([a-z]+/[a-z0-9]+)`)?", after, re.MULTILINE)
    return frozenset(word or f"{page}/{number}" for number, word in lines)


def counted(name: str) -> Counter[tuple[str, bool]]:
    return Counter((case.get("op", ""), "refusal" in case) for case in cases(name))


@pytest.mark.parametrize("name", FILES)
def test_each_kind_of_case_that_can_be_refused_has_twice_as_many_refusals_as_good_ones(name: str) -> None:
    counts = counted(name)
    poor = {op: (counts[op, False], counts[op, True]) for op, _ in counts if (name, op) not in KNOWN_ANSWERS}

    assert {op: counts for op, counts in poor.items() if counts[1] < 2 * counts[0]} == {}


def test_all_files_together_have_twice_as_many_refusals_as_good_cases_known_answers_included() -> None:
    every = [case for name in FILES for case in cases(name)]
    refused = sum("refusal" in case for case in every)

    assert refused >= 2 * (len(every) - refused)


def test_what_is_called_a_known_answer_exists() -> None:
    assert {(name, op) for name in FILES for op, _ in counted(name)} >= KNOWN_ANSWERS


@pytest.mark.parametrize("name", FILES)
def test_every_case_either_expects_an_answer_or_names_its_refusal(name: str) -> None:
    if name == "signcryption":
        assert all("payloadKey" in case for case in cases(name))
        return
    assert [case["name"] for case in cases(name) if ("expect" in case) == ("refusal" in case)] == []


@pytest.mark.parametrize("name", FILES)
def test_every_refusal_is_an_item_of_a_must_refuse_list(name: str) -> None:
    named = {case["refusal"] for case in cases(name) if "refusal" in case}

    assert {item for item in named if item not in items(item.partition("/")[0])} == set()


def test_every_reason_of_a_letter_is_named_by_the_item_it_stands_for() -> None:
    page = (SPEC / "content.md").read_text("utf-8").partition("\n## What a reader checks")[2].partition("\n## ")[0]
    lines = dict(re.findall(r"^(\d+)\. (.*)$", page, re.MULTILINE))
    refused = [case for case in cases("letter") if case.get("refusal", "").startswith("content/")]

    assert refused
    for case in refused:
        assert f"`{case['reason']}`" in lines[case["refusal"].removeprefix("content/")]


@pytest.mark.parametrize("page", NUMBERED)
def test_a_page_has_a_must_refuse_list_that_counts_from_one_without_a_gap(page: str) -> None:
    after = (SPEC / f"{page}.md").read_text("utf-8").partition("\n## Must refuse")[2]
    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", after, re.MULTILINE)]

    assert numbers
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_item_that_the_code_raises_is_in_a_must_refuse_list() -> None:
    sources = [*(ROOT / "crypto").rglob("*.py"), *(ROOT / "clients/web/src/crypto").rglob("*.ts")]
    raised = {item for path in sources for item in re.findall(r"""["']([a-z]+/\d+)["']""", path.read_text("utf-8"))}

    assert raised
    assert {item for item in raised if item not in items(item.partition("/")[0])} == set()
