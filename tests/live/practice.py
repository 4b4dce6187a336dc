"""A practice at a relay: a bridge that acts for a professional who writes, and a patient who reads."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from crypto.keys import SigningSeed
from messaging.wire import names
from messaging.wire.types import EnrolRequest
from tests.live.activated import Patient, activate
from tests.live.reading import Reader, by_sender
from tests.live.sending import Sender
from tests.messaging.desk import DOMAIN, Person, item, person
from tests.messaging.doors import Visitor


class At:
    """What a Visitor needs of a relay in another process. `origin` is what log-ins sign."""

    def __init__(self, origin: str, port: int) -> None:
        self.origin, self.port = origin, port
        self.config = self.service = self.clock = self

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class Practice:
    """`relay` is a Grown or a RunningRelay that is ready."""

    visitor: Visitor
    token: str
    doctor: Person
    patient: Patient

    @classmethod
    async def open(cls, relay: Any) -> "Practice":
        """Of people who are new there."""
        at = At(relay.origin, int(relay.origin.rpartition(":")[2]))
        visitor = Visitor(at, {"bridge": SigningSeed.generate(), "station": SigningSeed.generate()})
        relay.add_bridge("bridge", visitor.seeds["bridge"].public(), DOMAIN)
        relay.add_station("station", visitor.seeds["station"].public())
        token, doctor = await visitor.log_in("bridge"), person("professional", "dr.martin")
        people = [item(doctor, managed=True, by=visitor.seeds["bridge"])]
        answer = await visitor.ask("POST", names.ENROL, EnrolRequest(people=people), token)
        assert [one["outcome"] for one in answer.json["people"]] == ["created"]
        return cls(visitor, token, doctor, await activate(visitor))

    def senders(self, *how: str, visitor: Visitor | None = None) -> list[Sender]:
        """One for each way of sending; named by way and place."""
        at, account = visitor or self.visitor, self.doctor.account
        return [Sender(f"{one}{n}", at, self.token, account, self.patient.who, one) for n, one in enumerate(how)]

    def reader(self, page: int = 50, visitor: Visitor | None = None) -> Reader:
        """Who reads what they send."""
        return Reader(visitor or self.visitor, self.patient.token, self.patient.who.account, page)

    def written(self) -> Reader:
        """Who reads the senders' own copies, whose ids are what was acknowledged."""
        return Reader(self.visitor, self.token, self.doctor.account)


def check(reader: Reader, senders: list[Sender]) -> None:
    """Each letter that was acknowledged was told of once, each sender's in their order, and nothing else was."""
    assert by_sender(reader.seen) == {one.name: list(range(len(one.acknowledged))) for one in senders}
    assert len(reader.ids) == len(set(reader.ids))
