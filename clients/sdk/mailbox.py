"""One account with open keys: letters out and in. Knows no mail, no files on disk, no screen."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import BinaryIO, Final, Literal

import msgspec

from clients.content.letter import Sender
from clients.sdk import files, syncing
from clients.sdk.arriving import Arriving, Complete
from clients.sdk.connection import Connection
from clients.sdk.directory import Directory
from clients.sdk.emergencies import Emergencies
from clients.sdk.memory import Memory
from clients.sdk.ownline import OwnKeys, own_line, require_published
from clients.sdk.pinning import keep_pins
from clients.sdk.setting import set_with
from clients.sdk.values import News, Prepared, Submitted
from clients.session import outgoing
from clients.session.keyring import Chain, KnownKey, check_pin
from clients.session.outgoing import Draft, Place
from crypto.attachment import Attachment
from crypto.encoding import b64u
from crypto.keybox import OpenedBox
from messaging.wire import codec, limits
from messaging.wire.errors import Refusal
from messaging.wire.methods import Set
from messaging.wire.types import NewMessage, Recipient

_ATTEMPTS: Final = 3  # keys may change again between look-up and sending; more often means that something is wrong


class Mailbox:
    """Made by Client.mailbox(). Several tasks may use it; letters of one thread are best sent one after the other."""

    def __init__(
        self,
        connection: Connection,
        directory: Directory,
        opened: OpenedBox,
        sender: Sender,
        chain: Chain,
    ) -> None:
        self._connection, self._directory, self._log = connection, directory, directory.log
        self._own, self._sender = OwnKeys(connection, directory, opened, chain), sender
        self._memory = Memory(opened.content.pins)
        self._arriving = Arriving(connection, directory, self._own, self._memory)
        self._complete = Complete()
        self._own_letters_known = False
        self.account = opened.account
        self.name, self.address = sender.name, sender.address

    @classmethod
    async def open(
        cls, connection: Connection, directory: Directory, opened: OpenedBox, *, name: str, address: str
    ) -> "Mailbox":
        """Check that the log shows this account's own keys and no others to everybody. Where it lacks the newest, since
        no published checkpoint covers them yet, the mailbox reads, and seals when they are shown.

        Raises Refusal; Distrusted; OlderBox when the log knows of keys that a later box than this one holds.
        """
        chain = await own_line(directory, opened)
        own = opened.content.keys.public()
        return cls(connection, directory, opened, Sender(opened.account, own.key_id, name, address), chain)

    @property
    def opened(self) -> OpenedBox:
        """The key box: a delegate's own opens those of others. Never prints a key."""
        return self._own.opened

    @property
    def box_version(self) -> int:
        """The key box's version: keep the highest, and give it as `minimum_version` next time."""
        return self._own.opened.version

    @property
    def emergencies(self) -> Emergencies:
        """Summaries for when nobody can ask, left by this patient or for this professional or organisation."""
        return Emergencies(self._connection, self._directory, self._own, self.account)

    async def attach(self, name: str, type: str, data: bytes | BinaryIO) -> Attachment:  # noqa: A002 - as in letters
        """Seal and upload a file, in constant memory for a stream.

        Raises Refusal, Distrusted (the whole log), ValueError (name, type, size).
        """
        self._log.require_trust()
        return await files.upload(self._connection, self.account, name, type, data)

    def enclose(self, name: str, type: str, data: bytes) -> files.Enclosed:  # noqa: A002 - as in letters
        """Seal a small file, for prepare(): it goes to the relay with its letter, in one request and one commit.

        Raises Distrusted (the whole log), ValueError (name, type, size).
        """
        self._log.require_trust()
        return files.enclose(name, type, data)

    async def prepare(self, draft: Draft, to: Sequence[str], enclosed: Sequence[files.Enclosed] = ()) -> Prepared:
        """The letter, sealed for accounts `to` and for oneself; changes nothing at the relay. `enclosed`: those of its
        files that the relay does not have: at most files.ENCLOSED_BYTES and ENCLOSED_FILES.

        Raises Refusal `recipientNotFound`, Distrusted (a key that is not believed), NotALetter (over a limit).
        """
        chains = await self._proven(to)
        keys = self._recipients(chain[-1] for chain in chains)
        place, now = await self._place(draft), datetime.now(UTC)
        letter = outgoing.write(draft, self._sender, keys, place, now, self._log.seen)
        sealed = outgoing.sealed_for(letter, keys, self._own.opened.content.keys)
        blobs = tuple(dict.fromkeys(chunk for file in letter.attachments() for chunk in file.chunks))
        chunks = tuple(chunk for each in enclosed for chunk in each.chunks)
        return Prepared(letter.message, letter, sealed.hash, sealed.sealed, blobs, sealed.to, chunks)

    async def check(self, to: Sequence[str]) -> None:
        """Letters may be sealed to these accounts now: asked before anything is uploaded. Raises as prepare()."""
        await self._proven(to)

    async def submit(self, prepared: Prepared) -> Submitted:
        """Give it to the relay; any number of times. Raises Refusal: `recipientKeyStale`, `recipientRefuses`, ...

        After `recipientKeyStale` the keys of its readers are looked up anew: prepare() it again.
        """
        new = await self._new_message(prepared)
        create = {"0": msgspec.Raw(codec.encode(new))}
        try:
            wanted = Set(account_id=self.account, create=create)
            added = await set_with(self._connection, "SealedMessage/set", wanted, prepared.chunks)
            done = Submitted(str(added.get("id", "")), prepared.client_id, existed=False)
        except Refusal as refusal:
            if refusal.name == "recipientKeyStale":
                self._directory.forget([account for account, _ in prepared.to])
            if refusal.name != "alreadyExists":
                raise
            done = Submitted(str(refusal.members.get("existingId", "")), prepared.client_id, existed=True)
        self._memory.submit(done.id)
        self._sent(prepared)
        return done

    async def send(self, draft: Draft, to: Sequence[str]) -> Submitted:
        """prepare() and submit(); sealed again when a recipient has newer keys. Raises as both."""
        prepared = await self.prepare(draft, to)
        for _ in range(_ATTEMPTS - 1):
            try:
                return await self.submit(prepared)
            except Refusal as refusal:
                if refusal.name != "recipientKeyStale":
                    raise
                prepared = await self.prepare(replace(draft, message=prepared.client_id), to)
        return await self.submit(prepared)

    async def news(self, since: str | None, box: Literal["in", "out"] | None = None) -> News:
        """What came since the state that earlier news gave; None: everything, oldest first. One page: see `more`.

        Only letters of `box`, where it is given: the others are not opened.
        Raises Refusal; `cannotCalculateChanges` means: begin again with None. Raises Distrusted when the whole log is
        not believed: then no sender is.
        """
        asked = datetime.now(UTC)
        page = await syncing.page(self._connection, self.account, since, self._memory.submitted if box == "in" else ())
        messages = [message for message in page.messages if box in (None, message.box)]
        items = await self._arriving.items(messages, self._complete.after(since))
        self._complete.reached(since, page.state, asked, more=page.more)
        return News(items, page.state, page.more)

    async def state(self) -> str:
        """Where news go on that leave out all that is there now. Raises Refusal."""
        asked = datetime.now(UTC)
        found = await syncing.state(self._connection, self.account)
        self._complete.now(found, asked)
        return found

    async def download(self, attachment: Attachment) -> bytes:
        """The whole file in memory. Raises Refusal, CannotOpen."""
        sink = io.BytesIO()
        await self.download_to(attachment, sink)
        return sink.getvalue()

    async def download_to(self, attachment: Attachment, sink: BinaryIO) -> None:
        """Write the file to `sink`. Raises Refusal, CannotOpen: then what was written is not the file."""
        await files.download(self._connection, self.account, attachment, sink)

    async def keep_pins(self) -> None:
        """Store the keys seen lately in the key box, so that they are known after a restart.

        Raises Refusal; Distrusted, OlderBox when what another client wrote into the box meanwhile is not believed.
        """
        if self._memory.new_pins:
            await keep_pins(self._connection, self._log, self._own, self._memory, self._directory.held)

    async def _proven(self, to: Sequence[str]) -> list[Chain]:
        self._log.require_trust()
        peers = sorted(set(to) - {self.account})
        self._own.ask_again()
        chains = await self._directory.chains(self.account, [*peers, self.account])
        await self._own.take()
        unknown = [peer for peer in peers if peer not in chains]
        if unknown:
            raise Refusal("recipientNotFound", members={"recipients": unknown})
        for peer in peers:
            check_pin(peer, chains[peer], self._memory.pins)
        self._log.require_trust()  # the look-up itself may have shown a fork
        require_published(self._own.opened, self._own.line)
        return [chains[peer] for peer in peers]

    async def _new_message(self, prepared: Prepared) -> NewMessage:
        inline = len(prepared.sealed) <= limits.MAX_INLINE_SEALED
        blob = None if inline else await self._connection.upload(self.account, prepared.sealed)
        return NewMessage(
            client_id=prepared.client_id,
            to=[Recipient(account=account, key_id=key_id) for account, key_id in prepared.to],
            sealed=b64u(prepared.sealed) if inline else None,
            sealed_blob_id=blob,
            blob_ids=list(prepared.blob_ids),
        )

    def _sent(self, prepared: Prepared) -> None:
        for account, _ in prepared.to:
            self._arriving.pin(account, self._directory.held(account))
        if prepared.letter is not None:
            self._memory.take(prepared.letter, prepared.letter_hash)

    def _recipients(self, peers: Iterable[KnownKey]) -> tuple[KnownKey, ...]:
        return tuple(sorted((*peers, self._own.line[-1]), key=lambda known: known.wire.account))

    async def _place(self, draft: Draft) -> Place:
        if draft.counter is not None:
            return Place(draft.counter, draft.previous)
        if draft.thread is None:
            return Place(1, None)
        if not self._own_letters_known:
            await self._read_own_letters()
        last = self._memory.last(draft.thread, self.account)
        return Place(1, None) if last is None else Place(last.counter + 1, last.previous)

    async def _read_own_letters(self) -> None:
        async for messages in syncing.own_letters(self._connection, self.account):
            for message in messages:
                await self._arriving.item(message)
        self._own_letters_known = True
