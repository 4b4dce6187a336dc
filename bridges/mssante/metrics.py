"""Counts for Prometheus. No label is an address, an account or a domain."""

from dataclasses import dataclass, field
from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram


@dataclass(frozen=True)
class Metrics:
    """One set for each registry."""

    registry: CollectorRegistry
    mails_in: Counter = field(init=False)
    letters_in: Counter = field(init=False)
    mail_in_seconds: Histogram = field(init=False)
    mails_out: Counter = field(init=False)
    unreadable: Counter = field(init=False)
    outbox: Gauge = field(init=False)
    whitelist_age: Gauge = field(init=False)
    whitelist_refused: Counter = field(init=False)
    revocations: Counter = field(init=False)
    loop_lag: Gauge = field(init=False)
    traces_lost: Counter = field(init=False)
    mailboxes_hidden: Gauge = field(init=False)
    worker_deaths: Gauge = field(init=False)
    distrusted: Counter = field(init=False)
    distrusting: Gauge = field(init=False)
    any_station: Gauge = field(init=False)
    stale_keys: Counter = field(init=False)
    claims_unsigned: Counter = field(init=False)

    def __post_init__(self) -> None:
        made = {
            "mails_in": Counter("pli_gateway_mails_in", "SMTP outcomes", ["outcome"], registry=self.registry),
            "letters_in": Counter("pli_gateway_letters_in", "Letters that the relay has", registry=self.registry),
            "mail_in_seconds": Histogram(
                "pli_gateway_mail_in_seconds", "From the final dot to the answer", registry=self.registry
            ),
            "mails_out": Counter("pli_gateway_mails_out", "Delivery attempts", ["outcome"], registry=self.registry),
            "unreadable": Counter(
                "pli_gateway_letters_unreadable", "Letters that were skipped", ["reason"], registry=self.registry
            ),
            "outbox": Gauge("pli_gateway_outbox_waiting", "Mails that wait to leave", registry=self.registry),
            "whitelist_age": Gauge(
                "pli_gateway_whitelist_age_seconds", "Since the list was made", registry=self.registry
            ),
            "whitelist_refused": Counter(
                "pli_gateway_whitelist_refused", "Lists not taken, by why", ["why"], registry=self.registry
            ),
            "revocations": Counter(
                "pli_gateway_revocation_checks", "Certificates asked about", ["outcome"], registry=self.registry
            ),
            "mailboxes_hidden": Gauge(
                "pli_gateway_mailboxes_not_in_directory", "Own mailboxes that it does not show", registry=self.registry
            ),
            "traces_lost": Counter("pli_gateway_traces_lost", "Traces that no file took", registry=self.registry),
            "loop_lag": Gauge(
                "pli_gateway_loop_lag_seconds",
                "Longest wait for the loop in a round",
                registry=self.registry,
            ),
            "worker_deaths": Gauge("pli_gateway_worker_deaths", "Parsing processes that died", registry=self.registry),
            "distrusted": Counter(
                "pli_gateway_keys_distrusted", "Keys that were not believed", ["reason"], registry=self.registry
            ),
            "distrusting": Gauge(
                "pli_gateway_key_log_distrusted", "1: nothing is sealed until it is accepted", registry=self.registry
            ),
            "any_station": Gauge(
                "pli_gateway_any_station", "1: whoever the relay names may vouch for patients", registry=self.registry
            ),
            "stale_keys": Counter(
                "pli_gateway_letters_to_stale_keys", "Letters sealed to a mailbox's old keys", registry=self.registry
            ),
            "claims_unsigned": Counter(
                "pli_gateway_claims_unsigned", "Letters whose checkpoint the log never signed", registry=self.registry
            ),
        }
        for name, metric in made.items():
            object.__setattr__(self, name, metric)


METRICS: Final = Metrics(REGISTRY)
