"""RFC 9404: `Blob/get` (4.2) and `Blob/upload` (4.1); RFC 8620, 6.3: `Blob/copy`."""

import base64
import hashlib
import secrets
from typing import Any

from messaging.wire.limits import MAX_BLOB_SET, MAX_OBJECTS_IN_GET
from tests.conformance.rows import own
from tests.conformance.world import World

STRANGER = "a" + "7" * 26
ABSENT = "b" + "2" * 64


def _made(world: World, *data: dict[str, Any], **more: Any) -> str:
    answer = world.good("Blob", "upload", create={"b": {"data": list(data), **more}})
    assert answer["notCreated"] is None, answer
    return str(answer["created"]["b"]["id"])


def _why(world: World, *data: dict[str, Any]) -> dict[str, Any]:
    answer = world.good("Blob", "upload", create={"b": {"data": list(data)}})
    assert answer["created"] is None
    said: dict[str, Any] = answer["notCreated"]["b"]
    return said


@own("Blob/upload", "4.1 data")
def test_sources_are_put_together_and_named_by_their_hash(world: World) -> None:
    raw = "héé".encode() + b"\xff\x00"
    answer = world.good("Blob", "upload", create={
        "b": {"data": [{"data:asText": "héé"}, {"data:asBase64": "/wA="}], "type": "image/png"},
    })  # fmt: skip
    expected = {"id": "b" + hashlib.sha256(raw).hexdigest(), "type": "image/png", "size": len(raw)}
    assert answer["created"] == {"b": expected}
    assert world.good("Blob", "get", ids=[expected["id"]])["list"][0]["data:asBase64"] == base64.b64encode(raw).decode()


@own("Blob/upload", "4.1 blobId")
def test_ranges_of_other_blobs_are_sources_and_so_are_those_of_the_same_call(world: World) -> None:
    held = _made(world, {"data:asText": "The quick brown fox"})
    create = {
        "first": {"data": [{"blobId": held, "offset": 4, "length": 5}]},
        "second": {"data": [{"data:asText": "how "}, {"blobId": "#first"}, {"blobId": held, "offset": 15}]},
    }
    made = world.good("Blob", "upload", create=create)["created"]
    (shown,) = world.good("Blob", "get", ids=[made["second"]["id"]])["list"]
    assert shown == {"id": made["second"]["id"], "data:asText": "how quick fox", "size": 13}


@own("Blob/upload", "4.1 refused")
def test_what_cannot_be_made_says_why_and_holds_up_nothing_else(world: World) -> None:
    held = _made(world, {"data:asText": "abc"})
    wrong: list[list[dict[str, Any]]] = [
        [], [{}], [{"data:asBase64": "!"}], [{"data:asText": "a", "data:asBase64": "YQ=="}],
        [{"data:asText": "a", "offset": 0}], [{"blobId": held, "offset": 2, "length": 2}],
    ]  # fmt: skip
    assert {_why(world, *sources)["type"] for sources in wrong} == {"invalidProperties"}
    assert _why(world, {"blobId": ABSENT}) | {"description": ""} == {
        "type": "blobNotFound", "description": "", "notFound": [ABSENT],
    }  # fmt: skip
    assert _why(world, {"blobId": "#later"})["type"] == "blobNotFound"
    large = base64.b64encode(bytes(MAX_BLOB_SET + 1)).decode()
    assert _why(world, {"data:asBase64": large})["type"] == "tooLarge"
    both = world.good("Blob", "upload", create={"bad": {"data": []}, "good": {"data": [{"data:asText": "x"}]}})
    assert (both["created"].keys(), both["notCreated"].keys()) == ({"good"}, {"bad"})


@own("Blob/upload", "3.6.2 accountNotFound")
def test_uploads_are_for_accounts_that_one_acts_for(world: World) -> None:
    for account in (STRANGER, world.home.doctor.account):
        assert world.error("Blob", "upload", create={}, accountId=account) == "accountNotFound"
    assert world.error("Blob", "upload", create=[]) == "invalidArguments"
    assert world.error("Blob", "upload") == "invalidArguments"
    assert world.error("Blob", "upload", create={"b": {"data": [{"subject": "x"}]}}) == "invalidArguments"


@own("Blob/get", "4.2 data")
def test_text_is_shown_as_text_and_what_is_none_as_base_64(world: World) -> None:
    text, raw = _made(world, {"data:asText": "é"}), _made(world, {"data:asBase64": "/w=="})
    shown = world.good("Blob", "get", ids=[text, raw])["list"]
    assert shown == [{"id": text, "data:asText": "é", "size": 2}, {"id": raw, "data:asBase64": "/w==", "size": 1}]
    (wrong,) = world.good("Blob", "get", ids=[raw], properties=["data:asText"])["list"]
    assert wrong == {"id": raw, "data:asText": None, "isEncodingProblem": True}


@own("Blob/get", "4.2 range")
def test_a_range_is_cut_where_the_blob_ends(world: World) -> None:
    held = _made(world, {"data:asText": "0123456789"})

    def shown(**range_: int) -> tuple[str, bool, int]:
        (one,) = world.good("Blob", "get", ids=[held], **range_)["list"]
        return one["data:asText"], one.get("isTruncated", False), one["size"]

    assert shown(offset=4, length=3) == ("456", False, 10)
    assert shown(offset=8, length=3) == ("89", True, 10)
    assert shown(offset=11) == ("", True, 10)
    assert shown(offset=10) == ("", False, 10)
    assert world.error("Blob", "get", ids=[held], offset=-1) == "invalidArguments"


@own("Blob/get", "4.2 digest")
def test_the_digest_is_of_the_range(world: World) -> None:
    held = _made(world, {"data:asText": "0123456789"})
    (one,) = world.good("Blob", "get", ids=[held], offset=4, length=3, properties=["digest:sha-256"])["list"]
    assert one == {"id": held, "digest:sha-256": base64.b64encode(hashlib.sha256(b"456").digest()).decode()}
    assert world.error("Blob", "get", ids=[held], properties=["digest:md5"]) == "invalidArguments"


@own("Blob/get", "4.2 notFound")
def test_what_is_not_there_or_somebody_elses_is_named(world: World) -> None:
    doctor, secret = world.home.doctor, secrets.token_hex(8)
    given = {"create": {"b": {"data": [{"data:asText": secret}]}}}
    theirs = world.ask(doctor, "Blob/upload", **given)[1]["created"]["b"]["id"]
    answer = world.good("Blob", "get", ids=[ABSENT, theirs, "", ABSENT])
    assert (answer["list"], answer["notFound"]) == ([], [ABSENT, theirs, ""])
    assert world.error("Blob", "get", ids=[f"x{n}" for n in range(MAX_OBJECTS_IN_GET + 1)]) == "requestTooLarge"


@own("Blob/get", "4.2 properties")
def test_the_size_alone_needs_no_bytes(world: World) -> None:
    held = _made(world, {"data:asText": "0123456789"})
    assert world.good("Blob", "get", ids=[held], properties=["size"])["list"] == [{"id": held, "size": 10}]
    assert world.good("Blob", "get", ids=[held], properties=[])["list"] == [{"id": held}]
    assert world.error("Blob", "get", ids=[held], properties=["name"]) == "invalidArguments"


@own("Blob/get", "3.6.2 accountNotFound")
def test_blobs_are_read_in_accounts_that_one_acts_for(world: World) -> None:
    for account in (STRANGER, world.home.doctor.account):
        assert world.error("Blob", "get", ids=[], accountId=account) == "accountNotFound"
    assert world.error("Blob", "get") == "invalidArguments"


@own("Blob/copy", "6.3 copy")
def test_a_carer_copies_between_the_accounts(world: World) -> None:
    home = world.home
    held = _made(world, {"data:asText": secrets.token_hex(8)})
    given = {"fromAccountId": home.patient.account, "accountId": home.carer.account, "blobIds": [held, held]}
    assert world.ask(home.carer, "Blob/copy", **given)[1]["copied"] == {held: held}
    assert world.ask(home.carer, "Blob/copy", **given)[1]["copied"] == {held: held}
    assert world.ask(home.carer, "Blob/get", ids=[held])[1]["list"][0]["id"] == held


@own("Blob/copy", "6.3 notFound")
def test_what_is_not_there_is_not_copied(world: World) -> None:
    home = world.home
    given = {"fromAccountId": home.patient.account, "accountId": home.carer.account, "blobIds": [ABSENT, "x"]}
    answer = world.ask(home.carer, "Blob/copy", **given)[1]
    assert answer["copied"] is None
    assert {id_: said["type"] for id_, said in answer["notCopied"].items()} == {ABSENT: "notFound", "x": "notFound"}


@own("Blob/copy", "6.3 one account")
def test_nothing_is_copied_within_one_account(world: World) -> None:
    given = {"fromAccountId": world.home.patient.account, "blobIds": []}
    assert world.error("Blob", "copy", **given) == "invalidArguments"
    assert world.error("Blob", "copy", **given, subject="x") == "invalidArguments"


@own("Blob/copy", "3.6.2 accountNotFound")
def test_both_accounts_must_be_ones_that_one_acts_for(world: World) -> None:
    carer = world.home.carer.account
    assert world.error("Blob", "copy", fromAccountId=carer, blobIds=[]) == "fromAccountNotFound"
    mine = world.home.patient.account
    assert world.error("Blob", "copy", fromAccountId=mine, accountId=carer, blobIds=[]) == "accountNotFound"
    assert world.error("Blob", "copy", fromAccountId=mine, accountId=STRANGER, blobIds=[]) == "accountNotFound"
