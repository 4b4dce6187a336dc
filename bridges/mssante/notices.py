"""What the gateway tells a patient about their own letter: late, given up, too large, not sent, sent back, received.
A letter in the same thread.

Laws: each notice is one letter however often it is attempted; it quotes the subject and nothing else; it opens no
contact that was closed.
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from structlog.typing import FilteringBoundLogger

from bridges.mssante import keylog
from bridges.mssante.contacts import Contacts
from bridges.mssante.journal import Conversation, Place
from bridges.mssante.ports import RelayMailbox
from bridges.mssante.submissions import Submissions, comes_back
from clients.content.letter import Letter
from clients.content.receipt import Event, Receipt
from clients.sdk import Distrusted, Draft, Prepared
from crypto.encoding import b64u
from messaging.wire.errors import Refusal

# Subject, then the words in French and in English; each line of words is a paragraph's part.
_WORDS: Final[Mapping[str, tuple[str, Sequence[str], Sequence[str]]]] = {
    "late": (
        "Votre message est en retard / Your message is delayed",
        (
            "Votre message « {subject} » n'a pas encore pu être remis à {name}.",
            "Nous continuons d'essayer ; vous n'avez rien à faire.",
        ),
        (
            "Your message “{subject}” could not yet be delivered to {name}.",
            "We keep trying; there is nothing you need to do.",
        ),
    ),
    "given-up": (
        "Votre message n'a pas été remis / Your message was not delivered",
        (
            "Votre message « {subject} » n'a pas pu être remis à {name} : sa messagerie ne l'accepte pas.",
            "Nous avons cessé d'essayer. Si c'est urgent, téléphonez au cabinet.",
        ),
        (
            "Your message “{subject}” could not be delivered to {name}: their mail service does not accept it.",
            "We have stopped trying. If it is urgent, call the practice.",
        ),
    ),
    "too-large": (
        "Votre message est trop volumineux / Your message is too large",
        (
            "Votre message « {subject} » n'a pas été remis à {name} : ses fichiers dépassent 25 Mo en tout.",
            "Envoyez-les en plusieurs messages.",
        ),
        (
            "Your message “{subject}” was not delivered to {name}: its files are over 25 MB in total.",
            "Send them in several messages.",
        ),
    ),
    "not-sent": (
        "Votre message n'a pas été transmis / Your message was not sent on",
        (
            "Votre message « {subject} » n'a pas pu être transmis à {name} : il n'a pas la forme attendue.",
            "Écrivez-le à nouveau. Si c'est urgent, téléphonez au cabinet.",
        ),
        (
            "Your message “{subject}” could not be sent on to {name}: it does not have the expected form.",
            "Please write it again. If it is urgent, call the practice.",
        ),
    ),
    "sent-back": (
        "Votre message n'a pas été remis / Your message was not delivered",
        (
            "Un message que vous avez écrit dans cette conversation n'a pas pu être remis à {name} :",
            "sa messagerie l'a renvoyé. Si c'est urgent, téléphonez au cabinet.",
        ),
        (
            "A message that you wrote in this conversation could not be delivered to {name}:",
            "their mail service sent it back. If it is urgent, call the practice.",
        ),
    ),
    "delayed": (
        "Votre message est en retard / Your message is delayed",
        ("Un message que vous avez écrit dans cette conversation n'a pas encore pu être remis à {name}.",),
        ("A message that you wrote in this conversation could not yet be delivered to {name}.",),
    ),
}
_RECEIVED: Final = "Accusé de réception / Receipt"


class TooLarge(Exception):
    """A letter whose mail would be over 25 MB."""


class Notices:
    """Notices come from the mailbox that the patient wrote to."""

    def __init__(self, submissions: Submissions, contacts: Contacts, key: bytes, log: FilteringBoundLogger) -> None:
        self._submissions, self._contacts, self._key, self._log = submissions, contacts, key, log

    async def too_large(self, mailbox: RelayMailbox, letter: Letter) -> None:
        """Tells the author of `letter`. Raises Refusal when it cannot be told now."""
        await self.tell("too-large", mailbox, letter.sender.account, letter.thread, letter.message, letter.subject)

    async def not_sent(
        self, mailbox: RelayMailbox, patient: str, thread: str | None, letter: str, subject: str
    ) -> None:  # fmt: skip
        """Tells an author that their letter will never leave; in a thread of its own where the letter's is not known.

        Raises Refusal when it cannot be told now.
        """
        named = thread or self._id("thread", letter)
        await self.tell("not-sent", mailbox, patient, named, letter, subject or "…")

    async def tell(
        self, what: str, mailbox: RelayMailbox, patient: str, thread: str, letter: str, subject: str
    ) -> None:  # fmt: skip
        """One notice about one letter. Raises Refusal when it cannot be told now."""
        title, french, english = _WORDS[what]
        named = {"subject": subject, "name": mailbox.name}
        text = "\n\n".join(" ".join(words).format(**named) for words in (french, english))
        await self._post(mailbox, patient, Draft(title, text, None, (), thread, self._id(what, letter), letter))

    async def receipt(
        self, mailbox: RelayMailbox, patient: str, thread: str, letter: str, event: Event, at: datetime
    ) -> None:  # fmt: skip
        """Tells the author of `letter` that it was delivered or read. Raises Refusal when it cannot be told now."""
        part = Receipt(letter, event, at.replace(microsecond=0))
        await self._post(mailbox, patient, Draft(_RECEIVED, "", None, (part,), thread, self._id(event, letter), letter))

    def _id(self, what: str, letter: str) -> str:
        return b64u(hmac.digest(self._key, f"notice\x00{what}\x00{letter}".encode(), "sha256")[:16])

    async def _post(self, mailbox: RelayMailbox, patient: str, draft: Draft) -> None:
        notice, thread = draft.message or "", draft.thread or ""

        async def prepare(place: Place) -> Prepared:
            return await mailbox.prepare(replace(draft, counter=place.counter, previous=place.previous), [patient])

        try:
            async with self._contacts.as_they_are(mailbox.account, patient):
                await self._submissions.post(notice, Conversation(mailbox.account, thread, patient), mailbox, prepare)
        except Refusal as refusal:
            if comes_back(refusal):
                raise
            self._log.warning("notice.refused", account=mailbox.account, reason=refusal.name)
        except ValueError:  # outside the limits of letters: it would be so at each attempt
            self._log.error("notice.refused", account=mailbox.account, reason="noLetter")
        except Distrusted as distrusted:
            keylog.tell(self._log, distrusted)
            if distrusted.of_everybody:  # it is told when the log is believed again
                raise Refusal("serverUnavailable", "the key log is not believed") from None
