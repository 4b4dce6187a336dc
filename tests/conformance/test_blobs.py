"""RFC 8620, section 6: upload and download. A blob's id is the SHA-256 of its bytes; nobody fetches another's."""

import hashlib
from typing import Any

import pytest

from messaging.wire import limits
from tests.conformance.household import Actor
from tests.conformance.site import Heard
from tests.conformance.world import World
from tests.messaging.desk import letter

DATA = bytes(range(256)) * 5


def _upload(world: World, data: bytes, account: str = "", **headers: str) -> Heard:
    patient = world.home.patient
    return world.site.ask("POST", f"/jmap/upload/{account or patient.account}", data, patient.token, **headers)


def _download(world: World, blob: str, by: Actor | None = None, query: str = "", **headers: str) -> Heard:
    who = by or world.home.patient
    return world.site.ask("GET", f"/jmap/download/{who.account}/{blob}/letter.bin{query}", None, who.token, **headers)


@pytest.fixture
def blob(world: World) -> str:
    """The id of DATA, uploaded by the patient."""
    return str(_upload(world, DATA).json["blobId"])


def test_an_upload_says_what_it_is_called(world: World) -> None:
    heard = _upload(world, DATA, Content_Type="image/png")
    said = {"accountId": world.home.patient.account, "size": len(DATA), "type": "application/octet-stream"}
    assert heard.status == 201
    assert heard.json == said | {"blobId": "b" + hashlib.sha256(DATA).hexdigest()}


def test_the_same_bytes_are_the_same_blob(world: World, blob: str) -> None:
    assert _upload(world, DATA).json["blobId"] == blob
    assert _upload(world, DATA[1:]).json["blobId"] != blob


def test_nothing_may_be_uploaded_too(world: World) -> None:
    heard = _upload(world, b"")
    assert (heard.status, heard.json["size"]) == (201, 0)
    assert _download(world, heard.json["blobId"]).body == b""


@pytest.mark.parametrize("account", ["a" + "7" * 26, "other", "carer"])
def test_nobody_uploads_into_another_account(world: World, account: str) -> None:
    heard = _upload(world, DATA, world.home.carer.account if account == "carer" else account)
    assert (heard.status, heard.json["type"].rpartition("/")[2]) == (404, "accountNotFound")


def test_an_upload_needs_a_token_and_is_bounded(world: World) -> None:
    path = f"/jmap/upload/{world.home.patient.account}"
    assert world.site.ask("POST", path, DATA).status == 401
    claimed = str(limits.MAX_SIZE_UPLOAD + 1)
    heard = _upload(world, b"", Content_Length=claimed)
    assert (heard.status, heard.json["limit"]) == (413, limits.MAX_SIZE_UPLOAD)


def test_a_download_gives_the_bytes_for_ever(world: World, blob: str) -> None:
    heard = _download(world, blob)
    assert (heard.status, heard.body) == (200, DATA)
    assert "immutable" in heard.headers["cache-control"]
    assert heard.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("image/png", "image/png"), ("text/plain", "text/plain"), ("", "application/octet-stream"),
        ("text/html", "application/octet-stream"), ("image/svg%2Bxml", "application/octet-stream"),
        ("application/xhtml%2Bxml", "application/octet-stream"), ("a%0D%0Ab/c", "application/octet-stream"),
    ],
)  # fmt: skip
def test_the_content_type_is_the_one_asked_for_if_it_is_harmless(
    world: World, blob: str, asked: str, given: str
) -> None:
    assert _download(world, blob, query=f"?type={asked}").headers["content-type"] == given


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [("bytes=0-0", 0, 1), ("bytes=10-19", 10, 20), ("bytes=1270-", 1270, 1280), ("bytes=-10", 1270, 1280),
     ("bytes=1270-9999", 1270, 1280)],
)  # fmt: skip
def test_a_range_is_honoured(world: World, blob: str, wanted: str, start: int, end: int) -> None:
    heard = _download(world, blob, Range=wanted)
    assert (heard.status, heard.body) == (206, DATA[start:end])
    assert heard.headers["content-range"] == f"bytes {start}-{end - 1}/{len(DATA)}"


@pytest.mark.parametrize("wanted", ["bytes=1280-", "bytes=5-4", "bytes=-0", "bytes=99999999999-"])
def test_a_range_outside_is_refused(world: World, blob: str, wanted: str) -> None:
    heard = _download(world, blob, Range=wanted)
    assert (heard.status, heard.json["size"]) == (416, len(DATA))


@pytest.mark.parametrize("wanted", ["bytes=0-1,3-4", "lines=1-2", "bytes", "bytes=-", "bytes=a-b"])
def test_what_is_no_single_range_gives_all(world: World, blob: str, wanted: str) -> None:
    assert _download(world, blob, Range=wanted).body == DATA


def test_what_is_not_yours_is_answered_like_what_is_not_there(world: World, blob: str) -> None:
    def said(heard: Heard) -> Any:
        return heard.status, heard.json

    absent = said(_download(world, "b" + "0" * 64))
    assert absent[0] == 404
    assert said(_download(world, blob, by=world.home.carer)) == absent
    assert said(_download(world, blob, by=world.home.doctor)) == absent
    assert said(_download(world, "blob")) == absent


def test_whoever_gets_a_letter_may_fetch_its_blobs(world: World) -> None:
    data = b"for the doctor"
    blob = _upload(world, data).json["blobId"]
    sent = letter(world.home.doctor.person, blobIds=[blob])
    world.done(world.ask(world.home.patient, "SealedMessage/set", create={"l": sent}), "created", "l")
    assert _download(world, blob, by=world.home.doctor).body == data
    assert _download(world, blob, by=world.home.carer).status == 404


def test_a_head_says_the_same_without_the_bytes(world: World, blob: str) -> None:
    patient = world.home.patient
    heard = world.site.ask("HEAD", f"/jmap/download/{patient.account}/{blob}/x", None, patient.token)
    assert (heard.status, heard.headers["content-length"], heard.body) == (200, str(len(DATA)), b"")
