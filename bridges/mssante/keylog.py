"""The relay's key log as this gateway trusts it: the policy of its file, and what gateway.db remembers.

Laws: what was distrusted stays so over a restart, until the operator accepts it; every distrust is counted and logged
by its reason, without an address.
"""

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert
from structlog.typing import FilteringBoundLogger

from bridges.mssante.config import BadConfig, Config, stations
from bridges.mssante.database import META, Database, Unusable
from bridges.mssante.metrics import METRICS
from clients.sdk import Distrusted, LogMemory, Trust
from crypto.errors import BadPolicy
from crypto.transparency.policy import parse_policy

_NAME = "key log"
_TODO = "look with `pli gateway-log --config FILE`, tell the relay's operator, then accept it there or not"


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
    found = connection.execute(select(META.c.value).where(META.c.name == _NAME)).scalar()
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
            await self._database.run(lambda c: _save(c, value.decode()))
            self._kept = value


def tell(log: FilteringBoundLogger, error: Distrusted) -> None:
    """One line and one count for something that is not believed."""
    METRICS.distrusted.labels(error.reason).inc()
    if error.of_everybody:
        log.error("keylog.distrusted", reason=error.reason, todo=_TODO)
    else:
        log.error("keylog.account_distrusted", account=error.account, reason=error.reason)


def _save(connection: Connection, value: str) -> None:
    row = insert(META).values(name=_NAME, value=value)
    connection.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
