"""A summary left by a patient for a professional: opened with a reason, told of, taken back; forged ones refused."""

from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given

from clients.content.emergency import TEXT_LENGTH, NotASummary, Summary
from clients.sdk import Refusal
from crypto.encoding import b64u, canonical, utc
from crypto.envelope import seal
from messaging.wire import codec
from messaging.wire.grants import EmergencyGrant, NewEmergencyGrant
from messaging.wire.methods import Set
from tests.clients.conftest import People

NOW = datetime.now(UTC).replace(microsecond=0)
SOON = NOW + timedelta(days=30)
SUMMARY = Summary("Camille DURAND", "Allergie : pénicilline", NOW)


async def _left(people: People) -> EmergencyGrant:
    await people.letters.emergencies.leave(people.doctor.account, "Dr Claire MARTIN", SUMMARY, SOON)
    (grant,) = await people.doctor.emergencies.list()
    return grant


async def test_a_summary_is_opened_by_whom_it_was_left_for_and_the_patient_is_told(people: People) -> None:
    grant = await _left(people)
    read = await people.doctor.emergencies.open(grant, "unconscious")
    (seen,) = await people.letters.emergencies.list()
    told = [act for act in await people.patient.access_log(people.patient.account) if act.action == "emergency"]

    assert (read, grant.sealed, grant.terms) == (SUMMARY, None, "")
    assert seen.used_at is not None
    assert [act.outcome for act in told] == ["unconscious"]


async def test_what_was_taken_back_is_opened_no_more(people: People) -> None:
    grant = await _left(people)
    await people.letters.emergencies.take_back(grant.id)

    with pytest.raises(Refusal, match="notFound"):
        await people.doctor.emergencies.open(grant, "other")
    (seen,) = await people.letters.emergencies.list()
    assert (seen.revoked, seen.sealed) == (True, "")


async def test_a_summary_that_another_signed_is_nobodys(people: People) -> None:
    theirs = people.doctor.opened.content.keys
    forged = seal(SUMMARY.to_bytes(), theirs.signing, [theirs.public().sealing])
    new = NewEmergencyGrant(grantee=people.doctor.account, until=utc(SOON), sealed=b64u(forged))
    create = {"e": msgspec.Raw(codec.encode(new))}
    connection = people.letters.emergencies.connection
    await connection.confirm()
    await connection.call("EmergencyGrant/set", Set(account_id=people.patient.account, create=create))
    (grant,) = await people.doctor.emergencies.list()

    with pytest.raises(NotASummary, match="no key of the patient's"):
        await people.doctor.emergencies.open(grant, "emergencyCall")


async def test_nobody_leaves_one_with_a_patient_or_with_nobody(people: People) -> None:
    with pytest.raises(Refusal, match="invalidProperties"):
        await people.letters.emergencies.leave(people.patient.account, "moi", SUMMARY, SOON)
    with pytest.raises(Refusal, match="recipientNotFound"):
        await people.letters.emergencies.leave("a" + "2" * 26, "personne", SUMMARY, SOON)


@given(st.text(max_size=255), st.text(min_size=1, max_size=300))
def test_a_summary_comes_back_as_it_was(name: str, text: str) -> None:
    said = Summary(name, text, NOW)
    assert Summary.from_bytes(said.to_bytes()) == said


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{}", b"[]", b'{"name":"x"}',
        canonical({"name": "x", "text": "y", "v": 2, "written": "2026-01-01T00:00:00Z"}),
        canonical({"name": "x", "text": "y", "v": 1, "written": "2026-01-01"}),
        canonical({"name": 1, "text": "y", "v": 1, "written": "2026-01-01T00:00:00Z"}),
        canonical({"name": "x", "text": None, "v": 1, "written": "2026-01-01T00:00:00Z"}),
        canonical({"name": "x", "text": "y", "v": 1, "written": "2026-01-01T00:00:00Z", "more": 1}),
        canonical({"name": "x" * 256, "text": "y", "v": 1, "written": "2026-01-01T00:00:00Z"}),
        canonical({"name": "x", "text": "y" * (TEXT_LENGTH + 1), "v": 1, "written": "2026-01-01T00:00:00Z"}),
        b'{ "name":"x","text":"y","v":1,"written":"2026-01-01T00:00:00Z"}',
    ],
)  # fmt: skip
def test_what_is_no_summary_is_refused(raw: bytes) -> None:
    with pytest.raises(NotASummary):
        Summary.from_bytes(raw)


@pytest.mark.parametrize("said", [Summary("x", "", NOW), Summary("x" * 256, "y", NOW), Summary("x", "y" * 8001, NOW)])
def test_what_is_over_a_length_is_not_written(said: Summary) -> None:
    with pytest.raises(ValueError, match="characters"):
        said.to_bytes()
