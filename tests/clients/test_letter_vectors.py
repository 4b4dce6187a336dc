"""letter.json: what a reader checks before showing anything, by the vectors that both languages read."""

import json
from typing import Any

import msgspec
import pytest

from clients.session.incoming import Known, NotShown, Read, Reader, read
from clients.session.keyring import chain
from crypto.keys import SealingSeed
from messaging.wire.types import PublicKey, SealedMessage
from tests.vectors.cases import letter
from tests.vectors.generate import path, rendered

CASES: list[dict[str, Any]] = json.loads(path(letter).read_text("utf-8"))["cases"]
RELAYS = {"id": "m" + "a" * 26, "size": 1, "sealed": None, "sealedBlobId": None, "blobIds": [], "deliveries": []}


def named(member: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in CASES if member in case]


def shown(case: dict[str, Any]) -> Read:
    own = chain(case["account"], msgspec.convert(case["own"], list[PublicKey]))
    line = chain(case["keys"][0]["account"], msgspec.convert(case["keys"], list[PublicKey]))
    message = msgspec.convert(case["message"] | RELAYS, SealedMessage)
    seeds = [SealingSeed(bytes.fromhex(seed)) for seed in case["seeds"]]
    reader = Reader(case["account"], seeds, own)
    return read(message, bytes.fromhex(case["sealed"]), reader, Known(line, case["pins"], {}))


@pytest.mark.parametrize("case", named("expect"))
def test_a_good_letter_is_shown(case: dict[str, Any]) -> None:
    found = shown(case)

    assert {member: getattr(found.letter, member) for member in case["expect"]} == case["expect"]
    assert found.stale_key == case["stale"]


@pytest.mark.parametrize("case", named("refusal"))
def test_a_bad_letter_is_not_shown_for_the_reason_it_names(case: dict[str, Any]) -> None:
    with pytest.raises(NotShown) as refused:
        shown(case)

    assert refused.value.reason == case["reason"]


def test_the_stored_letters_are_what_the_generator_makes() -> None:
    assert path(letter).read_text("utf-8") == rendered(letter)
