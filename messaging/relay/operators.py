"""What the operator makes by hand: bridges and enrolment stations, which log in with a key."""

from crypto.encoding import unb64u
from crypto.errors import NotCanonical, WeakKey
from crypto.keys import SigningPublic, account_id
from messaging.relay import devices
from messaging.relay.accesslog import log
from messaging.relay.login import kdf_json, login_name
from messaging.relay.records import Account, Certificate, Factor, Login
from messaging.relay.turn import Turn
from messaging.wire.errors import Refusal
from messaging.wire.types import Kdf


def add(turn: Turn, kind: str, login: str, public_key: str, domains: tuple[str, ...] = ()) -> Account:
    """A bridge or a station; the same again is what is there. Raises Refusal `invalidKeys`, `alreadyExists`."""
    try:
        public = SigningPublic.load(unb64u(public_key, 32)).raw
    except (NotCanonical, WeakKey):
        raise Refusal("invalidKeys") from None
    spelled = " ".join(sorted({domain.strip().lower() for domain in domains}))
    taken = turn.tx.one(Login, login_name(login))
    if taken is not None:
        return _same(turn, taken.account, kind, public, spelled)
    account = Account(account_id(), kind, "active", turn.stamp, domains=spelled)
    turn.tx.add(account)
    turn.tx.add(Login(login_name(login), account.id))
    turn.tx.add(Factor(account.id, "key", public, kdf_json(Kdf(name="key"))))
    log(turn, f"add {kind}", account=account.id)
    return account


def add_certificate(turn: Turn, login: str, thumbprint: bytes) -> None:
    """An app may show who it is by this certificate (SHA-256). Raises Refusal `notFound`: no app has this log-in."""
    named = turn.tx.one(Login, login_name(login))
    account = None if named is None else turn.tx.one(Account, named.account)
    if account is None or account.kind not in ("app", "bridge"):
        raise Refusal("notFound")
    turn.tx.put(Certificate(account.id, thumbprint))
    log(turn, "add certificate", account=account.id, actor="operator")


def end_devices(turn: Turn, named: str) -> tuple[str, int]:
    """Log out every device of an account, and ask for a code again on each; (account, how many).

    `named`: its log-in or its id. For whoever calls because a telephone is gone. Raises Refusal `notFound`.
    """
    login = turn.tx.one(Login, login_name(named))
    account = turn.tx.one(Account, named if login is None else login.account)
    if account is None:
        raise Refusal("notFound")
    found = devices.alive(turn, account.id)
    devices.end_all(turn, account.id)
    for device in found:
        log(turn, "end device", account=account.id, target=device.id, actor="operator")
    return account.id, len(found)


def listed(turn: Turn) -> list[tuple[str, Account]]:
    """(log-in, account) of all bridges and stations."""
    found = [*turn.tx.where(Account, kind="bridge"), *turn.tx.where(Account, kind="station")]
    return [(turn.tx.where(Login, account=account.id)[0].name, account) for account in found]


def _same(turn: Turn, id_: str, kind: str, public: bytes, domains: str) -> Account:
    account, factor = turn.tx.one(Account, id_), turn.tx.one(Factor, id_, "key")
    if account is None or factor is None or (account.kind, factor.public, account.domains) != (kind, public, domains):
        raise Refusal("alreadyExists", "another account has this log-in")
    return account
