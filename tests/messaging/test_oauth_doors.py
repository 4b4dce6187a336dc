"""The doors of OAuth over a real socket: forms, errors in their own form, redirects, certificates, streams that end."""

import asyncio
import base64
import dataclasses
import hashlib
import ipaddress
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import pytest_asyncio
import trustme

from crypto.encoding import b64u
from messaging.relay.records import Certificate
from messaging.relay.turn import Caller, Turn
from messaging.wire import names
from messaging.wire.oauth import JWT_BEARER
from tests.messaging.apps import REDIRECT, certified, give, revoke, wanting
from tests.messaging.desk import AUTHORITY, MovedClock, Person
from tests.messaging.doors import Heard, heard
from tests.messaging.household import Member, confirm
from tests.messaging.test_doors import listen
from tests.messaging.test_factor_doors import Street
from tests.messaging.tokens import VERIFIER, assertion
from tests.relays import relay_in_process

CHALLENGE = b64u(hashlib.sha256(VERIFIER.encode()).digest())
CERTIFICATE = b"\x30\x03\x02\x01\x01"
SHUT_OUT_SECONDS = 5.0


@dataclasses.dataclass(frozen=True)
class Scene:
    street: Street
    app: Person
    patient: Member
    grant: str

    async def form(self, path: str, **fields: str) -> Heard:
        """Posted as a browser's form is."""
        raw = urlencode(fields).encode()
        return await self.street.visitor.ask("POST", path, raw, Content_Type="application/x-www-form-urlencoded")

    async def token(self, grant_type: str = "client_credentials", **more: str) -> Heard:
        proof = {"client_assertion": assertion(self.street.desk, self.app), "client_assertion_type": JWT_BEARER}
        return await self.form(names.OAUTH_TOKEN, grant_type=grant_type, **(proof | more))

    async def consented(self) -> dict[str, list[str]]:
        """The query that the app's redirect URI is called with."""
        body = {
            "accountId": self.patient.account, "grant": self.grant, "clientId": self.app.account,
            "redirectUri": REDIRECT, "scopes": ["letters.send", "letters.receive"], "codeChallenge": CHALLENGE,
            "codeChallengeMethod": "S256", "state": "xyz&1",
        }  # fmt: skip
        answer = await self.street.post(names.OAUTH_CONSENT, body, self.patient)
        return parse_qs(urlsplit(answer.json["redirect"]).query)

    async def by_consent(self) -> Any:
        """Tokens of the patient's grant."""
        (code,) = (await self.consented())["code"]
        more = {"code": code, "redirect_uri": REDIRECT, "code_verifier": VERIFIER}
        return (await self.token("authorization_code", **more)).json


@pytest_asyncio.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    clock = MovedClock()
    settings: dict[str, Any] = {
        "authorities": (AUTHORITY.public().raw,), "client_certificates": "proxy",
        "trusted_proxies": (ipaddress.ip_network("127.0.0.1/32"),),
    }  # fmt: skip
    async with relay_in_process(tmp_path, clock, **settings) as relay:
        street = Street(relay, clock)
        app = await asyncio.to_thread(certified, street.desk)
        patient = confirm(street.desk, await street.member("camille"))
        yield Scene(street, app, patient, give(street.desk, patient, wanting(street.desk, app)))


async def test_the_metadata_names_the_doors(scene: Scene) -> None:
    said = (await scene.street.visitor.ask("GET", names.OAUTH_METADATA)).json
    origin = scene.street.visitor.origin
    assert (said["issuer"], said["token_endpoint"]) == (origin, origin + "/oauth/token")
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert "none" not in said["token_endpoint_auth_methods_supported"]


async def test_from_the_page_to_a_letter_with_the_apps_tokens(scene: Scene) -> None:
    query = await scene.consented()
    assert (query["state"], query["iss"]) == (["xyz&1"], [scene.street.visitor.origin])
    given = (await scene.token("authorization_code", code=query["code"][0], redirect_uri=REDIRECT,
                               code_verifier=VERIFIER)).json  # fmt: skip
    answer = await scene.street.visitor.call(given["access_token"], "AppGrant/get", accountId=scene.app.account)
    assert [one["id"] for one in answer.json["methodResponses"][0][1]["list"]] == [scene.grant]


@pytest.mark.parametrize(("fields", "status", "error"), [
    ({"grant_type": "client_credentials"}, 401, "invalid_client"),
    ({"grant_type": "client_credentials", "client_assertion": "x.y.z", "client_assertion_type": JWT_BEARER}, 401,
     "invalid_client"),
    ({"grant_type": "client_credentials", "client_id": "a" + "2" * 26, "client_secret": "x"}, 401, "invalid_client"),
    ({}, 401, "invalid_client"),
])  # fmt: skip
async def test_an_error_is_said_as_the_rfc_says_it(
    scene: Scene, fields: dict[str, str], status: int, error: str
) -> None:
    answer = await scene.form(names.OAUTH_TOKEN, **fields)
    assert (answer.status, answer.json["error"]) == (status, error)
    assert answer.headers["cache-control"] == "no-store"
    assert ("www-authenticate" in answer.headers) == (status == 401)


@pytest.mark.parametrize("body", [b"grant_type=a&grant_type=b", b"%ff%fe", b"\xff=1", b"x", b"&&&", b"a=1&" * 40])
async def test_a_body_that_is_no_form_is_no_request(scene: Scene, body: bytes) -> None:
    answer = await scene.street.visitor.ask(
        "POST", names.OAUTH_TOKEN, body, Content_Type="application/x-www-form-urlencoded"
    )
    assert (answer.status, answer.json["error"]) in ((400, "invalid_request"), (401, "invalid_client"))


async def test_json_is_no_form_and_a_large_form_is_not_read(scene: Scene) -> None:
    answer = await scene.street.visitor.ask("POST", names.OAUTH_TOKEN, {"grant_type": "client_credentials"})
    assert (answer.status, answer.json["error"]) == (400, "invalid_request")
    large = await scene.form(names.OAUTH_TOKEN, grant_type="x" * 20_000)
    assert large.status == 413


# The way to the page --------------------------------------------------------------------------------------------


def asked(scene: Scene, **changed: str) -> str:
    query = {
        "response_type": "code", "client_id": scene.app.account, "redirect_uri": REDIRECT, "scope": "letters.send",
        "state": "s t", "code_challenge": CHALLENGE, "code_challenge_method": "S256",
    } | changed  # fmt: skip
    return f"{names.OAUTH_AUTHORIZE}?{urlencode(query)}"


async def test_who_is_certified_comes_to_the_page(scene: Scene) -> None:
    answer = await scene.street.visitor.ask("GET", asked(scene))
    where = urlsplit(answer.headers["location"])
    assert (answer.status, where.path, where.netloc) == (302, "/consent", "")
    assert parse_qs(where.query)["client_id"] == [scene.app.account]


@pytest.mark.parametrize("changed", [
    {"redirect_uri": "https://thief.example/"}, {"redirect_uri": REDIRECT + "/"}, {"redirect_uri": ""},
    {"redirect_uri": REDIRECT + "#x"}, {"client_id": "a" + "2" * 26}, {"client_id": ""},
])  # fmt: skip
async def test_nobody_is_sent_where_no_authority_looked(scene: Scene, changed: dict[str, str]) -> None:
    answer = await scene.street.visitor.ask("GET", asked(scene, **changed))
    assert answer.status == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize(("changed", "error"), [
    ({"response_type": "token"}, "unsupported_response_type"), ({"code_challenge": ""}, "invalid_request"),
    ({"code_challenge_method": "plain"}, "invalid_request"), ({"scope": "record.read"}, "invalid_scope"),
    ({"scope": ""}, "invalid_scope"),
])  # fmt: skip
async def test_other_errors_go_back_to_the_app(scene: Scene, changed: dict[str, str], error: str) -> None:
    answer = await scene.street.visitor.ask("GET", asked(scene, **changed))
    where = urlsplit(answer.headers["location"])
    assert f"{where.scheme}://{where.netloc}{where.path}" == REDIRECT
    assert (parse_qs(where.query)["error"], parse_qs(where.query)["state"]) == ([error], ["s t"])


# Certificates ---------------------------------------------------------------------------------------------------


def header(der: bytes) -> str:
    return f":{base64.b64encode(der).decode()}:"


async def by_certificate(scene: Scene, shown: str) -> Heard:
    raw = urlencode({"grant_type": "client_credentials", "client_id": scene.app.account}).encode()
    return await scene.street.visitor.ask(
        "POST", names.OAUTH_TOKEN, raw, Content_Type="application/x-www-form-urlencoded", Client_Cert=shown
    )


def know(scene: Scene, der: bytes) -> None:
    row = Certificate(scene.app.account, hashlib.sha256(der).digest())
    scene.street.relay.service.store.write(lambda tx: tx.add(row))


async def test_a_token_that_is_bound_is_of_use_with_its_certificate_alone(scene: Scene) -> None:
    know(scene, CERTIFICATE)
    token = (await by_certificate(scene, header(CERTIFICATE))).json["access_token"]
    said = {}
    for shown in (header(CERTIFICATE), header(b"another"), ":!:", ""):
        answer = await scene.street.visitor.ask("GET", names.WELL_KNOWN, None, token, Client_Cert=shown)
        said[shown] = answer.status
    assert list(said.values()) == [200, 401, 401, 401]


@pytest.mark.parametrize("shown", ["", header(b"another"), base64.b64encode(CERTIFICATE).decode(), ":" + "A" * 9_000])
async def test_a_certificate_that_is_not_known_is_nobodys(scene: Scene, shown: str) -> None:
    know(scene, CERTIFICATE)
    assert (await by_certificate(scene, shown)).status in (400, 401, 431)


async def test_a_header_from_no_trusted_proxy_is_not_believed(scene: Scene) -> None:
    know(scene, CERTIFICATE)
    front = scene.street.relay._front
    front.peers = front.certificates._peers = dataclasses.replace(front.peers, trusted=())
    assert (await by_certificate(scene, header(CERTIFICATE))).status == 401


async def test_a_certificate_on_the_connection_itself_is_its_client(tmp_path: Path) -> None:
    authority, certificate, key = trustme.CA(), tmp_path / "c.pem", tmp_path / "k.pem"
    served = authority.issue_cert("localhost")
    certificate.write_bytes(b"".join(blob.bytes() for blob in served.cert_chain_pems))
    key.write_bytes(served.private_key_pem.bytes())
    mine = trustme.CA().issue_cert("client@example.org")  # of nobody whom the relay trusts: it is known by its hash
    clock, settings = MovedClock(), {"authorities": (AUTHORITY.public().raw,), "client_certificates": "tls"}
    async with relay_in_process(tmp_path, clock, certificate=certificate, key=key, **settings) as relay:
        street = Street(relay, clock)
        app = await asyncio.to_thread(certified, street.desk)
        der = ssl.PEM_cert_to_DER_cert(mine.cert_chain_pems[0].bytes().decode())
        street.relay.service.store.write(lambda tx: tx.add(Certificate(app.account, hashlib.sha256(der).digest())))
        raw = urlencode({"grant_type": "client_credentials", "client_id": app.account})
        said = [await _over_tls(relay.port, authority, raw, shown) for shown in (mine, None)]
    assert [answer.status for answer in said] == [200, 401]


async def _over_tls(port: int, authority: trustme.CA, raw: str, shown: trustme.LeafCert | None) -> Heard:
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    if shown is not None:
        shown.configure_cert(trusting)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname="localhost")
    head = f"POST {names.OAUTH_TOKEN} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(raw)}\r\n"
    writer.write(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n{raw}".encode())
    try:
        return await heard(reader)
    finally:
        writer.close()


# Streams --------------------------------------------------------------------------------------------------------


async def test_a_grant_that_is_taken_back_cuts_its_streams_and_leaves_the_others(scene: Scene) -> None:
    by_grant = await scene.by_consent()
    own = (await scene.token()).json
    cut, kept = [await listen(scene.street.visitor, given["access_token"]) for given in (by_grant, own)]
    await scene.street.call(scene.patient, "AppGrant/set", update={scene.grant: {"revoked": True}})
    async with asyncio.timeout(SHUT_OUT_SECONDS):
        assert await cut.event() == ""
    assert "AppGrant" in await kept.event()
    kept.writer.close()
    answer = await scene.street.visitor.ask("GET", names.WELL_KNOWN, None, by_grant["access_token"])
    assert answer.status == 401


async def test_a_grant_that_another_process_takes_back_is_cut_within_five_seconds(scene: Scene) -> None:
    given = await scene.by_consent()
    stream = await listen(scene.street.visitor, given["access_token"])
    await asyncio.to_thread(revoke, scene.street.desk, scene.patient.caller, scene.grant)  # the relay is not told
    async with asyncio.timeout(SHUT_OUT_SECONDS):
        assert await stream.event() == ""


async def test_a_stream_ends_with_its_log_in_by_itself(scene: Scene) -> None:
    stream = await listen(scene.street.visitor, (await scene.token()).json["access_token"])
    scene.street.desk.clock.move(minutes=11)
    async with asyncio.timeout(SHUT_OUT_SECONDS):
        assert await stream.event() == ""


async def test_an_app_ends_its_own_tokens_and_the_stream_goes(scene: Scene) -> None:
    given = await scene.by_consent()
    stream = await listen(scene.street.visitor, given["access_token"])
    proof = {"client_assertion": assertion(scene.street.desk, scene.app), "client_assertion_type": JWT_BEARER}
    answer = await scene.form(names.OAUTH_REVOKE, token=given["refresh_token"], **proof)
    assert (answer.status, answer.body) == (200, b"")
    assert await stream.event() == ""


async def test_closing_the_apps_account_ends_its_streams(scene: Scene) -> None:
    from messaging.relay.closing import close

    stream = await listen(scene.street.visitor, (await scene.token()).json["access_token"])
    service = scene.street.relay.service
    rule = lambda tx: close(Turn(tx, service.house, Caller(), scene.street.desk.clock.now()), scene.app.account)  # noqa: E731 - as the operator's command
    await asyncio.to_thread(service.store.write, rule)
    async with asyncio.timeout(SHUT_OUT_SECONDS):
        assert await stream.event() == ""
