"""How much in how long (generic cell rate algorithm: one number a key). In memory: a restart forgets.

Law: a wall clock that is stepped back makes nobody wait; a meter's own time only goes on.
"""

from dataclasses import dataclass, field

from messaging.relay.moments import DAY, HOUR, SECOND
from messaging.wire import limits

_KEPT = 100_000  # keys; beyond that the idle ones go
_DISORDER = SECOND  # by which requests may overtake each other; earlier still, the clock was stepped back


@dataclass
class Meter:
    """`burst` at once, then one every `period` microseconds."""

    period: int
    burst: int
    _next: dict[str, int] = field(default_factory=dict)
    _latest: int = 0  # moment that was heard of
    _lost: int = 0  # by how much the wall clock was stepped back, in all

    def wait(self, key: str, now: int, cost: int = 1) -> int:
        """Microseconds until `cost` is free; 0 when it is."""
        full, time = self.burst * self.period, self._time(now)
        ahead = max(self._next.get(key, time), time) - time
        return max(0, ahead + cost * self.period - full)

    def take(self, key: str, now: int, cost: int = 1) -> None:
        """Count `cost`, free or not."""
        time = self._time(now)
        if len(self._next) > _KEPT:
            self._next = {k: v for k, v in self._next.items() if v > time}
        self._next[key] = max(self._next.get(key, time), time) + cost * self.period

    def _time(self, now: int) -> int:
        # The rules know no other clock than the wall's: its steps back are added again.
        if now < self._latest - _DISORDER:
            self._lost += self._latest - now
            self._latest = now
        self._latest = max(self._latest, now)
        return now + self._lost


@dataclass(frozen=True)
class Allowed:
    """What an operator may set (messaging/wire/limits.py has the defaults)."""

    patient_per_hour: int = limits.PATIENT_MESSAGES_PER_HOUR
    patient_per_day: int = limits.PATIENT_MESSAGES_PER_DAY
    integrator_per_second: int = limits.INTEGRATOR_MESSAGES_PER_SECOND
    integrator_burst: int = limits.INTEGRATOR_MESSAGES_BURST
    resolves_per_minute: int = limits.RESOLVES_PER_MINUTE
    login_network_per_minute: int = limits.LOGIN_NETWORK_PER_MINUTE
    log_reads_per_minute: int = limits.LOG_READS_PER_MINUTE
    searches_per_minute: int = limits.SEARCHES_PER_MINUTE


class Rates:
    """All meters of one relay."""

    def __init__(self, allowed: Allowed) -> None:
        hour, day = allowed.patient_per_hour, allowed.patient_per_day
        self.patient = (Meter(HOUR // hour, hour), Meter(DAY // day, day))
        self.integrator = (Meter(SECOND // allowed.integrator_per_second, allowed.integrator_burst),)
        self.resolve = Meter(60 * SECOND // allowed.resolves_per_minute, allowed.resolves_per_minute)
        network = allowed.login_network_per_minute
        begun, polled = limits.PAIRINGS_PER_MINUTE, limits.PAIRING_POLLS_PER_MINUTE
        self.pairing = Meter(60 * SECOND // begun, begun)
        self.polling = Meter(60 * SECOND // polled, polled)
        asked = limits.TOKENS_PER_MINUTE
        self.tokens = Meter(60 * SECOND // asked, asked)
        self.network = Meter(60 * SECOND // network, network)
        reads = allowed.log_reads_per_minute
        self.codes = Meter(HOUR // limits.CODES_PER_HOUR, limits.CODES_PER_HOUR)
        self.search = Meter(60 * SECOND // allowed.searches_per_minute, allowed.searches_per_minute)
        self.log = Meter(60 * SECOND // reads, reads)
