"""The journal: a letter is at the relay once, wherever the gateway stops."""

from pathlib import Path

import pytest

from bridges.mssante import journal
from bridges.mssante.database import Database, Unusable
from bridges.mssante.journal import Conversation, Place
from bridges.mssante.submissions import Submissions
from clients.sdk import Distrusted, Draft, Prepared
from crypto.keys import random_id
from messaging.wire.errors import Refusal
from tests.bridges.fakes import DOCTOR, PATIENT, FakeMailbox, FakeRelay, account

THREAD = random_id()
CONVERSATION = Conversation(account(DOCTOR), THREAD, account(PATIENT))


class Killed(BaseException):
    """The process ends here."""


class Gateway:
    """A gateway that is killed and started again on the same disk."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.relay = folder, FakeRelay()
        self.mailbox = FakeMailbox(self.relay)
        self.database: Database | None = None

    async def start(self) -> Submissions:
        if self.database is not None:
            await self.database.close()
        self.database = Database(self.folder)
        await self.database.start()
        return Submissions(self.database, clock=lambda: 1000.0)

    async def post(
        self, submissions: Submissions, letter: str, text: str = "canari", *, begins: bool = False
    ) -> None:  # fmt: skip
        async def prepare(place: Place) -> Prepared:
            draft = Draft("canari", text, thread=THREAD, message=letter, counter=place.counter, previous=place.previous)
            return await self.mailbox.prepare(draft, [account(PATIENT)])

        await submissions.post(letter, CONVERSATION, self.mailbox, prepare, begins=begins)


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    return Gateway(tmp_path / "data")


@pytest.mark.parametrize("begins", [False, True])
@pytest.mark.parametrize("step", ["prepare", "before submit", "after submit"])
async def test_killed_at_any_step_the_same_mail_again_is_one_letter(gateway: Gateway, step: str, begins: bool) -> None:
    letter = random_id()
    gateway.relay.faults[step] = [Killed()]
    with pytest.raises(Killed):
        await gateway.post(await gateway.start(), letter, begins=begins)
    submissions = await gateway.start()
    await gateway.post(submissions, letter, begins=begins)
    await gateway.post(submissions, letter, begins=begins)
    assert list(gateway.relay.sealed) == [letter]


async def test_what_looks_like_a_beginning_and_is_none_goes_behind(gateway: Gateway) -> None:
    submissions = await gateway.start()
    letters = [random_id() for _ in range(3)]
    for letter in letters:
        await gateway.post(submissions, letter, begins=True)
    assert [each.counter for each in gateway.relay.letters()] == [1, 2, 3]
    assert list(gateway.relay.sealed) == letters


@pytest.mark.parametrize("why", [Refusal("recipientNotFound"), Distrusted("", "logForked")])
async def test_a_letter_that_is_there_is_not_refused_when_nobody_may_write_any_more(
    gateway: Gateway, why: Exception
) -> None:
    submissions, letter = await gateway.start(), random_id()
    await gateway.post(submissions, letter, begins=True)
    gateway.relay.faults["prepare"] = [why]
    await gateway.post(submissions, letter, begins=True)
    gateway.relay.faults["prepare"] = [why] * 2
    with pytest.raises(type(why)):
        await gateway.post(submissions, random_id(), begins=True)
    assert list(gateway.relay.sealed) == [letter]


@pytest.mark.parametrize(("step", "there"), [("prepare", 0), ("before submit", 1), ("after submit", 1)])
async def test_killed_at_any_step_the_next_start_finishes_what_was_journalled(
    gateway: Gateway, step: str, there: int
) -> None:
    gateway.relay.faults[step] = [Killed()]
    with pytest.raises(Killed):
        await gateway.post(await gateway.start(), random_id())
    submissions = await gateway.start()
    left = await submissions.resume({gateway.mailbox.account: gateway.mailbox})
    assert (left, len(gateway.relay.sealed)) == (0, there)


async def test_a_relay_that_is_away_loses_nothing(gateway: Gateway) -> None:
    letter, submissions = random_id(), await gateway.start()
    gateway.relay.faults["before submit"] = [Refusal("serverUnavailable")] * 2
    with pytest.raises(Refusal):
        await gateway.post(submissions, letter)
    assert await submissions.resume({gateway.mailbox.account: gateway.mailbox}) == 1
    assert await submissions.resume({gateway.mailbox.account: gateway.mailbox}) == 0
    assert list(gateway.relay.sealed) == [letter]


async def test_counters_run_on_over_restarts(gateway: Gateway) -> None:
    for _ in range(3):
        await gateway.post(await gateway.start(), random_id())
    letters = gateway.relay.letters()
    assert [letter.counter for letter in letters] == [1, 2, 3]
    assert letters[0].previous is None
    assert None not in [letter.previous for letter in letters[1:]]


async def test_a_refusal_for_good_leaves_no_gap(gateway: Gateway) -> None:
    submissions = await gateway.start()
    await gateway.post(submissions, random_id())
    gateway.relay.refused[account(PATIENT)] = Refusal("recipientRefuses")
    with pytest.raises(Refusal):
        await gateway.post(submissions, random_id())
    gateway.relay.refused.clear()
    await gateway.post(submissions, random_id())
    assert [letter.counter for letter in gateway.relay.letters()] == [1, 2]


async def test_a_patient_with_newer_keys_gets_it_sealed_anew(gateway: Gateway) -> None:
    submissions = await gateway.start()
    gateway.relay.faults["before submit"] = [Refusal("recipientKeyStale"), Refusal("blobNotFound")]
    await gateway.post(submissions, random_id())
    assert [letter.counter for letter in gateway.relay.letters()] == [1]


async def test_keys_that_never_settle_are_a_refusal(gateway: Gateway) -> None:
    submissions = await gateway.start()
    gateway.relay.faults["before submit"] = [Refusal("recipientKeyStale")] * 9
    with pytest.raises(Refusal):
        await gateway.post(submissions, random_id())


async def test_a_lost_journal_makes_no_second_letter(gateway: Gateway) -> None:
    letter = random_id()
    await gateway.post(await gateway.start(), letter)
    gateway.folder = gateway.folder.parent / "restored"
    await gateway.post(await gateway.start(), letter)
    assert list(gateway.relay.sealed) == [letter]


async def test_nothing_readable_is_on_the_disk(gateway: Gateway) -> None:
    submissions = await gateway.start()
    gateway.relay.faults["before submit"] = [Refusal("serverUnavailable")]
    with pytest.raises(Refusal):
        await gateway.post(submissions, random_id(), text="canari-dans-le-texte")
    written = b"".join(path.read_bytes() for path in gateway.folder.iterdir())
    assert len(written) > 4096
    assert b"canari" not in written


async def test_what_the_relay_has_is_forgotten_after_its_time(gateway: Gateway) -> None:
    await gateway.post(await gateway.start(), random_id())
    assert gateway.database is not None
    assert await gateway.database.run(lambda c: journal.purge(c, 999.0)) == 0
    assert await gateway.database.run(lambda c: journal.purge(c, 1001.0)) == 1


async def test_two_gateways_do_not_share_a_folder(gateway: Gateway) -> None:
    await gateway.start()
    with pytest.raises(Unusable):
        Database(gateway.folder)
