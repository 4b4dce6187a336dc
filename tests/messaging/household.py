"""People who have activated their accounts and logged in, on top of a desk; real signatures, no network."""

from dataclasses import dataclass, replace
from typing import Any

from crypto.encoding import b64u, utc
from crypto.keys import KeyPairs, SigningSeed
from crypto.login import sign_login
from crypto.transparency.statement import make_statement
from messaging.relay import devices
from messaging.relay.devices import Issued
from messaging.relay.factorasking import ChangeFactors
from messaging.relay.keys import newest
from messaging.relay.records import Account, Box, Delegation, Device
from messaging.relay.turn import Caller, Turn
from messaging.wire.errors import Refusal
from messaging.wire.factors import (
    AdoptRequest,
    ConfirmRequest,
    FactorsRequest,
    NewMethods,
    PasskeyMethod,
    PasswordMethod,
    RecoverRequest,
    RecoveryMethod,
)
from messaging.wire.types import ChallengeRequest, Kdf, NewKeys, TotpRequest
from tests.messaging.desk import SALT, SECRET, Desk, Person, box

KDF = Kdf(name="argon2id", salt=SALT, memory=65536, passes=3, lanes=1)
NETWORK = "198.51.100.7"


@dataclass(frozen=True)
class Member:
    """Somebody with an active account, logged in on one device. The seeds are those of now."""

    account: str
    login: str
    pairs: KeyPairs
    password: SigningSeed
    recovery: SigningSeed
    issued: Issued
    caller: Caller

    def on(self, caller: Caller) -> "Member":
        """The same person on another device."""
        return replace(self, caller=caller)


def member(desk: Desk, login: str = "camille", kind: str = "patient") -> Member:
    """Who activated with password, recovery code and second factor a minute and a half ago."""
    return activate(desk, desk.patient(login, kind))


def activate(desk: Desk, who: Person) -> Member:
    """See member()."""
    pairs, password, recovery = KeyPairs.generate(), SigningSeed.generate(), SigningSeed.generate()
    keys = new_keys(desk, who.account, who.pairs.signing, pairs, 2)
    request = desk.activation(who, password, new_keys=keys, recovery_key=public(recovery))
    issued = desk.ask(request)
    caller = caller_of(desk, issued)
    desk.clock.move(seconds=90)
    return Member(who.account, who.login, pairs, password, recovery, issued, caller)


def caller_of(desk: Desk, issued: Issued) -> Caller:
    """Who holds these tokens. Raises Refusal `unauthorized`."""
    found, _ = reading(desk, lambda turn: devices.caller(turn, issued.tokens.access_token))
    return replace(found, network=NETWORK)  # type: ignore[no-any-return]  # what the rule gives


def reading(desk: Desk, rule: Any, caller: Caller | None = None) -> Any:
    """What a rule says, in a transaction of its own."""
    return desk.store.read(lambda tx: rule(Turn(tx, desk.house, caller or Caller(), desk.clock.now())))


def refusal(desk: Desk, asking: Any, caller: Caller | None = None) -> str:
    """The name of the refusal, or `done`."""
    try:
        desk.ask(asking, caller)
    except Refusal as refused:
        return refused.name
    return "done"


def code_log_in(desk: Desk, who: Member, *, trust: bool = False) -> Issued:
    """By password and a one-time code. Moves the clock, so that a code is fresh."""
    desk.clock.move(seconds=90)
    asked = TotpRequest(ticket=desk.ticket(who.login, "password", who.password), code=desk.code(), trust_device=trust)
    issued = desk.ask(asked)
    assert isinstance(issued, Issued)
    return issued


def another_device(desk: Desk, who: Member) -> Member:
    """The same person, logged in on a second device."""
    return who.on(caller_of(desk, code_log_in(desk, who)))


def unconfirmed(desk: Desk, who: Member) -> Member:
    """The same person and device, after more than the ten minutes."""
    desk.clock.move(minutes=11)
    return who


def confirmation(
    desk: Desk, who: Member, method: str = "password", seed: SigningSeed | None = None, **changed: Any
) -> ConfirmRequest:
    """A log-in's signature once more."""
    login = changed.pop("login", who.account if method == "passkey" else who.login)
    challenged = changed.pop("challenged", method)
    asked = desk.ask(ChallengeRequest(login=login, method=challenged))
    time = changed.pop("time", utc(desk.clock.now()))
    said = {"method": method, "origin": desk.house.origin, "signed": asked.challenge} | changed
    signed = sign_login(seed or who.password, said["signed"], said["method"], said["origin"], time)
    return ConfirmRequest(challenge=asked.challenge, method=method, signature=b64u(signed), time=time)  # type: ignore[arg-type]  # a test names it


def confirm(desk: Desk, who: Member) -> Member:
    """The device may change factors again."""
    desk.ask(confirmation(desk, who), who.caller)
    return who


def change(desk: Desk, account: str = "", of: str = "", **given: Any) -> ChangeFactors:
    """A change of factors with the next box of `of`."""
    values = {"box": next_box(desk, of)} | given
    return ChangeFactors(FactorsRequest(**values), account)


def methods(
    *,
    password: SigningSeed | None = None,
    recovery: SigningSeed | None = None,
    passkeys: dict[bytes, SigningSeed] | None = None,
) -> NewMethods:
    """New log-in keys; `passkeys` by credential."""
    return NewMethods(
        password=None if password is None else PasswordMethod(kdf=KDF, login_key=public(password)),
        recovery=None if recovery is None else RecoveryMethod(login_key=public(recovery)),
        passkeys=None
        if passkeys is None
        else [PasskeyMethod(credential=b64u(id_), login_key=public(seed)) for id_, seed in passkeys.items()],
    )


def recovering(desk: Desk, who: Member, **changed: Any) -> RecoverRequest:
    """A valid recovery by the code."""
    values: dict[str, Any] = {
        "ticket": changed.pop("ticket", None) or desk.ticket(who.login, "recovery", who.recovery),
        "box": next_box(desk, who.account), "kdf": KDF, "login_key": public(SigningSeed.generate()),
        "recovery_key": public(SigningSeed.generate()), "totp_secret": SECRET, "code": desk.code(),
    }  # fmt: skip
    return RecoverRequest(**(values | changed))


def adopting(desk: Desk, child: Person, pairs: KeyPairs | None = None, **changed: Any) -> AdoptRequest:
    """A valid adoption of an invited account."""
    values: dict[str, Any] = {
        "ticket": changed.pop("ticket", None) or desk.ticket(child.login, "letter", child.seed), "box": box(2),
        "new_keys": new_keys(desk, child.account, child.pairs.signing, pairs or KeyPairs.generate(), 2),
        "recovery_key": public(SigningSeed.generate()),
    }  # fmt: skip
    return AdoptRequest(**(values | changed))


def delegate(desk: Desk, held: Member, to: Member) -> str:
    """`to` may act for `held` from now on; the delegation's id."""
    done = desk.one(held.caller, "Delegation/set", create={"d": {"delegate": to.account}})
    return str(done["created"]["d"]["id"])


def new_keys(desk: Desk, account: str, signer: SigningSeed, pairs: KeyPairs, version: int, **more: Any) -> NewKeys:
    """New keys with the statement that follows the account's newest one."""
    owner = desk.store.read(lambda tx: tx.one(Account, account))
    assert owner is not None
    before = reading(desk, lambda turn: newest(turn, owner))
    keys = pairs.public()
    made = make_statement(account, keys, signer, desk.clock.now(), box=version, previous=before, **more)
    return NewKeys(
        sealing_key=b64u(keys.sealing.raw), signing_key=b64u(keys.signing.raw),
        statement=b64u(made.statement), signature=b64u(made.signature),
    )  # fmt: skip


def next_box(desk: Desk, account: str) -> str:
    """The box after the one held."""
    held = desk.store.read(lambda tx: tx.one(Box, account))
    return box(1 if held is None else held.version + 1)


def delegations(desk: Desk) -> list[Delegation]:
    return desk.store.read(lambda tx: tx.where(Delegation))


def living(desk: Desk, account: str) -> list[Device]:
    return reading(desk, lambda turn: devices.alive(turn, account))  # type: ignore[no-any-return]  # what the rule gives


def public(seed: SigningSeed) -> str:
    return b64u(seed.public().raw)
