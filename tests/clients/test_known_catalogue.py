"""The catalogue that `pli grant` goes by: the authority that was seen first stays the authority."""

from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from clients.cli import exits, known_catalogue
from clients.cli.failing import Stop
from clients.cli.known_catalogue import Known
from crypto.encoding import b64u
from crypto.keys import SigningSeed
from messaging.relay.catalogue import TakeCatalogue
from messaging.relay.turn import Caller
from messaging.wire.catalogue import sign
from messaging.wire.codec import encode
from tests.clients.conftest import People
from tests.clients.test_apps import listing

FIRST, SECOND = SigningSeed(bytes([6] * 32)), SigningSeed(bytes([7] * 32))
APP = "a" + "2" * 26
RELAY = "https://pli.example"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


async def _publish(people: People, authority: SigningSeed, version: int) -> None:
    service = people.relay.service
    service.house = replace(service.house, authorities=(authority.public().raw,))
    signed = sign(structs.replace(listing(APP), version=version), authority)
    await service.ask(TakeCatalogue(encode(signed)), Caller())


async def test_the_authority_that_was_seen_first_stays_until_another_is_named(people: People) -> None:
    await _publish(people, FIRST, 1)
    seen = await known_catalogue.believed(people.patient, RELAY, None)
    first = known_catalogue.read(RELAY)

    await _publish(people, SECOND, 2)
    with pytest.raises(Stop) as refused:
        await known_catalogue.believed(people.patient, RELAY, None)
    left = known_catalogue.read(RELAY)
    await known_catalogue.believed(people.patient, RELAY, b64u(SECOND.public().raw))
    await known_catalogue.believed(people.patient, RELAY, None)

    assert seen.version == 1
    assert first == left == Known((FIRST.public().raw,), 1)
    assert (refused.value.failure.code, "--authority" in str(refused.value.failure.todo)) == (exits.REFUSED, True)
    assert known_catalogue.read(RELAY) == Known((SECOND.public().raw,), 2)


async def test_an_older_catalogue_than_was_seen_is_refused(people: People) -> None:
    await _publish(people, FIRST, 2)
    known_catalogue.write(RELAY, Known((FIRST.public().raw,), 3))

    with pytest.raises(Stop, match="showed 3 before"):
        await known_catalogue.believed(people.patient, RELAY, None)
    assert known_catalogue.read(RELAY) == Known((FIRST.public().raw,), 3)


@pytest.mark.parametrize("authority", ["", "x", "A" * 42, "A" * 44, "é" * 43])
async def test_what_is_no_key_is_nobodys_authority(authority: str, people: People) -> None:
    await _publish(people, FIRST, 1)
    with pytest.raises(Stop) as refused:
        await known_catalogue.believed(people.patient, RELAY, authority)
    assert refused.value.failure.code == exits.USAGE


@pytest.mark.parametrize(
    "content", [b"", b"{}", b'{"keys":[],"version":1}', b'{"keys":["x"],"version":1}', b'{"keys":["x"]', b"\xff"]
)
def test_what_cannot_be_read_is_not_taken_for_a_first_use(
    content: bytes,
) -> None:
    path = known_catalogue.path_of("https://pli.example")
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    path.chmod(0o600)

    with pytest.raises(Stop):
        known_catalogue.read("https://pli.example")


def test_a_file_that_others_may_read_is_refused() -> None:
    known_catalogue.write("https://pli.example/", Known((bytes(32),), 4))
    assert known_catalogue.read("https://pli.example") == Known((bytes(32),), 4)
    known_catalogue.path_of("https://pli.example").chmod(0o644)

    with pytest.raises(Stop):
        known_catalogue.read("https://pli.example")
