"""A device's uploads at once: one more than the session allows is refused by its head (RFC 8620, 2 and 3.6.1)."""

import asyncio
from dataclasses import dataclass

import pytest

from crypto.keys import blob_id
from messaging.server.uploads import Uploads
from messaging.wire import limits, names
from messaging.wire.errors import Refusal
from tests.live.activated import activate
from tests.messaging.doors import Heard, Visitor, heard

MOST = limits.MAX_CONCURRENT_UPLOAD
SEALED = bytes(range(256))


@dataclass
class Half:
    """An upload whose second half is kept back."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def sent(cls, visitor: Visitor, account: str, token: str) -> "Half":
        reader, writer = await asyncio.open_connection("127.0.0.1", visitor.relay.port)
        head = (
            f"POST {names.UPLOAD.format(accountId=account)} HTTP/1.1\r\nHost: relay\r\n"
            f"Authorization: Bearer {token}\r\nContent-Length: {len(SEALED)}\r\n\r\n"
        )
        writer.write(head.encode() + SEALED[:100])
        await writer.drain()
        return cls(reader, writer)

    async def ends(self) -> Heard:
        """With the rest; the connection stays open, as a browser's does."""
        self.writer.write(SEALED[100:])
        async with asyncio.timeout(10):
            return await heard(self.reader)


async def _count(visitor: Visitor, wanted: int) -> None:
    async with asyncio.timeout(10):
        while len(visitor.relay._front.uploads) != wanted:  # noqa: ASYNC110 - the relay's own task changes it
            await asyncio.sleep(0.01)


async def test_one_more_upload_than_a_device_may_have_is_refused_and_the_rest_goes_on(visitor: Visitor) -> None:
    patient, bridge = await activate(visitor), await visitor.log_in("bridge")
    account, door = patient.who.account, names.UPLOAD.format(accountId=patient.who.account)
    session = (await visitor.ask("GET", names.WELL_KNOWN, None, patient.token)).json
    of_bridge = (await visitor.ask("GET", names.WELL_KNOWN, None, bridge)).json
    halves = [await Half.sent(visitor, account, patient.token) for _ in range(MOST)]
    await _count(visitor, MOST)

    more = await visitor.ask("POST", door, SEALED, patient.token)
    (others,) = of_bridge["accounts"]
    by_another = await visitor.ask("POST", names.UPLOAD.format(accountId=others), SEALED, bridge)
    echo = await visitor.call(patient.token, "Core/echo", x=1)
    assert (await halves[0].ends()).status == 201
    await _count(visitor, MOST - 1)
    assert (await visitor.ask("POST", door, SEALED, patient.token)).status == 201
    halves[1].writer.close()  # its sender has gone
    await _count(visitor, MOST - 2)
    rest = await asyncio.gather(*(half.ends() for half in halves[2:]))
    for half in halves:
        half.writer.close()
    await _count(visitor, 0)

    assert (more.status, more.json["type"], more.json["limit"]) == (
        400, "urn:ietf:params:jmap:error:limit", "maxConcurrentUpload",
    )  # fmt: skip
    assert (by_another.status, echo.status) == (201, 200)
    assert [one.json["blobId"] for one in rest] == [blob_id(SEALED)] * len(rest)
    assert session["capabilities"][names.CORE]["maxConcurrentUpload"] == MOST
    assert of_bridge["capabilities"][names.CORE]["maxConcurrentUpload"] == limits.MAX_CONCURRENT_UPLOAD_FOR_MANY


async def test_uploads_that_are_refused_count_for_nothing(visitor: Visitor) -> None:
    patient = await activate(visitor)
    # Refused by the door's rule, with the upload counted already; and by its length, before.
    for path, length in (("nobody", 10), (patient.who.account, limits.MAX_SIZE_UPLOAD + 1)):
        door = names.UPLOAD.format(accountId=path)
        for _ in range(MOST + 1):
            refused = await visitor.say(
                f"POST {door} HTTP/1.1\r\nHost: relay\r\nAuthorization: Bearer {patient.token}\r\n"
                f"Content-Length: {length}\r\n\r\n".encode()
            )
            assert refused.status in (404, 413), refused
    await _count(visitor, 0)


def test_nothing_is_remembered_of_who_uploads_no_more() -> None:
    uploads = Uploads()
    for _ in range(2):
        uploads.begin("phone", 2)
    with pytest.raises(Refusal, match="limit"):
        uploads.begin("phone", 2)
    uploads.begin("laptop", 2)
    for device in ("phone", "phone", "laptop"):
        uploads.end(device)
    assert (len(uploads), dict(uploads._under_way)) == (0, {})
