"""The doors over a real loopback site: who may come in, what is refused unread, what answers carry."""

import asyncio
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

from messaging.relay.rates import Allowed
from messaging.server.static import POLICY
from messaging.wire import names
from tests.messaging.desk import MovedClock, letter
from tests.messaging.doors import Heard, Visitor, head, heard
from tests.relays import relay_in_process

CLOSED = [
    ("GET", names.WELL_KNOWN),
    ("POST", names.API),
    ("POST", "/jmap/upload/" + "a" * 27),
    ("GET", "/jmap/download/" + "a" * 27 + "/b" + "0" * 64 + "/x"),
    ("GET", "/jmap/events"),
    ("POST", names.LOGOUT),
    ("POST", names.ENROL),
    ("POST", names.CONFIRM),
    ("POST", names.FACTORS),
    ("POST", names.ADOPT),
    ("POST", names.CLOSE),
    ("POST", names.PAIRING_FIND),
    ("POST", names.PAIRING_HELLO),
    ("POST", names.PAIRING_GRANT),
    ("POST", names.OAUTH_CONSENT),
]
OPEN = {names.CHALLENGE, names.LOGIN, names.TOTP, names.BOX, names.ACTIVATE, names.REFRESH}
OPEN |= {names.LOG_CHECKPOINT, names.LOG_POLICY}
OPEN |= {names.OPENAPI, names.ASYNCAPI, names.SCHEMAS, names.CATALOG}
OPEN |= {names.OPPOSE, names.RECOVER, names.PAIRING_BEGIN, names.PAIRING_POLL, names.PAIRING_END, names.PAIRING_CLAIM}
OPEN |= {names.CATALOGUE, names.OAUTH_METADATA, names.OAUTH_AUTHORIZE, names.OAUTH_TOKEN, names.OAUTH_REVOKE}
LOCAL = {"/health/live", "/health/ready", "/metrics"}


@pytest.mark.parametrize("token", ["", "x", "A" * 43])
@pytest.mark.parametrize(("method", "path"), CLOSED)
async def test_without_a_good_token_every_closed_door_says_the_same(
    visitor: Visitor, method: str, path: str, token: str
) -> None:
    answer = await visitor.ask(method, path, None, token)
    assert (answer.status, answer.json["type"]) == (401, "https://pli.example/problems/unauthorized")


def test_every_door_has_its_row_in_the_access_table(relay: Any) -> None:
    routes = relay._front.routes
    closed = {path for _, path in CLOSED if path in routes.exact}
    assert routes.exact.keys() == closed | OPEN | LOCAL
    assert all(routes.exact[path].bearer for path in closed)
    assert all(routes.exact[path].loopback for path in LOCAL)


async def test_a_token_ends_with_its_quarter_of_an_hour(tmp_path: Path) -> None:
    clock = MovedClock()
    async with relay_in_process(tmp_path, clock) as relay, Visitor.at(relay) as visitor:
        token = await visitor.log_in("bridge")
        assert (await visitor.ask("GET", names.WELL_KNOWN, None, token)).status == 200
        clock.move(minutes=16)
        assert (await visitor.ask("GET", names.WELL_KNOWN, None, token)).status == 401


async def test_a_logged_out_device_is_out_at_once(visitor: Visitor) -> None:
    token = await visitor.log_in("bridge")
    assert (await visitor.ask("POST", names.LOGOUT, None, token)).status == 204
    assert (await visitor.ask("GET", names.WELL_KNOWN, None, token)).status == 401


async def test_a_letter_goes_in_and_the_session_says_where(visitor: Visitor) -> None:
    token, doctor, patient = await visitor.doctor_and_patient()
    session = (await visitor.ask("GET", names.WELL_KNOWN, None, token)).json
    assert doctor.account in session["accounts"]
    sent = await visitor.call(token, "SealedMessage/set", accountId=doctor.account, create={"l": letter(patient)})
    assert sent.json["methodResponses"][0][1]["created"]["l"]["id"].startswith("m")


async def test_a_blob_comes_back_whole_and_in_ranges(visitor: Visitor) -> None:
    token, doctor, _ = await visitor.doctor_and_patient()
    data = bytes(range(256)) * 4096
    up = await visitor.ask("POST", f"/jmap/upload/{doctor.account}", data, token)
    assert (up.status, up.json["blobId"]) == (201, "b" + hashlib.sha256(data).hexdigest())
    path = f"/jmap/download/{doctor.account}/{up.json['blobId']}/x?type=application/pdf"
    whole = await visitor.ask("GET", path, None, token)
    assert (whole.status, whole.body, whole.headers["content-type"]) == (200, data, "application/pdf")
    assert "immutable" in whole.headers["cache-control"]
    part = await visitor.ask("GET", path, None, token, Range="bytes=100-199")
    assert (part.status, part.body) == (206, data[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(data)}"
    tail = await visitor.ask("GET", path, None, token, Range="bytes=-10")
    assert tail.body == data[-10:]
    assert (await visitor.ask("GET", path, None, token, Range=f"bytes={len(data)}-")).status == 416


async def test_a_blob_of_another_account_looks_as_if_it_did_not_exist(visitor: Visitor) -> None:
    token, doctor, _ = await visitor.doctor_and_patient()
    blob = (await visitor.ask("POST", f"/jmap/upload/{doctor.account}", b"x", token)).json["blobId"]
    stranger = await visitor.log_in("station")
    account = (await visitor.ask("GET", names.WELL_KNOWN, None, stranger)).json["username"]
    paths = [f"/jmap/download/{doctor.account}/{blob}/x", f"/jmap/download/{account}/{blob}/x",
             f"/jmap/download/{'a' * 27}/{blob}/x", f"/jmap/download/{account}/b{'0' * 64}/x"]  # fmt: skip
    answers = [await visitor.ask("GET", path, None, stranger) for path in paths]
    assert {(answer.status, answer.body) for answer in answers} == {(404, answers[0].body)}


async def test_nobody_uploads_for_another_account(visitor: Visitor) -> None:
    _, doctor, _ = await visitor.doctor_and_patient()
    answer = await visitor.ask("POST", f"/jmap/upload/{doctor.account}", b"x", await visitor.log_in("station"))
    assert answer.status == 404


@pytest.mark.parametrize("media_type", ["text/html", "image/svg+xml", "text/javascript", "x", "a/b\r\nX: y"])
async def test_a_download_is_never_what_a_browser_would_run(visitor: Visitor, media_type: str) -> None:
    from urllib.parse import quote

    token, doctor, _ = await visitor.doctor_and_patient()
    blob = (await visitor.ask("POST", f"/jmap/upload/{doctor.account}", b"x", token)).json["blobId"]
    path = f"/jmap/download/{doctor.account}/{blob}/x?type={quote(media_type)}"
    answer = await visitor.ask("GET", path, None, token)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == "attachment"


@pytest.mark.parametrize(
    ("target", "status"),
    [("POST /nowhere", 404), ("POST /jmap/api", 401), ("GET /nowhere", 404), ("PUT /jmap/api", 405),
     ("POST /auth/login", 413), ("POST /jmap/upload/" + "a" * 27, 401)],
)  # fmt: skip
async def test_300_claimed_megabytes_are_refused_before_a_byte_is_read(
    visitor: Visitor, target: str, status: int
) -> None:
    answer = await visitor.say(
        f"{target} HTTP/1.1\r\nHost: x\r\nContent-Length: 300000000\r\nContent-Type: application/json\r\n\r\n".encode()
    )
    assert answer.status == status


async def test_a_body_that_claims_nothing_is_counted(visitor: Visitor) -> None:
    start = (
        b"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    answer = await visitor.say(start + b"8000\r\n" + b" " * 0x8000 + b"\r\n")
    assert answer.status == 413


async def test_deep_json_is_refused_and_the_relay_goes_on(visitor: Visitor) -> None:
    token = await visitor.log_in("bridge")
    deep = b'{"using":["urn:ietf:params:jmap:core"],"methodCalls":[["Core/echo",' + b"[" * 500_000 + b"]" * 500_000
    answer = await visitor.ask("POST", names.API, deep + b',"c"]]}', token)
    assert answer.status == 400
    assert (await visitor.ask("GET", names.WELL_KNOWN, None, token)).status == 200


async def test_a_form_is_not_json(visitor: Visitor) -> None:
    raw = b"POST /auth/challenge HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}"
    assert (await visitor.say(raw)).status == 400


async def test_too_many_attempts_say_when_to_come_back(tmp_path: Path) -> None:
    async with relay_in_process(tmp_path, allowed=Allowed(login_network_per_minute=1)) as relay:
        visitor = Visitor(relay)
        said = {"login": "x", "method": "key", "challenge": "A" * 43, "signature": "A" * 86,
                "time": "2026-01-01T00:00:00Z"}  # fmt: skip
        assert (await visitor.ask("POST", names.LOGIN, said)).status == 401
        answer = await visitor.ask("POST", names.LOGIN, said)
        assert answer.status == 429
        assert int(answer.headers["retry-after"]) > 0


async def test_a_refresh_from_another_origin_is_refused(visitor: Visitor) -> None:
    answer = await visitor.ask("POST", names.REFRESH, {}, Origin="https://evil.example", Cookie="__Host-pli=x")
    assert answer.status == 403
    assert (await visitor.ask("POST", names.REFRESH, {}, Origin=visitor.origin)).status == 401


async def test_every_answer_carries_the_security_headers(visitor: Visitor) -> None:
    for method, path in (("GET", "/health/live"), ("POST", "/nowhere"), ("POST", names.API)):
        headers = (await visitor.ask(method, path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-embedder-policy"] == "require-corp"
        assert headers["content-security-policy"].startswith("default-src 'none'")


async def test_the_web_client_is_served_under_its_policy(tmp_path: Path) -> None:
    web = tmp_path / "web"
    (web / "assets").mkdir(parents=True)
    (web / "index.html").write_text("<!doctype html>")
    (web / "assets" / "main-abc.js").write_text("x")
    (web / "assets" / "main-abc.js.gz").write_bytes(b"compressed")
    (tmp_path / "secret.txt").write_text("no")
    async with relay_in_process(tmp_path, web=web) as relay:
        visitor = Visitor(relay)
        page = await visitor.ask("GET", "/messages/42")
        assert (page.status, page.headers["cache-control"]) == (200, "no-store")
        assert page.headers["content-security-policy"] == POLICY
        script = await visitor.ask("GET", "/assets/main-abc.js", Accept_Encoding="gzip")
        assert script.body == b"compressed"
        assert script.headers["content-type"].startswith("text/javascript")
        assert "immutable" in script.headers["cache-control"]
        for path in ("/assets/none.js", "/../secret.txt", "/%2e%2e/secret.txt", "/.git/config", "/jmap/x", "/x.js"):
            assert (await visitor.ask("GET", path)).status == 404


async def test_what_the_manifest_of_a_build_does_not_name_is_not_served(tmp_path: Path) -> None:
    web = tmp_path / "web"
    (web / "assets").mkdir(parents=True)
    for path in ("index.html", "assets/main-abc.js", "assets/older.js", "notes.txt", "old.html"):
        (web / path).write_text(path)
    (web / "SHA256SUMS").write_text("".join(f"{64 * 'a'}  {path}\n" for path in ("index.html", "assets/main-abc.js")))
    async with relay_in_process(tmp_path, web=web) as relay:
        visitor = Visitor(relay)
        for path in ("/", "/messages", "/index.html", "/assets/main-abc.js", "/SHA256SUMS"):
            assert (await visitor.ask("GET", path)).status == 200, path
        for path in ("/assets/older.js", "/notes.txt", "/old.html", "/assets/main-abc.js.gz"):
            assert (await visitor.ask("GET", path)).status == 404, path
        (web / "SHA256SUMS").write_text(f"{64 * 'a'}  notes.txt\n")
        assert (await visitor.ask("GET", "/notes.txt")).status == 200, "the manifest of a newer build counts at once"
        assert (await visitor.ask("GET", "/assets/main-abc.js")).status == 404


async def test_metrics_count_without_naming_anyone(visitor: Visitor) -> None:
    _, doctor, _ = await visitor.doctor_and_patient()
    text = (await visitor.ask("GET", "/metrics")).body.decode()
    assert re.search(r'pli_requests_total\{door="enrol",status="200"\} 2\.0', text)
    assert doctor.account not in text


async def test_many_requests_on_one_connection_are_answered_in_order(visitor: Visitor) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", visitor.relay.port)
    one = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
    writer.write(one * 3 + b"GET /none HTTP/1.1\r\nHost: x\r\n\r\n")
    assert [(await heard(reader)).status for _ in range(4)] == [200, 200, 200, 404]
    writer.close()


class Listener:
    """An open event stream."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer

    async def event(self) -> str:
        """The next event as it is written; empty when the stream ended."""
        while True:
            async with asyncio.timeout(6):
                size = (await self._reader.readline()).strip()
            if not size or size == b"0":
                return ""
            piece = await self._reader.readexactly(int(size, 16) + 2)
            if not piece.startswith(b":"):
                return piece.decode()

    async def end(self) -> bytes:
        """What is behind the last piece."""
        return await self._reader.readline()

    async def answer(self) -> Heard:
        """The answer behind the stream."""
        return await heard(self._reader)


async def listen(visitor: Visitor, token: str, query: str = "", **headers: str) -> Listener:
    reader, writer = await asyncio.open_connection("127.0.0.1", visitor.relay.port)
    sent = {"Host": "x", "Authorization": f"Bearer {token}"} | {k.replace("_", "-"): v for k, v in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    writer.write(f"GET /jmap/events?{query} HTTP/1.1\r\n{lines}\r\n".encode())
    status, _ = await head(reader)
    assert status == 200
    return Listener(reader, writer)


async def test_a_change_is_announced_without_content_or_sender(visitor: Visitor) -> None:
    token, doctor, patient = await visitor.doctor_and_patient()
    stream = await listen(visitor, token, "types=SealedMessage&closeafter=state")
    await visitor.call(token, "SealedMessage/set", accountId=doctor.account, create={"l": letter(patient)})
    event = await stream.event()
    assert "event: state" in event
    assert f'"changed":{{"{doctor.account}":{{"SealedMessage":"' in event
    assert patient.account not in event
    assert await stream.event() == ""


async def test_who_comes_back_hears_what_it_missed(visitor: Visitor) -> None:
    token, doctor, patient = await visitor.doctor_and_patient()
    await visitor.call(token, "SealedMessage/set", accountId=doctor.account, create={"l": letter(patient)})
    stream = await listen(visitor, token, Last_Event_ID="0")
    event = await stream.event()
    assert '"SealedMessage":"' in event
    assert re.search(r"^id: [1-9]", event, re.MULTILINE)
    stream.writer.close()


async def test_a_stream_is_cut_when_its_device_logs_out(visitor: Visitor) -> None:
    token = await visitor.log_in("bridge")
    stream = await listen(visitor, token)
    await visitor.ask("POST", names.LOGOUT, None, token)
    assert await stream.event() == ""


async def test_an_idle_stream_pings(visitor: Visitor) -> None:
    stream = await listen(visitor, await visitor.log_in("bridge"), "ping=1")
    assert "event: ping" in await stream.event()
    stream.writer.close()


async def test_a_reader_who_left_is_forgotten(visitor: Visitor) -> None:
    stream = await listen(visitor, await visitor.log_in("bridge"))
    assert len(visitor.relay.service.wake) == 1
    stream.writer.close()
    async with asyncio.timeout(5):
        while len(visitor.relay.service.wake):  # noqa: ASYNC110 - the site has no event for this
            await asyncio.sleep(0)


async def _streams(visitor: Visitor) -> str:
    return str((await visitor.ask("GET", "/metrics")).body).partition("\\npli_streams ")[2].partition("\\n")[0]


async def test_readers_who_left_before_they_heard_anything_are_forgotten(visitor: Visitor) -> None:
    token = await visitor.log_in("bridge")
    for _ in range(8):
        _, writer = await asyncio.open_connection("127.0.0.1", visitor.relay.port)
        writer.write(f"GET /jmap/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        await writer.drain()
        writer.transport.abort()
    stream = await listen(visitor, token)  # after them: each has been taken in, or has been lost
    wake = visitor.relay.service.wake
    async with asyncio.timeout(5):
        while len(wake) > 1:  # noqa: ASYNC110 - the site has no event for this
            await asyncio.sleep(0)
    assert await _streams(visitor) == "1.0"
    stream.writer.close()


async def test_what_was_asked_behind_a_stream_is_answered_once_it_ended(visitor: Visitor) -> None:
    token, doctor, patient = await visitor.doctor_and_patient()
    stream = await listen(visitor, token, "closeafter=state")
    stream.writer.write(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
    await visitor.call(token, "SealedMessage/set", accountId=doctor.account, create={"l": letter(patient)})
    assert "event: state" in await stream.event()
    assert await stream.event() == ""
    assert await stream.end() == b"\r\n"
    assert (await stream.answer()).status == 200
    stream.writer.close()
    assert await _streams(visitor) == "0.0"


async def test_a_stream_that_ends_with_its_first_word_ends_like_any_other(
    visitor: Visitor, capsys: pytest.CaptureFixture[str]
) -> None:
    token, doctor, patient = await visitor.doctor_and_patient()
    await visitor.call(token, "SealedMessage/set", accountId=doctor.account, create={"l": letter(patient)})
    stream = await listen(visitor, token, "closeafter=state", Last_Event_ID="0")
    assert "event: state" in await stream.event()
    assert await stream.event() == ""
    stream.writer.close()
    assert await _streams(visitor) == "0.0"
    assert "failed" not in capsys.readouterr().out
