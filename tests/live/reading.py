"""A reader as RFC 8620, 5.2 describes one: it pages through what changed since the state that it knows."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from crypto.encoding import unb64u
from tests.messaging.doors import Visitor


@dataclass
class Reader:
    """Of one mailbox. `seen` are the letters in the order in which it was told of them, as their senders wrote them."""

    visitor: Visitor
    token: str
    account: str
    page: int = 50
    state: str = "0"
    seen: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    async def catch_up(self) -> int:
        """All that is new; how much it was."""
        before = len(self.seen)
        while await self._next_page():
            pass
        return len(self.seen) - before

    async def _next_page(self) -> bool:
        changed = await self._ask("SealedMessage/changes", sinceState=self.state, maxChanges=self.page)
        created: list[str] = changed["created"]
        assert not changed["updated"]
        assert not changed["destroyed"]
        assert len(created) <= self.page
        if created:
            got = {one["id"]: one for one in (await self._ask("SealedMessage/get", ids=created))["list"]}
            self.seen += [await self._text(got[id_]) for id_ in created]
            self.ids += created
        self.state = changed["newState"]
        return bool(changed["hasMoreChanges"])

    async def _text(self, letter: dict[str, Any]) -> str:
        if letter["sealed"] is not None:
            return unb64u(letter["sealed"]).decode()
        path = f"/jmap/download/{self.account}/{letter['sealedBlobId']}/letter"
        answer = await self.visitor.ask("GET", path, None, self.token)
        assert answer.status == 200, answer
        return answer.body.decode()

    async def _ask(self, name: str, **arguments: Any) -> Any:
        while True:
            answer = await self.visitor.call(self.token, name, accountId=self.account, **arguments)
            if answer.status in (429, 503):  # it comes back when it is told to
                await asyncio.sleep(float(answer.headers["retry-after"]))
                continue
            assert answer.status == 200, answer
            (said, value, _), *_ = answer.json["methodResponses"]
            assert said == name, value
            return value


def by_sender(seen: list[str]) -> dict[str, list[int]]:
    """Of letters that say `sender number`: the numbers of each sender, in order."""
    found: dict[str, list[int]] = {}
    for text in seen:
        sender, _, number = text.partition(" ")
        found.setdefault(sender, []).append(int(number))
    return found
