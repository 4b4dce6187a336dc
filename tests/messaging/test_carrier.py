"""Notices on their way, over real sockets: to a submission server, and to an HTTPS server for pushes and hooks."""

import asyncio
import email
import email.policy
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec.structs import replace

from crypto.encoding import b64u
from crypto.webpush import decrypt, raw_public
from messaging.relay.records import Hook, Notice, Subscription
from messaging.relay.telling import Letter
from messaging.server.mailing import Mailer, Submission
from messaging.server.outside import NotOutside, Outside, Said, is_outside, trust_of
from messaging.wire.signing import verify
from tests.messaging.desk import MovedClock, letter
from tests.messaging.doors import Visitor
from tests.outside import Authority, Postbox, Service, said
from tests.relays import install_reactor, relay_in_process

BROWSER, AUTH = ec.derive_private_key(7, ec.SECP256R1()), bytes(16)
KEYS = {"p256dh": b64u(raw_public(BROWSER)), "auth": b64u(AUTH)}


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.new(tmp_path)


# Mail -----------------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def postbox(authority: Authority) -> AsyncIterator[Postbox]:
    async with Postbox.at(authority) as server:
        yield server


def _mailer(postbox: Postbox, folder: Path, trust: Path | None, password: str = "secret") -> Mailer:
    file = folder / "password"
    file.write_text(password)
    file.chmod(0o600)
    at = Submission("127.0.0.1", postbox.port, "pli@pli.example", user="pli", password=file, trust=trust)
    return Mailer(at, "https://pli.example", MovedClock())


async def _read(postbox: Postbox) -> Any:
    return email.message_from_bytes((await postbox.next()).content, policy=email.policy.default)


def _mail(language: str = "fr", code: str = "", address: str = "camille@home.example") -> Letter:
    return Letter(Notice("a1", "email", "", b"", 1, 1, 0, 1, 0), address, language, code, "mark")


async def test_a_notice_has_no_content_and_goes_over_tls(
    postbox: Postbox, authority: Authority, tmp_path: Path
) -> None:
    assert await _mailer(postbox, tmp_path, authority.pem).send([_mail(), _mail("en")]) == ["done", "done"]
    first, second = await _read(postbox), await _read(postbox)
    assert postbox.logged_in == [b"pli"]  # one connection for both
    assert (first["To"], first["From"], first["Auto-Submitted"]) == (
        "camille@home.example", "pli@pli.example", "auto-generated",
    )  # fmt: skip
    assert first["Message-ID"] == second["Message-ID"] == "<mark@pli.example>"
    assert (first["Content-Language"], second["Content-Language"]) == ("fr", "en")
    assert "https://pli.example" in first.get_content()
    assert len(first.get_content().splitlines()) == 1


async def test_a_code_is_in_its_mail(postbox: Postbox, authority: Authority, tmp_path: Path) -> None:
    assert await _mailer(postbox, tmp_path, authority.pem).send([_mail(code="012345")]) == ["done"]
    sent = await _read(postbox)
    assert "012345" in sent.get_content()
    assert "012345" not in sent["Subject"]


@pytest.mark.parametrize(
    ("rcpt", "data", "expected"),
    [
        (["550 5.1.1 no such user"], [], "gone"), (["451 4.7.1 greylisted"], [], "again"),
        (["452 4.2.2 full"], [], "again"), ([], ["554 5.7.1 refused"], "gone"), ([], ["451 4.3.0 later"], "again"),
        ([], ["cut"], "unknown"),
    ],
)  # fmt: skip
async def test_what_an_answer_means(
    postbox: Postbox, authority: Authority, tmp_path: Path, rcpt: list[str], data: list[str], expected: str
) -> None:
    postbox.rcpt, postbox.data = rcpt, data
    results = await _mailer(postbox, tmp_path, authority.pem).send([_mail(), _mail("en")])
    assert results == [expected, "again" if expected == "unknown" else "done"]


async def test_nothing_is_sent_to_whom_no_authority_knows(postbox: Postbox, tmp_path: Path) -> None:
    assert await _mailer(postbox, tmp_path, None).send([_mail()]) == ["again"]
    assert postbox.logged_in == []


async def test_a_wrong_password_and_a_server_that_is_away_are_tried_again(
    postbox: Postbox, authority: Authority, tmp_path: Path
) -> None:
    assert await _mailer(postbox, tmp_path, authority.pem, "other").send([_mail()]) == ["again"]
    assert postbox.logged_in, "it was asked, and refused"
    at = Submission("127.0.0.1", 1, "pli@pli.example", trust=authority.pem)
    assert await Mailer(at, "https://pli.example", MovedClock()).send([_mail()] * 3) == ["again"] * 3


# Outside --------------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def service(authority: Authority) -> AsyncIterator[Service]:
    async with Service.at(authority) as server:
        yield server


def _outside(authority: Authority, *, allow_private: bool = True) -> Outside:
    trust = trust_of(authority.pem.read_bytes())
    return Outside(install_reactor(), allow_private=allow_private, trust=trust)


async def test_a_post_is_made_and_its_answer_told(service: Service, authority: Authority) -> None:
    service.answers = [said(429, "Retry-After: 77"), said(200, "Retry-After: soon", body=b"x" * 200_000)]
    outside = _outside(authority)
    assert await outside.post(service.url("/a?b"), {"Content-Type": "application/json"}, b"{}") == Said(429, 77)
    assert await outside.post(service.url(), {}, b"") == Said(200, 0)
    post = await service.next()
    assert (post.path, post.headers["content-type"], post.body) == ("/a?b", "application/json", b"{}")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433"])
async def test_this_machine_is_not_outside(service: Service, authority: Authority, host: str) -> None:
    with pytest.raises(Exception) as raised:  # noqa: PT011 - wrapped by Twisted's client, or not
        await _outside(authority, allow_private=False).post(f"https://{host}:{service.port}/", {}, b"x")
    assert "NotOutside" in repr(raised.value) or isinstance(raised.value, NotOutside | OSError)
    assert service.came.empty()


async def test_redirects_are_not_followed_and_plain_http_is_not_spoken(service: Service, authority: Authority) -> None:
    service.answers = [said(307, f"Location: {service.url('/inside')}")]
    assert (await _outside(authority).post(service.url(), {}, b"x")).status == 307
    with pytest.raises(NotOutside):
        await _outside(authority).post(f"http://127.0.0.1:{service.port}/", {}, b"x")
    assert service.came.qsize() == 1


async def test_a_certificate_of_another_tree_is_refused(service: Service, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with pytest.raises(Exception):  # noqa: B017, PT011 - whichever way TLS fails
        await _outside(Authority.new(tmp_path / "other")).post(service.url(), {}, b"x")
    assert service.came.empty()


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("1.1.1.1", True), ("2606:4700::1111", True), ("10.0.0.1", False), ("172.16.0.1", False),
        ("192.168.1.1", False), ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False),
        ("224.0.0.1", False), ("255.255.255.255", False), ("::", False), ("::1", False), ("fe80::1%eth0", False),
        ("fd00::1", False), ("ff02::1", False), ("::ffff:10.0.0.1", False), ("2002:0a00:0001::", False),
        ("64:ff9b::10.0.0.1", False), ("64:ff9b::169.254.169.254", False), ("2001:db8::1", False),
        ("::ffff:127.0.0.1", False),
    ],
)  # fmt: skip
def test_which_addresses_are_of_the_public_internet(address: str, expected: bool) -> None:
    assert is_outside(address) is expected


# Through the relay ------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def visitor(tmp_path: Path, authority: Authority) -> AsyncIterator[Visitor]:
    settings: dict[str, Any] = {"allow_private": True, "trust": authority.pem}
    async with relay_in_process(tmp_path, **settings) as running, Visitor.at(running) as someone:
        yield someone


async def _call(visitor: Visitor, token: str, name: str, **given: Any) -> Any:
    ((said_, answer, _),) = (await visitor.call(token, name, **given)).json["methodResponses"]
    assert said_ == name, answer
    return answer


async def test_a_push_is_proven_first_and_then_says_what_changed(visitor: Visitor, service: Service) -> None:
    bridge, doctor, patient = await visitor.doctor_and_patient()
    new = {"deviceClientId": "x", "url": service.url("/push"), "keys": KEYS, "types": ["SealedMessage"]}
    made = (await _call(visitor, bridge, "PushSubscription/set", create={"p": new}))["created"]["p"]
    first = await service.next()
    proof = json.loads(decrypt(first.body, BROWSER, AUTH))
    assert (proof["@type"], proof["pushSubscriptionId"]) == ("PushVerification", made["id"])
    assert (first.headers["content-encoding"], first.headers["ttl"]) == ("aes128gcm", "259200")
    assert first.headers["authorization"].startswith("vapid t=")
    code = {made["id"]: {"verificationCode": proof["verificationCode"]}}
    await _call(visitor, bridge, "PushSubscription/set", update=code)
    await _call(visitor, bridge, "SealedMessage/set", accountId=doctor.account, create={"l": letter(patient)})
    told = json.loads(decrypt((await service.next()).body, BROWSER, AUTH))
    assert (told["@type"], list(told["changed"])) == ("StateChange", [doctor.account])
    assert told["changed"][doctor.account].keys() == {"SealedMessage"}


async def test_a_push_service_that_knows_it_no_more_ends_the_subscription(visitor: Visitor, service: Service) -> None:
    bridge, _, _ = await visitor.doctor_and_patient()
    service.answers = [said(410)]
    new = {"deviceClientId": "x", "url": service.url(), "keys": KEYS}
    await _call(visitor, bridge, "PushSubscription/set", create={"p": new})
    await service.next()
    await _until(lambda: visitor.relay.service.store.read(lambda tx: tx.count(Subscription)) == 0)


async def test_a_webhook_is_signed_and_tried_again(visitor: Visitor, service: Service) -> None:
    bridge, doctor, patient = await visitor.doctor_and_patient()
    service.answers = [said(503, "Retry-After: 1")]
    store = visitor.relay.service.store
    made = await _call(visitor, bridge, "Webhook/set", accountId=doctor.account, create={"h": {"url": service.url()}})
    secret, id_ = made["created"]["h"]["secret"], made["created"]["h"]["id"]
    await _call(visitor, bridge, "SealedMessage/set", accountId=doctor.account, create={"l": letter(patient)})
    first = await service.next()
    await _until(lambda: [hook.state for hook in store.read(lambda tx: tx.where(Hook))] == ["failing"])
    store.write(lambda tx: [tx.put(_due(row)) for row in tx.where(Notice)])
    again = await service.next()
    assert again.headers["webhook-id"] == first.headers["webhook-id"]
    verify(
        secret, again.headers["webhook-id"], again.headers["webhook-timestamp"], again.headers["webhook-signature"],
        again.body, int(again.headers["webhook-timestamp"]),
    )  # fmt: skip
    assert json.loads(again.body)["changed"].keys() == {doctor.account}
    await _until(lambda: [hook.state for hook in store.read(lambda tx: tx.where(Hook))] == ["working"])
    shown = await _call(visitor, bridge, "Webhook/get", accountId=doctor.account, ids=[id_])
    assert shown["list"][0]["state"] == "working"


def _due(row: Notice) -> Notice:
    return replace(row, expires=0)


async def _until(holds: Any) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - what another task does is seen in the store alone
            await asyncio.sleep(0.02)
