"""Notices by the rules alone: what is queued in the act's transaction, when it is due, and what became of it."""

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest

from messaging.relay import closing, erasure, restoring
from messaging.relay.ports import Store
from messaging.relay.quiet import after_quiet, is_zone, next_morning
from messaging.relay.records import EmailCode, Notice, Setting
from messaging.relay.telling import Job, Letter, Result, Settle, Take
from messaging.relay.turn import Caller, Turn
from messaging.wire.errors import Refusal
from messaging.wire.notices import Quiet
from tests.messaging.desk import Desk, Person, letter
from tests.messaging.household import another_device, member

ADDRESS = "camille@home.example"
NIGHT = {"from": "22:00", "to": "07:00", "zone": "Europe/Paris"}


class Told:
    """A desk with a patient who wants mail, and a doctor who writes."""

    def __init__(self, store: Store, **settings: Any) -> None:
        self.desk = desk = Desk(store)
        desk.house = replace_house(desk, sends_mail=True)
        self.member = member(desk, "camille")
        who = self.member
        self.camille = Person(who.account, "patient", who.login, who.pairs)
        self.doctor = desk.doctor()
        self.set(email=ADDRESS, **settings)
        (self.first,) = self.take()
        assert isinstance(self.first, Letter)
        self.settle(self.first, "done")
        self.one("NotificationSettings/confirm", code=self.first.code)

    def one(self, method: str, **given: Any) -> Any:
        return self.desk.one(self.member.caller, method, **given)

    def set(self, **given: Any) -> Any:
        done = self.one("NotificationSettings/set", update={"settings": given})
        assert done["updated"] == {"settings": None}, done
        return done

    def seen(self) -> Any:
        return self.one("NotificationSettings/get")["list"][0]

    def write(self) -> None:
        assert "id" in self.desk.send(self.doctor, letter(self.camille))

    def take(self, **later: float) -> list[Job]:
        self.desk.clock.move(**(later or {"seconds": 1}))
        jobs: list[Job] = self.desk.ask(Take())
        return jobs

    def settle(self, job: Job, result: Result, wait: int = 0) -> None:
        self.desk.ask(Settle(job.row, result, 0.5, wait))

    def rows(self) -> list[Notice]:
        return self.desk.store.read(lambda tx: tx.where(Notice))

    def come_back(self) -> None:
        self.member = member_again(self.desk, self.member)


def replace_house(desk: Desk, **given: Any) -> Any:
    return dataclasses.replace(desk.house, **given)


def member_again(desk: Desk, who: Any) -> Any:
    another_device(desk, who)
    return who


@pytest.fixture
def told(store: Store) -> Told:
    return Told(store)


def test_an_address_is_believed_when_its_code_comes_back(told: Told) -> None:
    assert told.first.address == ADDRESS and len(told.first.code) == 6  # type: ignore[union-attr]  # noqa: PT018
    assert (told.seen()["email"], told.seen()["emailState"]) == (ADDRESS, "confirmed")
    assert told.one("NotificationSettings/changes", sinceState="0")["created"] == ["settings"]


def test_nothing_readable_is_in_the_database(told: Told) -> None:
    held = told.desk.store.read(lambda tx: [*tx.where(Setting), *tx.where(EmailCode), *tx.where(Notice)])
    assert ADDRESS.encode() not in repr(held).encode()
    assert ADDRESS not in repr(told.first) and told.first.code not in repr(told.first)  # type: ignore[union-attr]  # noqa: PT018


def test_a_wrong_code_is_counted_and_five_of_them_are_enough(told: Told) -> None:
    told.set(email="other@home.example")
    (job,) = told.take()
    assert isinstance(job, Letter)
    wrong = f"{(int(job.code) + 1) % 1_000_000:06}"
    for _ in range(5):
        with pytest.raises(Refusal, match="wrongCode"):
            told.one("NotificationSettings/confirm", code=wrong)
    with pytest.raises(Refusal, match="codeExpired"):
        told.one("NotificationSettings/confirm", code=job.code)
    assert told.seen()["emailState"] == "unconfirmed"


def test_a_code_is_good_for_half_an_hour_and_once(told: Told) -> None:
    told.set(email="other@home.example")
    (job,) = told.take()
    assert isinstance(job, Letter)
    told.desk.clock.move(minutes=31)
    with pytest.raises(Refusal, match="codeExpired"):
        told.one("NotificationSettings/confirm", code=job.code)
    with pytest.raises(Refusal, match="invalidArguments"):
        told.one("NotificationSettings/confirm", code="１２３４５６")


def test_a_letter_is_told_once_until_the_person_was_back(told: Told) -> None:
    told.write()
    told.write()
    assert told.take() == []  # whoever is reading needs no mail
    (job,) = told.take(minutes=3)
    assert isinstance(job, Letter)
    assert (job.address, job.code, job.language) == (ADDRESS, "", "fr")
    assert told.take() == []  # taken is taken
    told.settle(job, "done")
    told.write()
    assert told.rows() == []
    told.come_back()
    told.desk.clock.move(minutes=1)
    told.write()
    assert len(told.take(minutes=3)) == 1


def test_whoever_was_back_before_it_went_gets_none(told: Told) -> None:
    told.write()
    told.desk.clock.move(seconds=30)
    told.come_back()
    assert told.take(minutes=3) == []
    assert told.rows() == []


def test_ones_own_letters_and_other_changes_are_no_news(told: Told) -> None:
    told.write()
    (job,) = told.take(minutes=3)
    told.settle(job, "done")
    told.come_back()
    told.desk.send(told.camille, letter(told.doctor))
    told.one("NotificationSettings/set", update={"settings": {"language": "en"}})
    assert told.rows() == []


@pytest.mark.parametrize("off", [{"emailWhen": "off"}, {"email": None}])
def test_whoever_wants_none_gets_none(told: Told, off: dict[str, Any]) -> None:
    told.write()
    told.set(**off)
    assert told.take(minutes=3) == []
    told.write()
    assert told.take(minutes=3) == []


def test_at_night_it_waits_for_the_morning(store: Store) -> None:
    told = Told(store, quiet=NIGHT)
    told.desk.clock.moment = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)  # half past eleven in Paris
    told.write()
    (row,) = told.rows()
    assert row.expires == int(datetime(2026, 3, 2, 6, 0, tzinfo=UTC).timestamp() * 1_000_000)


def test_daily_is_at_eight(store: Store) -> None:
    told = Told(store, emailWhen="daily")
    told.write()
    (row,) = told.rows()
    assert row.expires == int(datetime(2026, 3, 2, 7, 0, tzinfo=UTC).timestamp() * 1_000_000)


def test_a_failure_that_may_pass_is_tried_again_later_and_later(told: Told) -> None:
    told.write()
    gaps = []
    told.desk.clock.move(minutes=3)
    for _ in range(4):
        (job,) = told.take()
        told.settle(job, "again")
        gaps.append((told.rows()[0].expires - _now(told)) // 1_000_000)
        told.desk.clock.move(seconds=gaps[-1] + 1)
    assert gaps == [300, 600, 1200, 2400]
    told.desk.clock.move(days=2)
    (job,) = told.take()
    told.settle(job, "again")
    assert told.rows() == []


def test_an_attempt_whose_end_nobody_knows_is_not_made_twice(told: Told) -> None:
    told.write()
    (job,) = told.take(minutes=3)
    assert told.take(minutes=6) == []  # the process died: the lease is over
    assert told.rows() == []
    told.settle(job, "done")  # it lives after all
    told.write()
    assert len(told.take(minutes=3)) == 1


def test_an_address_that_is_refused_is_confirmed_no_more(told: Told) -> None:
    told.write()
    (job,) = told.take(minutes=3)
    told.settle(job, "gone")
    assert (told.seen()["emailState"], told.rows()) == ("unconfirmed", [])
    told.write()
    assert told.rows() == []


def test_a_trial_goes_at_once_and_not_often(told: Told) -> None:
    assert told.one("NotificationSettings/test", by="email")["sent"] is True
    assert len(told.take()) == 1
    assert told.one("NotificationSettings/test", by="push")["sent"] is False
    told.one("NotificationSettings/test", by="push")
    told.one("NotificationSettings/test", by="push")
    with pytest.raises(Refusal, match="rateLimit"):
        told.one("NotificationSettings/test", by="email")


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"email": "nobody"}, "email"), ({"email": "a@b"}, "email"), ({"email": "a b@c.example"}, "email"),
        ({"email": "<a@c.example>"}, "email"), ({"email": "a@c.example\r\nBcc: x@y.example"}, "email"),
        ({"email": "a,b@c.example"}, "email"), ({"email": "é@c.example"}, "email"),
        ({"email": "a@b@c.example"}, "email"),
        ({"quiet": {**NIGHT, "zone": "Europe/Nowhere"}}, "quiet"),
        ({"quiet": {**NIGHT, "zone": "../etc/passwd"}}, "quiet"),
        ({"quiet": {**NIGHT, "from": "24:00"}}, "quiet"), ({"emailWhen": "always"}, "emailWhen"),
        ({"language": "de"}, "language"), ({"push": "yes"}, "push"), ({"subject": "x"}, "subject"),
    ],
)  # fmt: skip
def test_what_is_no_setting_is_refused_and_changes_nothing(store: Store, given: dict[str, Any], named: str) -> None:
    told = Told(store)
    before = told.one("NotificationSettings/get")
    done = told.one("NotificationSettings/set", update={"settings": given})
    assert done["notUpdated"]["settings"]["properties"] in ([named], [])
    assert told.one("NotificationSettings/get") == before


def test_a_relay_that_sends_no_mail_says_so(store: Store) -> None:
    desk = Desk(store)
    camille = desk.patient()
    done = desk.one(camille, "NotificationSettings/set", update={"settings": {"email": ADDRESS}})
    assert done["notUpdated"]["settings"]["type"] == "forbidden"


def test_who_closes_the_account_is_told_nothing_any_more_and_nothing_is_left(told: Told) -> None:
    told.write()
    turn = _write(told, lambda turn: closing.close(turn, told.camille.account))
    assert turn is not None
    assert told.desk.store.read(lambda tx: [*tx.where(Setting), *tx.where(Notice), *tx.where(EmailCode)]) == []


def test_erasure_takes_it_all(told: Told) -> None:
    told.write()
    _write(told, lambda turn: erasure.erase(turn, told.camille.account))
    assert told.desk.store.read(lambda tx: [*tx.where(Setting), *tx.where(Notice), *tx.where(EmailCode)]) == []


def test_a_restored_relay_tells_nothing_again(told: Told) -> None:
    told.write()
    while _write(told, restoring.end_sessions):
        pass
    assert told.take(minutes=3) == []


@pytest.mark.parametrize(
    ("now", "quiet", "expected"),
    [
        ("2026-03-01T12:00", ("22:00", "07:00"), "2026-03-01T12:00"),
        ("2026-03-01T21:00", ("22:00", "07:00"), "2026-03-02T06:00"),
        ("2026-03-02T05:59", ("22:00", "07:00"), "2026-03-02T06:00"),
        ("2026-03-02T06:00", ("22:00", "07:00"), "2026-03-02T06:00"),
        ("2026-03-01T12:30", ("13:00", "14:00"), "2026-03-01T13:00"),
        ("2026-03-01T12:30", ("13:00", "13:00"), "2026-03-01T12:30"),
        # The night in which the clocks go forward, and the one in which they go back.
        ("2026-03-28T23:00", ("22:00", "07:00"), "2026-03-29T05:00"),
        ("2026-10-24T22:00", ("22:00", "07:00"), "2026-10-25T06:00"),
    ],
)  # fmt: skip
def test_quiet_hours_are_by_the_clock_on_the_wall(now: str, quiet: tuple[str, str], expected: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found = after_quiet(at, Quiet(from_=quiet[0], to=quiet[1], zone="Europe/Paris"))
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_the_morning_is_there_where_the_person_is() -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert next_morning(now, None) == datetime(2026, 3, 2, 7, tzinfo=UTC)
    there = Quiet(from_="22:00", to="07:00", zone="Indian/Reunion")
    assert next_morning(now, there) == datetime(2026, 3, 2, 4, tzinfo=UTC)
    assert not any(map(is_zone, ("", "Europe", "/etc/localtime", "../x", "Europe/Paris\0")))


def _write(told: Told, rule: Any) -> Any:
    return told.desk.store.write(lambda tx: rule(Turn(tx, told.desk.house, Caller(), told.desk.clock.now())))


def _now(told: Told) -> int:
    return int(told.desk.clock.now().timestamp() * 1_000_000)
