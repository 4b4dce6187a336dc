"""OAuth 2 in the rules: who a client is, what it gets, and all that must not work."""

import base64
import json
import warnings
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from crypto.encoding import b64u
from crypto.keys import SigningSeed, account_id
from messaging.relay import operators
from messaging.relay.oauth import AskToken, Revoke
from messaging.relay.records import Certificate
from messaging.relay.relay import AskDownload, AskStates, CheckUpload, LogOut, Renew
from messaging.relay.turn import Caller, Turn
from messaging.store.memory import MemoryStore
from messaging.wire import names, scopes
from messaging.wire.errors import Refusal
from messaging.wire.life import CloseRequest
from messaging.wire.methods import METHODS
from messaging.wire.oauth import JWT_BEARER, RevokeForm, TokenForm, form_of
from tests.messaging.access.people import as_person
from tests.messaging.apps import app, certified, give, publish, revoke, wanting
from tests.messaging.desk import Desk, Person, letter
from tests.messaging.household import Member, caller_of, confirm, member, refusal, unconfirmed
from tests.messaging.tokens import (
    VERIFIER,
    assertion,
    claims,
    consenting,
    exchanged,
    form,
    holder,
    renewed,
    signed,
    tokens,
)

THUMBPRINT = bytes(range(32))


@pytest.fixture
def desk() -> Desk:
    """In memory alone: that stores keep what they are given is tested elsewhere."""
    return Desk(MemoryStore())


@pytest.fixture
def carnet(desk: Desk) -> Person:
    return certified(desk)


@pytest.fixture
def patient(desk: Desk) -> Member:
    return confirm(desk, member(desk))


@pytest.fixture
def grant(desk: Desk, patient: Member, carnet: Person) -> str:
    return str(give(desk, patient, wanting(desk, carnet)))


def said(desk: Desk, who: Person, grant_type: str = "client_credentials", **more: Any) -> str:
    return refusal(desk, AskToken(form(desk, who, grant_type, **more)))


def is_good(desk: Desk, token: str) -> bool:
    try:
        holder(desk, token)
    except Refusal:
        return False
    return True


# For itself -----------------------------------------------------------------------------------------------------


def test_a_client_gets_ten_minutes_of_what_it_is_certified_for(desk: Desk, carnet: Person) -> None:
    given = tokens(desk, carnet)
    assert (given.expires_in, given.scope, given.token_type) == (600, "letters.receive letters.send", "Bearer")
    assert holder(desk, given.access_token).account == carnet.account
    desk.clock.move(minutes=10)
    assert not is_good(desk, given.access_token)


def test_it_may_ask_for_less_and_not_for_more(desk: Desk, carnet: Person) -> None:
    assert tokens(desk, carnet, scope="letters.send").scope == "letters.send"
    for more in ("letters.send record.read", "everything", "letters.send  letters.receive", " "):
        assert said(desk, carnet, scope=more) == "invalid_scope"


def test_an_app_that_no_authority_certifies_gets_nothing(desk: Desk, carnet: Person) -> None:
    assert said(desk, app(desk, "other")) == "invalid_scope"
    publish(desk, 2)
    assert said(desk, carnet) == "invalid_scope"


def test_a_bridge_gets_letters_both_ways_and_nothing_else(desk: Desk) -> None:
    bridge = Person(desk.bridge.account, "bridge", "bridge", seed=desk.seeds["bridge"])
    assert tokens(desk, bridge).scope == "letters.receive letters.send"
    assert said(desk, bridge, scope="record.read") == "invalid_scope"


@pytest.mark.parametrize("grant_type", ["password", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer"])
def test_other_grant_types_are_none(desk: Desk, carnet: Person, grant_type: str) -> None:
    assert said(desk, carnet, grant_type) == "unsupported_grant_type"


def test_a_parameter_twice_is_refused(desk: Desk) -> None:  # noqa: ARG001 - of the same table
    with pytest.raises(Refusal, match="invalid_request"):
        form_of(TokenForm, [("scope", "letters.send"), ("scope", "letters.receive")])


# Who it is: assertions ------------------------------------------------------------------------------------------


def _raw(header: dict[str, Any], said: dict[str, Any], signature: bytes = b"") -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in (header, said)]
    return ".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=").decode()])


def none_alg(desk: Desk, who: Person) -> str:
    return _raw({"alg": "none"}, claims(desk, who.account))


def hmac_by_the_public_key(desk: Desk, who: Person) -> str:
    key = OctKey.import_key(who.seed.public().raw)
    return jwt.encode({"alg": "HS256"}, claims(desk, who.account), key, algorithms=["HS256"])


def rsa(desk: Desk, who: Person) -> str:
    key = RSAKey.generate_key(2048)
    return jwt.encode({"alg": "RS256"}, claims(desk, who.account), key, algorithms=["RS256"])


def ecdsa(desk: Desk, who: Person) -> str:
    key = ECKey.generate_key("P-256")
    return jwt.encode({"alg": "ES256"}, claims(desk, who.account), key, algorithms=["ES256"])


def key_in_the_header(desk: Desk, who: Person) -> str:
    thief = SigningSeed.generate()
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": b64u(thief.public().raw)}
    return signed(thief, claims(desk, who.account), jwk=jwk)


def header_that_names_an_address(desk: Desk, who: Person) -> str:
    return signed(who.seed, claims(desk, who.account), jku="https://thief.example/keys")


def critical_header(desk: Desk, who: Person) -> str:
    head = {"alg": "Ed25519", "crit": ["exp"], "exp": 1}
    unsigned = _raw(head, claims(desk, who.account)).removesuffix(".")
    return unsigned + "." + b64u(who.seed.sign(unsigned.encode()))


def another_key(desk: Desk, who: Person) -> str:
    return signed(SigningSeed.generate(), claims(desk, who.account))


def changed_claims(desk: Desk, who: Person) -> str:
    head, _, signature = assertion(desk, who).split(".")
    other = base64.urlsafe_b64encode(json.dumps(claims(desk, who.account)).encode()).rstrip(b"=").decode()
    return f"{head}.{other}.{signature}"


def another_app(desk: Desk, who: Person) -> str:
    return signed(app(desk, "thief").seed, claims(desk, who.account))


def a_patient(desk: Desk, who: Person) -> str:  # noqa: ARG001 - one of the table
    someone = desk.patient("nobody-of-apps")
    return signed(someone.seed, claims(desk, someone.account))


def a_station(desk: Desk, who: Person) -> str:  # noqa: ARG001 - one of the table
    return signed(desk.seeds["station"], claims(desk, desk.station.account))


def nobody(desk: Desk, who: Person) -> str:
    return signed(who.seed, claims(desk, account_id()))


def noise(desk: Desk, who: Person) -> str:  # noqa: ARG001 - one of the table
    return "a.b.c"


def deep(desk: Desk, who: Person) -> str:  # noqa: ARG001 - one of the table
    return "e30." + base64.urlsafe_b64encode(b"[" * 2_000).decode() + ".AA"


@pytest.mark.parametrize("forge", [
    none_alg, hmac_by_the_public_key, rsa, ecdsa, key_in_the_header, header_that_names_an_address, critical_header,
    another_key, changed_claims, another_app, a_patient, a_station, nobody, noise, deep,
])  # fmt: skip
def test_an_assertion_of_another_kind_or_key_is_nobodys(desk: Desk, carnet: Person, forge: Any) -> None:
    assert said(desk, carnet, client_assertion=forge(desk, carnet)) == "invalid_client"


@pytest.mark.parametrize("changed", [
    {"aud": "https://other.example"}, {"aud": None}, {"aud": ["http://relay.example", "https://other.example"]},
    {"aud": "http://relay.example/"}, {"aud": []}, {"aud": 7}, {"iss": "a" + "2" * 26}, {"iss": None}, {"sub": None},
    {"sub": 7}, {"exp": None}, {"exp": 0}, {"exp": "1900000000"}, {"exp": True}, {"exp": 1e300},
    {"jti": None}, {"jti": ""}, {"jti": 5}, {"jti": "x" * 257}, {"nbf": 4_000_000_000}, {"iat": 4_000_000_000},
    {"iat": "now"},
], ids=str)  # fmt: skip
def test_a_claim_that_does_not_fit_is_refused(desk: Desk, carnet: Person, changed: dict[str, Any]) -> None:
    wrong = signed(carnet.seed, claims(desk, carnet.account, **changed))
    assert said(desk, carnet, client_assertion=wrong) == "invalid_client"


@pytest.mark.parametrize("seconds", [-1, 0, 331, 86_400])
def test_an_assertion_lives_for_minutes(desk: Desk, carnet: Person, seconds: int) -> None:
    until = claims(desk, "")["iat"] + seconds
    assert said(desk, carnet, client_assertion=assertion(desk, carnet, exp=until)) == "invalid_client"


def test_an_assertion_serves_once_also_when_what_it_came_with_was_wrong(desk: Desk, carnet: Person) -> None:
    for more in ({}, {"scope": "record.read"}):
        used = assertion(desk, carnet)
        first = said(desk, carnet, client_assertion=used, **more)
        assert (first, said(desk, carnet, client_assertion=used)) == (
            "done" if not more else "invalid_scope", "invalid_client",
        )  # fmt: skip


def test_two_apps_may_say_the_same_jti(desk: Desk, carnet: Person) -> None:
    bridge = Person(desk.bridge.account, "bridge", "bridge", seed=desk.seeds["bridge"])
    said_by = [said(desk, who, client_assertion=assertion(desk, who, jti="1")) for who in (carnet, bridge)]
    assert said_by == ["done", "done"]


def test_the_token_door_and_the_origin_are_both_this_relay(desk: Desk, carnet: Person) -> None:
    for audience in (desk.house.origin, desk.house.origin + names.OAUTH_TOKEN, [desk.house.origin]):
        assert said(desk, carnet, client_assertion=assertion(desk, carnet, aud=audience)) == "done"


def test_both_names_of_the_algorithm_are_taken(desk: Desk, carnet: Person) -> None:
    for name in ("EdDSA", "Ed25519"):
        with warnings.catch_warnings(action="ignore"):  # the library says that the older name is old
            made = signed(carnet.seed, claims(desk, carnet.account), alg=name)
            assert said(desk, carnet, client_assertion=made) == "done"


def test_the_client_id_beside_an_assertion_is_the_same(desk: Desk, carnet: Person) -> None:
    assert said(desk, carnet, client_id=carnet.account) == "done"
    assert said(desk, carnet, client_id=account_id()) == "invalid_client"


@pytest.mark.parametrize("kind", [None, "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"])
def test_another_type_of_assertion_is_no_request(desk: Desk, carnet: Person, kind: Any) -> None:
    assert said(desk, carnet, client_assertion_type=kind) == "invalid_request"


def test_without_showing_anything_nobody_is_a_client(desk: Desk, carnet: Person) -> None:
    bare = TokenForm(grant_type="client_credentials", client_id=carnet.account)
    assert refusal(desk, AskToken(bare)) == "invalid_client"


def test_a_client_asks_sixty_times_a_minute(desk: Desk, carnet: Person) -> None:
    heard = [said(desk, carnet) for _ in range(61)]
    assert (set(heard[:60]), heard[60]) == ({"done"}, "rateLimit")


# Who it is: certificates ----------------------------------------------------------------------------------------


def test_a_known_certificate_is_its_client_and_binds_the_tokens(desk: Desk, carnet: Person) -> None:
    desk.store.write(lambda tx: tx.add(Certificate(carnet.account, THUMBPRINT)))
    bare = TokenForm(grant_type="client_credentials", client_id=carnet.account)
    given = desk.ask(AskToken(bare, THUMBPRINT))
    assert holder(desk, given.access_token).bound == THUMBPRINT
    for wrong in (bytes(32), b""):
        assert refusal(desk, AskToken(bare, wrong)) == "invalid_client"
    other = TokenForm(grant_type="client_credentials", client_id=app(desk, "other").account)
    assert refusal(desk, AskToken(other, THUMBPRINT)) == "invalid_client"


def test_the_operator_registers_a_certificate_for_an_app_alone(desk: Desk, carnet: Person, patient: Member) -> None:
    def register(login: str) -> None:
        desk.store.write(
            lambda tx: operators.add_certificate(Turn(tx, desk.house, Caller(), desk.clock.now()), login, THUMBPRINT)
        )

    register(carnet.login)
    for other in (patient.login, "station", "nobody"):
        with pytest.raises(Refusal, match="notFound"):
            register(other)
    bare = TokenForm(grant_type="client_credentials", client_id=carnet.account)
    assert desk.ask(AskToken(bare, THUMBPRINT)).expires_in == 600


def test_a_bound_refresh_token_is_of_use_with_its_certificate_alone(
    desk: Desk, carnet: Person, patient: Member, grant: str
) -> None:
    desk.store.write(lambda tx: tx.add(Certificate(carnet.account, THUMBPRINT)))
    code = consenting(desk, patient, carnet, grant)
    bare = TokenForm(
        grant_type="authorization_code", client_id=carnet.account, code=code, code_verifier=VERIFIER,
        redirect_uri="https://app.example/back",
    )  # fmt: skip
    given = desk.ask(AskToken(bare, THUMBPRINT))
    with pytest.raises(Refusal, match="invalid_grant"):
        renewed(desk, carnet, given.refresh_token)
    again = TokenForm(grant_type="refresh_token", client_id=carnet.account, refresh_token=given.refresh_token)
    assert desk.ask(AskToken(again, THUMBPRINT)).expires_in == 600


# By a patient's consent -----------------------------------------------------------------------------------------


def test_a_code_becomes_tokens_of_the_grant(desk: Desk, carnet: Person, patient: Member, grant: str) -> None:
    given = exchanged(desk, carnet, consenting(desk, patient, carnet, grant))
    who = holder(desk, given.access_token)
    assert (who.account, who.granted, given.expires_in) == (carnet.account, grant, 600)
    assert given.refresh_token


@pytest.mark.parametrize("changed", [
    {"code_verifier": "w" * 43}, {"redirect_uri": "https://app.example/back/"},
    {"redirect_uri": "https://app.example/back?x=1"}, {"redirect_uri": "HTTPS://app.example/back"},
    {"code": "A" * 43},
], ids=str)  # fmt: skip
def test_a_code_with_anything_else_is_no_grant(
    desk: Desk, carnet: Person, patient: Member, grant: str, changed: dict[str, str]
) -> None:
    code = consenting(desk, patient, carnet, grant)
    with pytest.raises(Refusal, match="invalid_grant"):
        exchanged(desk, carnet, changed.get("code", code), **{k: v for k, v in changed.items() if k != "code"})
    assert exchanged(desk, carnet, code).scope  # and it was not used up by that


@pytest.mark.parametrize("missing", ["code", "redirect_uri", "code_verifier"])
def test_a_code_without_its_proof_is_no_request(
    desk: Desk, carnet: Person, patient: Member, grant: str, missing: str
) -> None:
    given = {"code": consenting(desk, patient, carnet, grant), "redirect_uri": "x", "code_verifier": VERIFIER}
    assert said(desk, carnet, "authorization_code", **(given | {missing: None})) == "invalid_request"


def test_a_code_is_of_the_app_that_it_was_made_for_and_of_a_minute(
    desk: Desk, carnet: Person, patient: Member, grant: str
) -> None:
    code = consenting(desk, patient, carnet, grant)
    with pytest.raises(Refusal, match="invalid_grant"):
        exchanged(desk, app(desk, "other"), code)
    desk.clock.move(seconds=60)
    with pytest.raises(Refusal, match="invalid_grant"):
        exchanged(desk, carnet, code)


def test_a_code_that_comes_again_ends_what_came_of_it(desk: Desk, carnet: Person, patient: Member, grant: str) -> None:
    code = consenting(desk, patient, carnet, grant)
    given = exchanged(desk, carnet, code)
    desk.clock.move(hours=3)
    given = renewed(desk, carnet, given.refresh_token)
    with pytest.raises(Refusal, match="invalid_grant"):
        exchanged(desk, carnet, code)
    assert not is_good(desk, given.access_token)
    with pytest.raises(Refusal, match="invalid_grant"):
        renewed(desk, carnet, given.refresh_token)


@pytest.mark.parametrize(("changed", "expected"), [
    ({"redirect_uri": "https://app.example/back/"}, "invalidProperties"),
    ({"redirect_uri": "https://thief.example/"}, "invalidProperties"),
    ({"scopes": ["record.read"]}, "invalidProperties"),
    ({"grant": "h" + "2" * 26}, "notFound"),
    ({"client_id": "a" + "2" * 26}, "notFound"),
    ({"account_id": "a" + "2" * 26}, "accountNotFound"),
], ids=str)  # fmt: skip
def test_a_consent_that_does_not_fit_makes_no_code(
    desk: Desk, carnet: Person, patient: Member, grant: str, changed: dict[str, Any], expected: str
) -> None:
    with pytest.raises(Refusal, match=expected):
        consenting(desk, patient, carnet, grant, **changed)


def test_a_consent_is_of_the_patient_on_a_confirmed_device(
    desk: Desk, carnet: Person, patient: Member, grant: str
) -> None:
    other = confirm(desk, member(desk, "other"))
    with pytest.raises(Refusal, match="notFound"):
        consenting(desk, other, carnet, grant)
    with pytest.raises(Refusal, match="accountNotFound"):
        consenting(desk, other, carnet, grant, account_id=patient.account)
    with pytest.raises(Refusal, match="confirmFirst"):
        consenting(desk, unconfirmed(desk, patient), carnet, grant)


# Refreshing and ending ------------------------------------------------------------------------------------------


def test_a_refresh_token_serves_once_and_coming_again_ends_all_of_the_grant(
    desk: Desk, carnet: Person, patient: Member, grant: str
) -> None:
    first = exchanged(desk, carnet, consenting(desk, patient, carnet, grant))
    elsewhere = exchanged(desk, carnet, consenting(desk, patient, carnet, grant))
    second = renewed(desk, carnet, first.refresh_token)
    assert is_good(desk, second.access_token)
    with pytest.raises(Refusal, match="invalid_grant"):
        renewed(desk, carnet, first.refresh_token)
    assert desk.last is not None
    assert len(desk.last.ended) == 2
    for token in (first, second, elsewhere):
        assert not is_good(desk, token.access_token)
        with pytest.raises(Refusal, match="invalid_grant"):
            renewed(desk, carnet, token.refresh_token)


def test_a_refresh_token_is_its_apps_and_never_wider(desk: Desk, carnet: Person, patient: Member, grant: str) -> None:
    code = consenting(desk, patient, carnet, grant, scopes=["letters.send"])
    given = exchanged(desk, carnet, code)
    with pytest.raises(Refusal, match="invalid_grant"):
        renewed(desk, app(desk, "other"), given.refresh_token)
    with pytest.raises(Refusal, match="invalid_scope"):
        renewed(desk, carnet, given.refresh_token, scope="letters.send letters.receive")
    assert renewed(desk, carnet, given.refresh_token).scope == "letters.send"


def test_the_refresh_doors_of_people_and_of_apps_do_not_take_each_others(
    desk: Desk, carnet: Person, patient: Member, grant: str
) -> None:
    given = exchanged(desk, carnet, consenting(desk, patient, carnet, grant))
    assert refusal(desk, Renew(str(given.refresh_token), cookie=False)) == "unauthorized"
    with pytest.raises(Refusal, match="invalid_grant"):
        renewed(desk, carnet, patient.issued.tokens.refresh_token)


def end_by_revoking(desk: Desk, patient: Member, carnet: Person, grant: str) -> None:  # noqa: ARG001 - one of the table
    revoke(desk, patient.caller, grant)


def end_by_time(desk: Desk, patient: Member, carnet: Person, grant: str) -> None:  # noqa: ARG001 - as above
    desk.clock.move(days=91)


def end_by_closing(desk: Desk, patient: Member, carnet: Person, grant: str) -> None:  # noqa: ARG001 - as above
    desk.ask(CloseRequest(account=patient.account), patient.caller)


@pytest.mark.parametrize("end", [end_by_revoking, end_by_time, end_by_closing])
def test_when_the_grant_ends_its_tokens_do(desk: Desk, carnet: Person, patient: Member, grant: str, end: Any) -> None:
    given = exchanged(desk, carnet, consenting(desk, patient, carnet, grant))
    code = consenting(desk, patient, carnet, grant)
    own = tokens(desk, carnet)
    end(desk, patient, carnet, grant)
    assert not is_good(desk, given.access_token)
    with pytest.raises(Refusal, match="invalid_grant"):
        renewed(desk, carnet, given.refresh_token)
    with pytest.raises(Refusal, match="invalid_grant"):
        exchanged(desk, carnet, code)
    assert is_good(desk, own.access_token) == (end is not end_by_time)


def test_an_app_that_is_certified_no_more_refreshes_nothing(
    desk: Desk, carnet: Person, patient: Member, grant: str
) -> None:
    given = exchanged(desk, carnet, consenting(desk, patient, carnet, grant))
    publish(desk, 2)
    with pytest.raises(Refusal, match="invalid_grant"):
        renewed(desk, carnet, given.refresh_token)


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_a_client_ends_its_own_tokens_and_nobody_elses(
    desk: Desk, carnet: Person, patient: Member, grant: str, which: str
) -> None:
    given = exchanged(desk, carnet, consenting(desk, patient, carnet, grant))

    def ending(who: Person, token: str) -> Revoke:
        return Revoke(RevokeForm(token=token, client_assertion=assertion(desk, who), client_assertion_type=JWT_BEARER))

    token = str(getattr(given, which))
    desk.ask(ending(app(desk, "other"), token))
    desk.ask(ending(carnet, "nobodys"))
    desk.ask(ending(carnet, patient.issued.tokens.access_token))
    assert is_good(desk, given.access_token)
    assert caller_of(desk, patient.issued).account == patient.account
    desk.ask(ending(carnet, token))
    assert not is_good(desk, given.access_token)


def test_nobody_ends_tokens_without_saying_who_they_are(desk: Desk, carnet: Person) -> None:
    given = tokens(desk, carnet)
    assert refusal(desk, Revoke(RevokeForm(token=given.access_token))) == "invalid_client"
    assert refusal(desk, Revoke(RevokeForm())) == "invalid_request"


# What scopes open -----------------------------------------------------------------------------------------------


def test_every_scoped_method_is_one_and_none_that_gives_rights() -> None:
    assert METHODS.keys() >= scopes.METHODS.keys() >= scopes.GRANTED
    never = {"KeyBox/set", "Device/get", "Device/set", "Delegation/set", "AppGrant/set", "EmergencyGrant/use",
             "Contact/set", "AccessLogEntry/get", "DirectoryEntry/set"}  # fmt: skip
    assert not never & scopes.METHODS.keys()


@pytest.mark.parametrize("scope", ["letters.send", "letters.receive"])
def test_a_method_is_open_to_its_scopes_alone(desk: Desk, carnet: Person, scope: str) -> None:
    caller = holder(desk, tokens(desk, carnet, scope=scope).access_token)
    shut = {
        name for name in METHODS
        if desk.call(caller, (name, {"accountId": caller.account}))[0][1].get("type") == "forbidden"
    }  # fmt: skip
    bridges = {"Address/resolve"}  # for an app it does not exist
    assert shut == {name for name in METHODS if not scopes.allow(name, [scope], granted=False)} - bridges


@pytest.mark.parametrize(("scope", "sends", "receives"), [
    ("letters.send", "done", "forbidden"), ("letters.receive", "forbidden", "done"),
])  # fmt: skip
def test_a_door_is_open_to_its_scopes_alone(desk: Desk, carnet: Person, scope: str, sends: str, receives: str) -> None:
    caller = holder(desk, tokens(desk, carnet, scope=scope).access_token)
    assert refusal(desk, CheckUpload(caller.account, 1), caller) == sends
    assert refusal(desk, AskStates(None), caller) == receives
    fetched = refusal(desk, AskDownload(caller.account, "b" + "0" * 64), caller)
    assert fetched == ("notFound" if receives == "done" else "forbidden")
    assert refusal(desk, CloseRequest(account=caller.account), caller) == "forbidden"
    assert refusal(desk, LogOut(), caller) == "done"
    assert not is_good(desk, "x")


def test_who_may_not_send_sends_nothing(desk: Desk, carnet: Person, patient: Member, grant: str) -> None:  # noqa: ARG001 - it is there
    value = {"l": letter(as_person(patient, "patient"))}
    came = []
    for scope in ("letters.receive", "letters.send"):
        caller = holder(desk, tokens(desk, carnet, scope=scope).access_token)
        done = desk.one(caller, "SealedMessage/set", create=value)
        came.append((done["notCreated"] or {}).get("l", {}).get("type", "done"))
    assert came == ["forbidden", "done"]


def test_a_log_in_by_one_grant_sees_and_reaches_its_patient_alone(
    desk: Desk, carnet: Person, patient: Member, grant: str
) -> None:
    other = confirm(desk, member(desk, "other"))
    give(desk, other, wanting(desk, carnet))
    theirs = desk.send(as_person(other, "patient"), letter(carnet))["id"]
    mine = desk.send(as_person(patient, "patient"), letter(carnet))["id"]
    caller = holder(desk, exchanged(desk, carnet, consenting(desk, patient, carnet, grant)).access_token)
    got = desk.one(caller, "SealedMessage/get", ids=[theirs, mine])
    assert ([one["id"] for one in got["list"]], got["notFound"]) == ([mine], [theirs])
    assert [one["id"] for one in desk.one(caller, "AppGrant/get", ids=None)["list"]] == [grant]
    said = [
        desk.one(caller, "SealedMessage/set", create={"l": letter(as_person(to, "patient"))}) for to in (other, patient)
    ]
    assert said[0]["notCreated"]["l"]["type"] == "recipientRefuses"
    assert said[1]["created"]["l"]["id"]
    gone = desk.one(caller, "SealedMessage/set", destroy=[theirs])
    assert gone["notDestroyed"][theirs]["type"] == "notFound"
