"""What the operator may count: requests, streams, waiting work. No account, address or content is a label."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from messaging.server.load import Load

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """One relay's; made once by service.py."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("pli_requests_total", "Requests", ["door", "status"], registry=self.registry)
        self.seconds = Histogram("pli_request_seconds", "Time", ["door"], buckets=_BUCKETS, registry=self.registry)
        self.streams = Gauge("pli_streams", "Open event streams", registry=self.registry)
        self.log_size = Gauge("pli_log_size", "Entries of the key log", registry=self.registry)
        self.log_published = Gauge("pli_log_published", "Entries that witnesses cosigned", registry=self.registry)
        self.witness_failures = Counter(
            "pli_witness_failures_total", "Cosignatures that did not come", ["witness"], registry=self.registry
        )
        self.shed = Counter("pli_shed_total", "Refused because there is too much to do", registry=self.registry)
        self.notices = Counter(
            "pli_notices_total", "Attempts to tell somebody", ["way", "result"], registry=self.registry
        )
        self._made: dict[tuple[str, int], tuple[Counter, Histogram]] = {}
        self.refused = Counter("pli_refused_early_total", "Refused before the body was read", registry=self.registry)

    def watch(self, load: Load) -> None:
        """Show how busy the process is."""
        under_way = Gauge("pli_answers_under_way", "Answers that are being made", registry=self.registry)
        under_way.set_function(lambda: load.under_way)
        lag = Gauge("pli_loop_lag_seconds", "How late the loop is", registry=self.registry)
        lag.set_function(lambda: load.lag)

    def count(self, door: str, status: int, seconds: float) -> None:
        """One answer."""
        made = self._made.get((door, status))
        if made is None:  # labels() costs more than counting: doors and statuses are few
            made = self._made[door, status] = (self.requests.labels(door, status), self.seconds.labels(door))
        made[0].inc()
        made[1].observe(seconds)

    def render(self) -> bytes:
        """The Prometheus text format."""
        return generate_latest(self.registry)
