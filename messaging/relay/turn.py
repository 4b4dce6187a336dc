"""One request's turn: its transaction, who asks, the moment, and what it has changed so far."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from crypto.transparency.checkpoint import LogSigner
from crypto.transparency.policy import Policy
from messaging.relay.moments import stamp
from messaging.relay.ports import Numbered, Transaction
from messaging.relay.rates import Rates
from messaging.relay.records import Account, Delegation, Edge, Emergency, Grant, Message, Setting, State
from messaging.wire import limits
from messaging.wire.errors import Refusal

Made = dict[str, tuple[str, int] | Refusal]  # creation id -> a new blob and its size, or why there is none
Acting = tuple[str, str]  # who acts, for whom
NAMES: Final[dict[type[Any], str]] = {
    Message: "SealedMessage", Edge: "Contact", State: "SealedState", Grant: "AppGrant", Emergency: "EmergencyGrant",
    Setting: "NotificationSettings",
}  # fmt: skip


@dataclass(frozen=True, repr=False)
class Secrets:
    """The relay's own secrets, 32 bytes each. None of them opens a letter."""

    server: bytes
    pepper: bytes
    totp: bytes
    log: bytes
    key_log: bytes
    notices: bytes

    def __repr__(self) -> str:
        return "Secrets(...)"


@dataclass(frozen=True)
class Life:
    """How long people may oppose, and how long what is closed is archived: days, which an operator may set."""

    opposition_days: int = limits.OPPOSITION_DAYS
    archive_days: int = limits.ARCHIVE_DAYS


@dataclass
class Gate:
    """Whether the key log may be signed for: not before it is known that this database has all of it."""

    open: bool = True


@dataclass(frozen=True)
class House:
    """What all requests share: the origin that clients sign for, secrets, rates, the key log's signer and policy."""

    origin: str
    secrets: Secrets
    rates: Rates
    log: LogSigner
    policy: Policy
    gate: Gate = field(default_factory=Gate)
    life: Life = field(default_factory=Life)
    sends_mail: bool = False
    pushes: bool = True
    vapid: str = ""  # the public key of what is pushed, an uncompressed point
    storage: int = limits.STORAGE_QUOTA  # sealed bytes of the letters that one account keeps
    authorities: tuple[bytes, ...] = ()  # public keys (32 bytes) that sign the catalogue of apps


@dataclass(frozen=True)
class Caller:
    """Who asks: the account of the access token and its kind; both empty before log-in. `network` is where from.

    A log-in by OAuth has `scopes` (with spaces between), the AppGrant that it is `granted` by or none, the certificate
    that it is `bound` to or none (SHA-256), and lives `until` a moment. Other log-ins have none of these.
    """

    account: str = ""
    kind: str = ""
    device: str = ""
    network: str = ""
    scopes: str = ""
    granted: str = ""
    bound: bytes = b""
    until: int = 0


@dataclass(frozen=True)
class Outcome:
    """What one request came to. `answer` may be a Refusal where refusing itself is remembered (failed log-ins).

    `logged` is the size of the key log with what the request appended, 0 when it appended nothing. `ended` are
    devices; `joined` and `parted` say who may act for whom from now on, and who no longer.
    """

    answer: Any
    changed: dict[str, dict[str, str]] = field(default_factory=dict)
    ended: tuple[str, ...] = ()
    logged: int = 0
    joined: tuple[Acting, ...] = ()
    parted: tuple[Acting, ...] = ()


@dataclass
class Turn:
    """Mutable, and gone with its request."""

    tx: Transaction
    house: House
    caller: Caller
    now: datetime
    changed: dict[str, dict[str, str]] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)
    joined: list[Acting] = field(default_factory=list)
    parted: list[Acting] = field(default_factory=list)
    arrived: set[str] = field(default_factory=set)  # accounts that somebody else's letter came to
    logged: int = 0  # the key log's size with what this turn appended
    answered: int = 0  # bytes of sealed letters in the answers so far
    uploads: Made = field(default_factory=dict)  # of the call that is being answered: blobs that are kept already

    def __post_init__(self) -> None:
        self.stamp = stamp(self.now)

    def mailbox(self, account: str) -> Account:
        """An account that the caller may act for. Raises Refusal `accountNotFound`, also for what exists."""
        found = self.tx.one(Account, account)
        if found is None or not self._acts_for(found):
            raise Refusal("accountNotFound")
        return found

    def own(self, account: str) -> Account:
        """The caller's own account. Raises Refusal `accountNotFound`, `accountNotSupportedByMethod` for another's."""
        found = self.mailbox(account)
        if found.id != self.caller.account:
            raise Refusal("accountNotSupportedByMethod")
        return found

    def _acts_for(self, account: Account) -> bool:
        caller = self.caller.account
        if not caller or account.state == "closed":  # nobody has logged in, and most accounts have no parent
            return False
        if caller in (account.id, account.parent):
            return True
        # People alone are delegates: nobody else's requests pay for the question.
        if self.caller.kind != "patient" or account.state != "active":
            return False
        return self.tx.one(Delegation, account.id, caller) is not None

    def change(self, kind: Numbered, account: str, octets: int = 0) -> int:
        """The next change number, remembered to be announced; the account holds `octets` more."""
        number = self.tx.next_change(account, octets)
        self.note(account, NAMES[kind], str(number))
        return number

    def state(self, kind: Numbered, account: str) -> str:
        """The state string of a kind, with this turn's own changes."""
        changed = self.changed.get(account, {}).get(NAMES[kind])
        return str(self.tx.latest(kind, account)) if changed is None else changed

    def note(self, account: str, name: str, state: str) -> None:
        """Remember to announce that `name` has a new state."""
        self.changed.setdefault(account, {})[name] = state

    def outcome(self, answer: object) -> Outcome:
        """What it came to."""
        return Outcome(answer, self.changed, tuple(self.ended), self.logged, tuple(self.joined), tuple(self.parted))
