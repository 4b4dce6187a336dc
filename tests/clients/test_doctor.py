"""What `pli doctor` says of a relay's key log."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from clients.cli.doctor import _key_log
from clients.session.carried import HttpRequest, HttpResponse
from crypto.transparency.checkpoint import WitnessSigner
from crypto.transparency.policy import solo_policy
from messaging.wire import names
from messaging.wire.errors import Refusal
from tests.clients.letters import Person
from tests.clients.logs import WITNESS, SmallLog


class Pages:
    """A relay of two pages."""

    def __init__(self, policy: bytes, note: str) -> None:
        self._pages = {names.LOG_POLICY: policy, names.LOG_CHECKPOINT: note.encode()}

    async def carry(self, request: HttpRequest) -> HttpResponse:
        if not self._pages[request.path]:
            raise Refusal("serverUnavailable", "the relay did not answer in time")
        return HttpResponse(200, {}, self._pages[request.path])


@pytest.fixture
def log() -> SmallLog:
    made = SmallLog()
    made.add(Person.new())
    return made


def note(log: SmallLog, hours: int = 0, witnesses: Sequence[WitnessSigner] = ()) -> str:
    return log.note(at=datetime.now(UTC) - timedelta(hours=hours), witnesses=witnesses)


async def test_a_log_that_its_witnesses_signed_is_right(log: SmallLog) -> None:
    found = await _key_log(Pages(log.witnessed_policy(), note(log, witnesses=[WITNESS])))

    assert (found.verdict, found.todo) == ("ok", "")
    assert "1 entries" in found.found


async def test_a_log_that_the_relay_alone_signs_is_a_warning(log: SmallLog) -> None:
    found = await _key_log(Pages(solo_policy(log.signer), note(log)))

    assert found.verdict == "warn"
    assert "witnesses" in found.todo


async def test_a_log_without_its_witnesses_or_from_yesterday_is_wrong(log: SmallLog) -> None:
    unsigned = await _key_log(Pages(log.witnessed_policy(), note(log)))
    old = await _key_log(Pages(solo_policy(log.signer), note(log, hours=30)))
    silent = await _key_log(Pages(solo_policy(log.signer), ""))
    nonsense = await _key_log(Pages(b"quorum none\n", note(log)))

    assert {each.verdict for each in (unsigned, old, silent, nonsense)} == {"bad"}
    assert "24 hours" in old.found
