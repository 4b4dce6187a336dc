"""The webhooks of one account (docs/spec/protocol.md, Webhook): for organisations, apps, bridges and professionals.

What a webhook says is read by clients.sdk.webhooks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from clients.sdk.connection import Connection
from clients.sdk.setting import set_one
from messaging.wire import codec
from messaging.wire.errors import Refusal
from messaging.wire.methods import Get, Set
from messaging.wire.notices import NewWebhook, Webhook, WebhookMade


@dataclass(frozen=True)
class Added:
    """A new webhook; the relay says its secret (`whsec_...`) this once: webhooks.changed_of() takes it."""

    id: str
    secret: str = field(repr=False)


class Webhooks:
    """Made by Client.webhooks()."""

    def __init__(self, connection: Connection, account: str) -> None:
        self._connection, self._account = connection, account

    async def list(self) -> Sequence[Webhook]:
        """All of them, `failing` and `off` ones too. Raises Refusal `accountNotSupportedByMethod` (a patient)."""
        answer = await self._connection.call("Webhook/get", Get(account_id=self._account))
        found: list[Webhook] = answer.list_
        return found

    async def add(self, url: str, types: Sequence[str] | None = None) -> Added:
        """Have changes of these types of objects said to an https `url`; None: of all.

        Raises Refusal: `invalidProperties`, `overQuota` (five are there), `forbidden` (this relay pushes nothing).
        """
        new = NewWebhook(url=url, types=None if types is None else list(types))
        done = await self._set(Set(account_id=self._account, create={"h": msgspec.Raw(codec.encode(new))}))
        try:
            made = msgspec.convert(done, WebhookMade)
        except msgspec.ValidationError as error:
            raise Refusal("serverFail", "the relay did not say what it made") from error
        return Added(made.id, made.secret)

    async def turn(self, id_: str, *, on: bool) -> None:
        """Off, or on again: one that failed for five days is off by itself. Raises Refusal `notFound`."""
        update = {id_: msgspec.Raw(codec.encode({"state": "working" if on else "off"}))}
        await self._set(Set(account_id=self._account, update=update))

    async def remove(self, id_: str) -> None:
        """For good; what was still to be said to it is dropped. Raises Refusal `notFound`."""
        await self._set(Set(account_id=self._account, destroy=[id_]))

    async def _set(self, arguments: Set) -> dict[str, object]:
        return await set_one(self._connection, "Webhook/set", arguments)
