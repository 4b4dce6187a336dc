"""The white list as the gateway fetches it: a publisher of our own on loopback over TLS, honest and not."""

import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from structlog.typing import EventDict

from bridges.mssante import whitelist
from bridges.mssante.distinguished import DistinguishedName
from bridges.mssante.fetch import Fetcher, NotFetched
from bridges.mssante.whitelist import Signer
from bridges.mssante.whitelist_keeper import Guard, Source, WhitelistKeeper
from tests.bridges.authority import NOW, SIGNER, Authority, Issued, credentials, name, signed_list, written
from tests.bridges.conftest import OPERATOR
from tests.bridges.fakes import DOMAIN
from tests.bridges.responder import serving

LISTED = [(DOMAIN, written(OPERATOR)), ("Autre.Example", "CN=autre, C=FR"), ("hors-mssante.example", "CN=x,C=FR")]


@dataclass
class Publisher:
    """What it serves, and what it was asked."""

    raw: bytes = b""
    status: int = 200
    asked: list[dict[str, str]] = field(default_factory=list)

    def answer(self, _: str, __: str, ___: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        self.asked.append(headers)
        if self.status != 200:
            return self.status, {"location": "https://elsewhere.example/"}, b""
        tag = f'"{hash(self.raw)}"'
        return (304, {}, b"") if headers.get("if-none-match") == tag else (200, {"etag": tag}, self.raw)


@pytest.fixture
def publisher() -> Publisher:
    return Publisher()


@pytest.fixture
def url(publisher: Publisher, authority: Authority, tmp_path: Path) -> Iterator[str]:
    files = credentials(authority, authority.issue(name("localhost")), tmp_path, "publisher")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    with serving(publisher.answer, context) as port:
        yield f"https://localhost:{port}/listeblanchemssante.xml"


@pytest.fixture
async def keeper(url: str, authority: Authority, tmp_path: Path) -> AsyncIterator[WhitelistKeeper]:
    fetcher = Fetcher(ssl.create_default_context(cafile=str(authority.save(tmp_path, "trusted"))), 5.0)
    yield keeper_of(url, fetcher, authority, tmp_path)
    await fetcher.close()


def keeper_of(url: str, fetcher: Fetcher, authority: Authority, folder: Path) -> WhitelistKeeper:
    trusted = Signer(DistinguishedName.parse(SIGNER), authority.save(folder, "signer-ca"))
    guard = Guard(0.5, timedelta(days=7))
    log = structlog.get_logger()
    return WhitelistKeeper(None, folder / "kept.xml", trusted, guard, log, source=Source(url, fetcher, 0.0))


async def test_the_list_is_fetched_and_matches_pairs(
    keeper: WhitelistKeeper, publisher: Publisher, signer: Issued
) -> None:
    publisher.raw = signed_list(signer, LISTED)
    await keeper.start()
    assert keeper.matches(DOMAIN.title(), DistinguishedName.of(OPERATOR))
    assert keeper.matches("HORS-mssante.example", DistinguishedName.parse("c=fr;cn=X"))
    assert not keeper.matches("autre.example", DistinguishedName.of(OPERATOR))


async def test_a_list_that_did_not_change_is_not_sent_again(
    keeper: WhitelistKeeper, publisher: Publisher, signer: Issued, logs: list[EventDict]
) -> None:
    publisher.raw = signed_list(signer, LISTED)
    await keeper.start()
    await keeper.check()
    assert "if-none-match" in publisher.asked[1]
    assert [entry["event"] for entry in logs] == ["whitelist.loaded"]


def _worse(signer: Issued) -> dict[str, tuple[bytes, int]]:
    good = signed_list(signer, LISTED)
    return {
        "cut": (good[: len(good) // 2], 200),
        "unsigned": (good[: good.index(b"<ds:Signature")] + b"</ListeBlancheMSSante>", 200),
        "shrunk": (signed_list(signer, LISTED[:1], NOW + timedelta(hours=1)), 200),
        "older": (signed_list(signer, LISTED, NOW - timedelta(hours=1)), 200),
        "changed": (good.replace(b"Autre.Example", b"Notre.Example"), 200),
        "a page": (b"<html>maintenance</html>", 200),
        "nothing": (b"", 200),
        "away": (b"", 503),
        "elsewhere": (b"", 302),
    }


@pytest.mark.parametrize(
    "how", ["cut", "unsigned", "shrunk", "older", "changed", "a page", "nothing", "away", "elsewhere"]
)
async def test_a_worse_list_never_replaces_the_good_one_and_is_an_alarm(
    how: str, keeper: WhitelistKeeper, publisher: Publisher, signer: Issued, logs: list[EventDict]
) -> None:
    publisher.raw = signed_list(signer, LISTED)
    await keeper.start()
    publisher.raw, publisher.status = _worse(signer)[how]
    await keeper.check()
    assert keeper.matches("autre.example", DistinguishedName.parse("CN=autre,C=FR"))
    alarms = [entry["event"] for entry in logs if entry["log_level"] == "error"]
    assert alarms in (["whitelist.refused"], ["whitelist.not_fetched"])


async def test_after_a_worse_list_the_next_good_one_is_asked_for_and_taken(
    keeper: WhitelistKeeper, publisher: Publisher, signer: Issued
) -> None:
    publisher.raw = b"<cut"
    await keeper.start()
    publisher.raw = signed_list(signer, LISTED)
    await keeper.check()
    assert "if-none-match" not in publisher.asked[1]
    assert keeper.matches(DOMAIN, DistinguishedName.of(OPERATOR))


async def test_a_publisher_with_another_authoritys_certificate_is_not_heard(
    url: str, publisher: Publisher, authority: Authority, signer: Issued, tmp_path: Path, logs: list[EventDict]
) -> None:
    publisher.raw = signed_list(signer, LISTED)
    fetcher = Fetcher(ssl.create_default_context(), 5.0)  # the system's authorities
    keeper = keeper_of(url, fetcher, authority, tmp_path)
    await keeper.start()
    assert keeper.current is None
    assert publisher.asked == []
    assert "whitelist.not_fetched" in [entry["event"] for entry in logs]
    await fetcher.close()


async def test_the_kept_list_serves_while_the_publisher_is_away(
    keeper: WhitelistKeeper, publisher: Publisher, signer: Issued, url: str, authority: Authority, tmp_path: Path
) -> None:
    publisher.raw = signed_list(signer, LISTED)
    await keeper.start()
    publisher.status, before = 503, len(publisher.asked)
    fetcher = Fetcher(seconds=5.0)
    again = keeper_of(url, fetcher, authority, tmp_path)
    await again.start()
    assert again.matches(DOMAIN, DistinguishedName.of(OPERATOR))
    assert len(publisher.asked) == before  # a start does not wait for the publisher when there is a good list
    await fetcher.close()


async def test_what_is_over_the_limit_is_dropped(
    publisher: Publisher, url: str, authority: Authority, tmp_path: Path
) -> None:
    publisher.raw = b"x" * 100_000
    fetcher = Fetcher(ssl.create_default_context(cafile=str(authority.save(tmp_path, "trusted"))), 5.0)
    with pytest.raises(NotFetched, match="over 1000 bytes"):
        await fetcher.get(url, 1000)
    await fetcher.close()


def test_a_list_of_the_real_size_is_asked_without_reading_it_through(
    authority: Authority, signer: Issued, tmp_path: Path
) -> None:
    entries = [(f"D{n}.mssante.example", f"CN=mail{n % 391}.example,OU=3{n % 391:014d},O=O,C=FR") for n in range(8655)]
    trusted = Signer(DistinguishedName.parse(SIGNER), authority.save(tmp_path))
    found = whitelist.read(signed_list(signer, entries), trusted, NOW)
    operator = DistinguishedName.parse(entries[0][1])
    assert (found.entries, len(found.domains_of(operator))) == (8655, 23)
    assert found.domains_of(operator) is found.domains_of(operator)  # an index, made once
    assert found.matches("d8654.MSSANTE.example", DistinguishedName.parse(entries[8654][1]))
