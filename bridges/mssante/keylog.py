"""The relay's key log as this gateway trusts it: the policy of its file, and what gateway.db remembers.

Laws: what was distrusted stays so over a restart, until the operator accepts exactly that; every distrust is counted
and logged by its reason, without an address.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final, Protocol

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert  # SQLite compiles it as well
from structlog.typing import FilteringBoundLogger

from bridges.mssante.config import BadConfig, Config, stations
from bridges.mssante.database import META, Database, Unusable
from bridges.mssante.engines import instance_of
from bridges.mssante.metrics import METRICS
from clients.sdk import ANY_STATION, Arrived, Distrusted, LogMemory, Refusal, Trust
from crypto.errors import BadPolicy
from crypto.transparency.policy import parse_policy

_NAME: Final = "key log"
_ACCEPTED: Final = "key log accepted"  # hashes, in hexadecimal, that the operator accepted while the gateway runs
_ADVICE: Final = "look with `pli gateway-log --config FILE`, tell the relay's operator, then accept it there or not"


class Accepting(Protocol):
    """The client, as far as it is asked here."""

    async def accept_log(self, accepted: bytes) -> None:
        """Go on with exactly this. Raises Refusal, Distrusted."""
        ...


async def trust(config: Config, database: Database) -> Trust:
    """Whom the gateway believes of keys. Raises BadConfig."""
    return Trust(policy(config), stations(config.log), await database.run(load))


def policy(config: Config) -> bytes | None:
    """The text of the configured policy; None: what the relay serves at the first use. Raises BadConfig."""
    if not config.log.policy:
        return None
    path = config.path(config.log.policy)
    try:
        text = path.read_bytes()
        parse_policy(text)
    except OSError as error:
        raise BadConfig(f"[log] policy: {path} cannot be read: {error.strerror}") from None
    except BadPolicy:
        raise BadConfig(f"[log] policy: {path} is not a policy of a key log (docs/spec/transparency.md)") from None
    return text


def load(connection: Connection) -> LogMemory:
    """What was remembered; nothing at the first start. Raises Unusable."""
    found = connection.execute(select(META.c.value).where(META.c.name == _own(connection, _NAME))).scalar()
    try:
        return LogMemory() if found is None else LogMemory.from_bytes(str(found).encode())
    except ValueError:
        raise Unusable("what the database remembers of the key log cannot be read") from None


class Remembering:
    """Writes the memory down when it changed."""

    def __init__(self, database: Database, memory: LogMemory) -> None:
        self._database, self._memory = database, memory
        self._kept = b""

    async def keep(self) -> None:
        """Durable when it returns."""
        METRICS.distrusting.set(self._memory.distrust is not None)
        value = self._memory.to_bytes()
        if value != self._kept:
            await self._database.run(lambda c: _save(c, _NAME, value.decode()))
            self._kept = value

    async def take_up(self, client: Accepting, log: FilteringBoundLogger) -> None:
        """What the operator accepted while the gateway runs. What the relay cannot answer now stays for next time."""
        for accepted in await self._database.run(wishes):
            try:
                await client.accept_log(accepted)
                log.warning("keylog.accepted", hash=accepted.hex())
            except Distrusted as distrusted:
                log.error("keylog.not_accepted", hash=accepted.hex(), reason=distrusted.reason)
            except Refusal as refusal:
                log.warning("keylog.acceptance_postponed", reason=refusal.name)
                break
            await self._database.run(partial(_fulfilled, accepted=accepted))
        await self.keep()


def tell(log: FilteringBoundLogger, error: Distrusted) -> None:
    """One line and one count for something that is not believed."""
    METRICS.distrusted.labels(error.reason).inc()
    if error.of_everybody:
        log.error("keylog.distrusted", reason=error.reason, todo=_ADVICE)
    else:
        log.error("keylog.account_distrusted", account=error.account, reason=error.reason)


def tell_stations(log: FilteringBoundLogger, trusted: Trust) -> None:
    """Say at each start where nobody is named who may vouch for patients."""
    METRICS.any_station.set(trusted.stations == ANY_STATION)
    if trusted.stations == ANY_STATION:
        log.warning("keylog.any_station", todo="name the enrolment stations in [log] stations")


def tell_letters(log: FilteringBoundLogger, account: str, letters: Sequence[Arrived]) -> None:
    """What letters show of the log. They are proven and go on: what stops is sealing, and that is elsewhere."""
    if any(letter.forked for letter in letters):
        tell(log, Distrusted("", "logForked"))
    for letter in letters:
        if letter.stale_key:
            METRICS.stale_keys.inc()
            log.error("keylog.stale_key_used", account=account, item=letter.id, todo="tell the relay's operator")
        if letter.unsigned:
            METRICS.claims_unsigned.inc()
            log.warning("keylog.claim_unsigned", account=account, item=letter.id)


def wishes(connection: Connection) -> list[bytes]:
    """What the operator accepted and nobody took up yet."""
    found = connection.execute(select(META.c.value).where(META.c.name == _own(connection, _ACCEPTED))).scalar()
    return [bytes.fromhex(each) for each in str(found or "").split()]


def wish(connection: Connection, accepted: Sequence[bytes]) -> None:
    """The running gateway shall accept these as well."""
    wanted = dict.fromkeys([*wishes(connection), *accepted])
    _save(connection, _ACCEPTED, " ".join(each.hex() for each in wanted))


def _fulfilled(connection: Connection, accepted: bytes) -> None:
    _save(connection, _ACCEPTED, " ".join(each.hex() for each in wishes(connection) if each != accepted))


def _own(connection: Connection, name: str) -> str:
    """Each of several gateways remembers what it saw itself: one that saw less must not undo another's distrust."""
    instance = instance_of(connection)
    return f"{name} of {instance}" if instance else name


def _save(connection: Connection, name: str, value: str) -> None:
    row = insert(META).values(name=_own(connection, name), value=value)
    connection.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
