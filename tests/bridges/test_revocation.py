"""Revocation: our own responder and lists over loopback, honest and not; what cannot be said, and what is kept."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from structlog.typing import EventDict

from bridges.mssante import crl
from bridges.mssante.carrier import Carrier, NotCarried
from bridges.mssante.certificates import client_context
from bridges.mssante.distinguished import DistinguishedName
from bridges.mssante.fetch import Fetcher
from bridges.mssante.revocation import Revocation, Revoked, Sources, Unknown
from tests.bridges.authority import Authority, Issued, credentials, name, server_context
from tests.bridges.conftest import OPERATOR
from tests.bridges.responder import Responder, extensions, running


@dataclass
class World:
    """An authority with a responder, a certificate that names it, and a gateway's view of it."""

    authority: Authority
    responder: Responder
    place: str
    revocation: Revocation
    clock: list[float] = field(default_factory=lambda: [0.0])
    day: list[timedelta] = field(default_factory=lambda: [timedelta(0)])

    def issue(self, **asked: bool) -> Issued:
        """A certificate that says where to ask."""
        issued = self.authority.issue(OPERATOR, timedelta(days=60), extensions=extensions(self.place, **asked))
        self.responder.known[issued.certificate.serial_number] = issued.certificate
        return issued

    async def check(self, issued: Issued) -> None:
        """As at MAIL."""
        await self.revocation.check(issued.certificate, self.authority.certificate)


@pytest.fixture
def responder(authority: Authority) -> Responder:
    return Responder(authority.certificate, authority.certificate, authority.key)


@pytest.fixture
def place(responder: Responder) -> Iterator[str]:
    with running(responder) as found:
        yield found


@pytest.fixture
async def world(authority: Authority, responder: Responder, place: str, tmp_path: Path) -> AsyncIterator[World]:
    fetcher = Fetcher(seconds=5.0)
    sources = Sources(tmp_path / "lists", tmp_path / "file.crl", "hard")
    made = World(authority, responder, place, Revocation(sources, fetcher, structlog.get_logger()))
    made.revocation.clock = lambda: made.clock[0]
    made.revocation.now = lambda: datetime.now(UTC) + made.day[0]
    yield made
    await fetcher.close()


async def test_the_responder_says_good_and_is_asked_once_an_hour(world: World) -> None:
    issued = world.issue()
    for _ in range(3):
        await world.check(issued)
    assert world.responder.asked == 1
    world.day[0] = timedelta(minutes=61)
    await world.check(issued)
    assert world.responder.asked == 2


async def test_the_responder_says_revoked(world: World) -> None:
    issued = world.issue()
    world.responder.revoked.add(issued.certificate.serial_number)
    with pytest.raises(Revoked):
        await world.check(issued)


async def test_a_responder_that_the_issuer_named_is_believed(world: World) -> None:
    delegate = world.authority.issue(name("ocsp.example"), usages=(ExtendedKeyUsageOID.OCSP_SIGNING,))
    world.responder.signer, world.responder.key = delegate.certificate, delegate.key  # type: ignore[assignment]  # an EC key
    issued = world.issue(lists=False)
    await world.check(issued)
    world.responder.revoked.add(issued.certificate.serial_number)
    world.day[0] = timedelta(minutes=61)
    with pytest.raises(Revoked):
        await world.check(issued)


def _not_named(world: World) -> None:
    other = world.authority.issue(name("ocsp.example"))  # of the issuer, but not for this
    world.responder.signer, world.responder.key = other.certificate, other.key  # type: ignore[assignment]  # an EC key


def _foreign(world: World) -> None:
    other = Authority()
    delegate = other.issue(name("ocsp.example"), usages=(ExtendedKeyUsageOID.OCSP_SIGNING,))
    world.responder.signer, world.responder.key = delegate.certificate, delegate.key  # type: ignore[assignment]  # an EC key


def _ended(world: World) -> None:
    delegate = world.authority.issue(
        name("ocsp.example"), timedelta(days=-1), usages=(ExtendedKeyUsageOID.OCSP_SIGNING,)
    )
    world.responder.signer, world.responder.key = delegate.certificate, delegate.key  # type: ignore[assignment]  # an EC key


def _set(**turned: Any) -> Callable[[World], None]:
    def turn(world: World) -> None:
        for what, value in turned.items():
            setattr(world.responder, what, value)

    return turn


def _another(world: World) -> None:
    world.responder.answers_about = world.issue().certificate


LIES = {
    "signed by a certificate that may not": _not_named,
    "signed by another authority's": _foreign,
    "signed by one that has ended": _ended,
    "another question's nonce": _set(nonce="other"),
    "old": _set(shift=timedelta(hours=-3)),
    "of the future": _set(shift=timedelta(hours=3)),
    "no answer": _set(garbage=True),
    "away": _set(broken=True),
    "about another certificate": _another,
}


@pytest.mark.parametrize("lie", LIES)
async def test_an_answer_that_proves_nothing_is_no_answer(lie: str, world: World, logs: list[EventDict]) -> None:
    issued = world.issue(lists=False)
    LIES[lie](world)
    with pytest.raises(Unknown):
        await world.check(issued)
    assert "revocation.unknown" in [entry["event"] for entry in logs]


async def test_a_responder_that_does_not_know_the_certificate_says_nothing(world: World) -> None:
    issued = world.issue(lists=False)
    world.responder.unknown.add(issued.certificate.serial_number)
    with pytest.raises(Unknown):
        await world.check(issued)


async def test_an_answer_without_a_nonce_counts_within_its_time(world: World) -> None:
    world.responder.nonce = "dropped"
    await world.check(world.issue(lists=False))


async def test_what_failed_is_not_asked_again_at_once(world: World) -> None:
    issued = world.issue(lists=False)
    world.responder.garbage = True
    for _ in range(3):
        with pytest.raises(Unknown):
            await world.check(issued)
    assert world.responder.asked == 1
    world.responder.garbage, world.clock[0] = False, 61.0
    await world.check(issued)


async def test_the_soft_policy_takes_the_mail_and_tells(world: World, logs: list[EventDict]) -> None:
    world.revocation.sources = replace(world.revocation.sources, policy="soft")
    world.responder.broken = True
    await world.check(world.issue())
    assert ("revocation.unknown", "error") in [(entry["event"], entry["log_level"]) for entry in logs]


async def test_the_list_speaks_where_the_responder_cannot(world: World) -> None:
    good, bad = world.issue(), world.issue(ocsp_too=False)
    world.responder.garbage, world.responder.list = True, world.authority.revocations(bad)
    await world.check(good)
    with pytest.raises(Revoked):
        await world.check(bad)


async def test_the_last_list_in_force_is_kept_over_a_restart(world: World) -> None:
    bad = world.issue(ocsp_too=False)
    world.responder.list = world.authority.revocations(bad)
    with pytest.raises(Revoked):
        await world.check(bad)
    world.responder.broken = True
    again = Revocation(world.revocation.sources, world.revocation.fetcher, world.revocation.log)
    with pytest.raises(Revoked):
        await again.check(bad.certificate, world.authority.certificate)


async def test_a_list_beyond_its_time_says_nothing(world: World) -> None:
    good = world.issue(ocsp_too=False)
    world.responder.list = world.authority.revocations()
    await world.check(good)
    world.responder.broken, world.day[0] = True, timedelta(days=2)
    with pytest.raises(Unknown):
        await world.check(good)


async def test_an_older_list_does_not_replace_a_newer_one(world: World, logs: list[EventDict]) -> None:
    bad = world.issue(ocsp_too=False)
    world.responder.list = world.authority.revocations(bad)
    with pytest.raises(Revoked):
        await world.check(bad)
    world.responder.list = world.authority.revocations(made=timedelta(hours=-2))
    world.day[0] = timedelta(hours=20)
    with pytest.raises(Revoked):
        await world.check(bad)
    assert "the list is older than the one in use" in [entry.get("reason") for entry in logs]


async def test_the_operators_file_is_believed_over_a_responder_and_taken_up_when_replaced(world: World) -> None:
    issued = world.issue()
    await world.check(issued)
    assert world.revocation.sources.file is not None
    world.revocation.sources.file.write_bytes(world.authority.revocations(issued))
    with pytest.raises(Revoked):
        await world.check(issued)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "no revocation list"),
        (b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", "no revocation list"),
        ("other", "signature"),
        ("expired", "expired"),
        ("future", "future"),
        ("delta", "must be understood"),
    ],
)
def test_a_list_that_must_not_be_used(raw: bytes | str, words: str, authority: Authority) -> None:
    made = {
        "other": lambda: Authority().revocations(),  # an authority of the same name, another key
        "expired": lambda: authority.revocations(made=timedelta(days=-4)),
        "future": lambda: authority.revocations(made=timedelta(hours=2)),
        "delta": lambda: authority.revocations(extension=x509.DeltaCRLIndicator(1)),
    }
    with pytest.raises(crl.BadCrl, match=words):
        crl.read(raw if isinstance(raw, bytes) else made[raw](), authority.certificate, datetime.now(UTC))


def test_a_certificate_taken_off_a_list_is_not_revoked(authority: Authority) -> None:
    issued = authority.issue(OPERATOR)
    raw = authority.revocations(issued, reason=x509.ReasonFlags.remove_from_crl)
    found = crl.read(raw, authority.certificate, datetime.now(UTC))
    assert not found.revokes(issued.certificate)


async def test_an_operators_server_is_asked_about_before_mail_leaves(
    world: World, tmp_path: Path, logs: list[EventDict]
) -> None:
    good, bad = world.issue(), world.issue()
    world.responder.revoked.add(bad.certificate.serial_number)
    wanted = {good: "", bad: "revoked"}
    assert {issued: await _carried(world, issued, tmp_path) for issued in wanted} == wanted
    world.responder.broken = True
    assert await _carried(world, world.issue(), tmp_path) == "revocationUnknown"
    assert "revocation.unknown" in [entry["event"] for entry in logs]


class _Listed:
    """A white list in which everybody stands: what is under test comes after it."""

    def matches(self, domain: str, name: DistinguishedName) -> bool:
        return bool(domain and name)


async def _carried(world: World, issued: Issued, folder: Path) -> str:
    """Why a connection to an operator with this certificate is given up; empty when it stands."""
    context = server_context(credentials(world.authority, issued, folder, "operator"))
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(object(), tls_context=context, require_starttls=True, hostname="operator.example"), "127.0.0.1", 0
    )
    ours = client_context(credentials(world.authority, world.authority.issue(OPERATOR), folder, "ours"))
    carrier = Carrier("x.example", "127.0.0.1", server.sockets[0].getsockname()[1], "gateway.example", ours)
    try:
        await carrier.open(_Listed(), world.revocation)  # type: ignore[arg-type]  # what is asked of one
    except NotCarried as failure:
        return failure.reason
    finally:
        await carrier.close()
        server.close()
    return ""
