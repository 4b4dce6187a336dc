"""What the gateway asks of the client library, seen from here: clients.sdk's Client and Mailbox are these, and so
are the fakes of the tests."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Literal, Protocol

from clients.sdk import Draft, Enclosed, News, Prepared, Submitted
from crypto.attachment import Attachment
from messaging.wire.types import Contact, Resolved


class RelayClient(Protocol):
    """The session of the gateway."""

    async def resolve(self, account: str, addresses: Sequence[str]) -> Mapping[str, Resolved]:
        """The accounts of addresses that have one, proven to be theirs. Raises Refusal, Distrusted."""
        ...

    async def contact(self, account: str, peer: str) -> Contact | None:
        """What `account` has with the patient `peer`; None: they never wrote. Raises Refusal."""
        ...

    async def close_contact(self, account: str, peer: str) -> None:
        """The patient `peer` may no longer answer. Raises Refusal."""
        ...

    def watch(self) -> AsyncIterator[Mapping[str, Mapping[str, str]]]:
        """What changed; an empty mapping says: look at everything."""
        ...


class RelayMailbox(Protocol):
    """One mailbox of the clinical domain, with its keys open."""

    @property
    def account(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def address(self) -> str: ...

    async def attach(self, name: str, type: str, data: bytes) -> Attachment:  # noqa: A002 - the SDK's name
        """Seals and uploads. Raises Refusal, Distrusted."""
        ...

    async def check(self, to: Sequence[str]) -> None:
        """Letters may be sealed to these accounts now. Raises Refusal, Distrusted."""
        ...

    def enclose(self, name: str, type: str, data: bytes) -> Enclosed:  # noqa: A002 - the SDK's name
        """Seals a small file, which goes with its letter. Raises Distrusted."""
        ...

    async def prepare(self, draft: Draft, to: Sequence[str], enclosed: Sequence[Enclosed] = ()) -> Prepared:
        """Seals; touches nothing at the relay. Raises Refusal, Distrusted."""
        ...

    async def submit(self, prepared: Prepared) -> Submitted:
        """Durable at the relay when it returns, once however often it is called. Raises Refusal."""
        ...

    async def news(self, since: str | None, box: Literal["in", "out"] | None = None) -> News:
        """What came since a state, of one box or of both. Raises Refusal, Distrusted (the whole key log)."""
        ...

    async def state(self) -> str:
        """Where news go on that leave out all that is there now. Raises Refusal."""
        ...

    async def download(self, attachment: Attachment) -> bytes:
        """The file, checked. Raises Refusal, CannotOpen."""
        ...
