"""An app from its request to its letters, over a real relay; and the authority's and integrators' commands."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from clients.sdk import Arrived, Client, Draft, Mailbox, Refusal
from clients.sdk.apps import NotAnApp, app_request, vouched
from clients.sdk.oauth import OAuth
from clients.session.oauth import OAuthApp, challenge, tokens_of
from crypto.encoding import b64u, utc
from crypto.keys import SigningSeed
from messaging.relay.catalogue import TakeCatalogue
from messaging.relay.turn import Caller
from messaging.wire.catalogue import BadCatalogue, Catalogue, CatalogueApp, Scope, Words, sign
from messaging.wire.codec import encode
from messaging.wire.types import EnrolPerson
from tests.clients.conftest import STATION, People
from tests.clients.test_cli import Line, line

__all__ = ["line"]  # a fixture
AUTHORITY, KEY = SigningSeed(bytes([6] * 32)), SigningSeed(bytes([9] * 32))
BOTH: list[Scope] = ["letters.send", "letters.receive"]
SOON = datetime.now(UTC) + timedelta(days=30)


def listing(*accounts: str) -> Catalogue:
    words = Words(fr="Carnet", en="Diary")
    apps = [
        CatalogueApp(
            account=account, name=words, publisher="Example", purpose=words, scopes=list(BOTH),
            website="https://app.example/", redirect_uris=["https://app.example/back"], certified_until=utc(SOON),
        )
        for account in accounts
    ]  # fmt: skip
    return Catalogue(version=1, issued_at=utc(SOON), valid_until=utc(SOON), authority="Example", apps=apps)


async def certified(people: People) -> tuple[Client, Mailbox]:
    """An app that the station vouched for and the authority certified, logged in with its key file's key."""
    request = app_request("carnet", ["carnet@apps.example"], KEY, STATION.public(), datetime.now(UTC))
    (outcome,) = await people.station.enrol([vouched(request, STATION)])
    assert outcome.outcome == "created"
    service = people.relay.service
    service.house = replace(service.house, authorities=(AUTHORITY.public().raw,))
    await service.ask(TakeCatalogue(encode(sign(listing(request.account), AUTHORITY))), Caller())
    client = await Client.with_key(people.origin, "carnet", KEY)
    return client, await client.app_mailbox(KEY, name="Carnet", address="carnet@apps.example")


async def test_an_app_writes_and_reads_within_a_grant_and_not_after(people: People) -> None:
    client, app = await certified(people)
    async with client:
        with pytest.raises(Refusal, match="recipientRefuses"):
            await app.send(Draft("Avant", "x"), [people.patient.account])
        grant = await people.patient.give_grant(app.account, BOTH, SOON)
        await app.send(Draft("Glycémie", "5,4 mmol/l"), [people.patient.account])
        (got,) = (await people.letters.news(None)).items
        await people.letters.send(Draft("Merci", "x"), [app.account])
        answers = [item for item in (await app.news(None)).items if isinstance(item, Arrived) and item.box == "in"]
        await people.patient.revoke_grant(grant)
        with pytest.raises(Refusal, match="recipientRefuses"):
            await app.send(Draft("Après", "x"), [people.patient.account])
        (seen,), (given,) = await people.patient.grants(), await client.grants()
    assert isinstance(got, Arrived)
    assert (got.letter.subject, len(answers)) == ("Glycémie", 1)
    assert seen == given
    assert (seen.revoked, seen.last_used) == (True, f"{datetime.now(UTC):%Y-%m-%d}")


async def test_a_catalogue_of_another_authority_is_not_believed(people: People) -> None:
    client, app = await certified(people)
    await client.close()
    assert (await people.patient.catalogue()).apps[0].account == app.account
    with pytest.raises(BadCatalogue):
        await people.patient.catalogue([SigningSeed.generate().public().raw])


async def test_the_apps_tokens_serve_a_client_of_another_make(people: People) -> None:
    client, app = await certified(people)
    await client.close()
    async with OAuth(people.origin, app.account, KEY) as oauth:
        given = await oauth.token(["letters.send"])
        with pytest.raises(Refusal, match="invalid_scope"):
            await oauth.token(["record.read"])
        await oauth.revoke(given.access_token)
        with pytest.raises(Refusal, match="invalid_grant"):
            await oauth.refresh("nobodys")
        with pytest.raises(Refusal, match="invalid_grant"):
            await oauth.exchange("nobodys", "https://app.example/back", "v" * 43)
    async with OAuth(people.origin, app.account, SigningSeed.generate()) as thief:
        with pytest.raises(Refusal, match="invalid_client"):
            await thief.token()
    assert (given.scope, given.expires_in) == ("letters.send", 600)


def test_the_challenge_is_the_one_of_the_rfc() -> None:
    # RFC 7636, appendix B.
    assert challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_no_two_assertions_are_the_same_and_none_shows_the_key() -> None:
    app = OAuthApp("https://pli.example", "a" + "2" * 26, KEY)
    now = datetime.now(UTC)
    assert app.assertion(now) != app.assertion(now)
    assert b64u(KEY.raw) not in repr(app)
    assert b64u(KEY.raw) not in repr(app.token_request(now))


def test_an_answer_that_is_no_answer_is_a_failure_of_the_server() -> None:
    from clients.session.carried import HttpResponse

    for status, body in ((401, b"<html>"), (400, b'{"error":"nonsense","error_description":"x"}')):
        with pytest.raises(Refusal):
            tokens_of(HttpResponse(status, {}, body))


# What a station vouches for -----------------------------------------------------------------------------------


def no_app(request: EnrolPerson) -> EnrolPerson:
    return replaced(request, kind="patient")


def managed(request: EnrolPerson) -> EnrolPerson:
    return replaced(request, managed=True)


def another_account(request: EnrolPerson) -> EnrolPerson:
    return replaced(request, account="a" + "2" * 26)


def another_key(request: EnrolPerson) -> EnrolPerson:
    return replaced(request, signing_key=b64u(SigningSeed.generate().public().raw))


def noise(request: EnrolPerson) -> EnrolPerson:
    return replaced(request, statement="!")


def replaced(request: EnrolPerson, **changed: Any) -> EnrolPerson:
    import msgspec

    return msgspec.structs.replace(request, **changed)


@pytest.mark.parametrize("spoil", [no_app, managed, another_account, another_key, noise])
def test_a_station_vouches_for_what_fits_alone(spoil: Callable[[EnrolPerson], EnrolPerson]) -> None:
    request = app_request("carnet", [], KEY, STATION.public(), datetime.now(UTC))
    with pytest.raises(NotAnApp):
        vouched(spoil(request), STATION)


def test_a_station_vouches_for_no_request_that_names_another() -> None:
    request = app_request("carnet", [], KEY, SigningSeed.generate().public(), datetime.now(UTC))
    with pytest.raises(NotAnApp):
        vouched(request, STATION)


# The commands -------------------------------------------------------------------------------------------------


def test_the_authority_signs_and_anybody_verifies(line: Line, tmp_path: Path) -> None:
    key, signed = tmp_path / "authority.key", tmp_path / "catalogue.json"
    public = line.json("keys", "new", key)["publicKey"]
    (tmp_path / "list.json").write_bytes(encode(listing("a" + "2" * 26)))
    made = line.json("catalogue", "sign", tmp_path / "list.json", "--key-file", key, "--out", signed)
    good = line.json("catalogue", "verify", signed, "--authority", public)
    other = line.run("catalogue", "verify", signed, "--authority", b64u(AUTHORITY.public().raw))
    wrong = line.run("catalogue", "sign", signed, "--key-file", key, "--out", tmp_path / "x")
    assert (made["authority"], good["version"], len(good["apps"])) == (public, 1, 1)
    assert (other.returncode, wrong.returncode, (tmp_path / "x").exists()) == (8, 8, False)
    assert "Traceback" not in other.stderr + wrong.stderr


def test_a_request_is_made_on_the_integrators_machine_and_holds_no_secret(line: Line, tmp_path: Path) -> None:
    key, out = tmp_path / "app.key", tmp_path / "request.json"
    line.json("keys", "new", key)
    made = line.json("app", "request", "--login", "labo", "--key-file", key, "--station",
                     b64u(STATION.public().raw), "--out", out)  # fmt: skip
    request = json.loads(out.read_text())
    wrong = line.run("app", "request", "--login", "x", "--key-file", key, "--station", "x", "--out", tmp_path / "y")
    assert (request["account"], request["kind"], request["voucher"]) == (made["account"], "app", None)
    assert key.read_text().strip() not in out.read_text()
    assert (wrong.returncode, "Traceback" in wrong.stderr) == (2, False)
