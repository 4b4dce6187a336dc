"""Senders with a ledger of what was acknowledged to them: what is not acknowledged they send again as it was."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from crypto.encoding import b64u, utc
from crypto.login import sign_login
from messaging.wire import names
from tests.messaging.desk import Person, letter
from tests.messaging.doors import Heard, Visitor

GONE = (OSError, EOFError)  # what a relay that was killed looks like to whoever asks it


class NotTaken(Exception):
    """The relay answered that it cannot, now."""

    def __init__(self, answer: Heard) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass
class Sender:
    """Writes `name 0`, `name 1` and so on, each after the one before was acknowledged.

    `how`: the letter inline, with a file, or itself as a blob.
    """

    name: str
    visitor: Visitor
    token: str
    account: str
    to: Person
    how: str = "inline"
    acknowledged: list[str] = field(default_factory=list)  # ids, in order
    blobs: dict[str, bytes] = field(default_factory=dict)
    again: int = 0  # that were there already when they were sent again
    _value: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What is being sent."""
        return f"{self.name} {len(self.acknowledged)}"

    async def send(self) -> None:
        """The next letter, or once more the one that nobody acknowledged. Raises NotTaken, and GONE."""
        self._value = self._value or await self._compose()
        done = await self._ask_set(self._value)
        if done["created"]:
            self.acknowledged.append(done["created"]["l"]["id"])
        else:
            refusal = done["notCreated"]["l"]
            assert refusal["type"] == "alreadyExists", refusal
            self.acknowledged.append(refusal["existingId"])
            self.again += 1
        self._value = {}

    async def upload(self, data: bytes) -> str:
        """The id of a blob that was acknowledged."""
        answer = await self.visitor.ask("POST", f"/jmap/upload/{self.account}", data, self.token)
        if answer.status != 201:
            raise NotTaken(answer)
        blob = str(answer.json["blobId"])
        assert blob == "b" + hashlib.sha256(data).hexdigest()
        self.blobs[blob] = data
        return blob

    async def check_blobs(self) -> None:
        """All that were acknowledged are there, byte for byte."""
        for blob, data in self.blobs.items():
            answer = await self.visitor.ask("GET", f"/jmap/download/{self.account}/{blob}/file", None, self.token)
            assert (answer.status, answer.body) == (200, data)

    async def _compose(self) -> dict[str, Any]:
        raw = self.text.encode()
        if self.how == "inline":
            return letter(self.to, sealed=raw)
        if self.how == "file":
            return letter(self.to, sealed=raw, blobIds=[await self.upload(b"file of " + raw)])
        value = letter(self.to, sealedBlobId=await self.upload(raw))
        del value["sealed"]
        return value

    async def _ask_set(self, value: dict[str, Any]) -> Any:
        answer = await self.visitor.call(self.token, "SealedMessage/set", accountId=self.account, create={"l": value})
        if answer.status != 200:
            raise NotTaken(answer)
        return answer.json["methodResponses"][0][1]


@dataclass
class LogIns:
    """A bridge that logs in again and again; its ledger: what it said, and the token that it was given."""

    visitor: Visitor
    given: list[tuple[dict[str, Any], str]] = field(default_factory=list)

    async def send(self) -> None:
        """Once. Raises NotTaken, and GONE."""
        asked = await self.visitor.ask("POST", names.CHALLENGE, {"login": "bridge", "method": "key"})
        if asked.status != 200:
            raise NotTaken(asked)
        challenge, time = asked.json["challenge"], utc(self.visitor.relay.service.clock.now())
        signed = sign_login(self.visitor.seeds["bridge"], challenge, "key", self.visitor.origin, time)
        said = {"login": "bridge", "method": "key", "challenge": challenge, "time": time, "signature": b64u(signed)}
        answer = await self.visitor.ask("POST", names.LOGIN, said)
        if answer.status != 200:
            raise NotTaken(answer)
        self.given.append((said, str(answer.json["accessToken"])))

    async def check(self) -> None:
        """Whoever is logged in is so still, and no challenge can be used again. Then they are forgotten."""
        for said, token in self.given:
            assert (await self.visitor.ask("GET", names.WELL_KNOWN, None, token)).status == 200
            assert (await self.visitor.ask("POST", names.LOGIN, said)).status == 401
        self.given.clear()
