"""What the gateway tells a patient about their own letter: late, given up, too large. A letter in the same thread.

Laws: each notice is one letter however often it is attempted; it quotes the subject and nothing else.
"""

import hmac
from collections.abc import Mapping, Sequence
from typing import Final

from structlog.typing import FilteringBoundLogger

from bridges.mssante.journal import Conversation, Place
from bridges.mssante.ports import RelayMailbox
from bridges.mssante.submissions import Submissions, comes_back
from clients.content.letter import Letter
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
}


class TooLarge(Exception):
    """A letter whose mail would be over 25 MB."""


class Notices:
    """Notices come from the mailbox that the patient wrote to."""

    def __init__(self, submissions: Submissions, key: bytes, log: FilteringBoundLogger) -> None:
        self._submissions, self._key, self._log = submissions, key, log

    async def too_large(self, mailbox: RelayMailbox, letter: Letter) -> None:
        """Tells the author of `letter`. Raises Refusal when it cannot be told now."""
        await self.tell("too-large", mailbox, letter.sender.account, letter.thread, letter.message, letter.subject)

    async def tell(
        self, what: str, mailbox: RelayMailbox, patient: str, thread: str, letter: str, subject: str
    ) -> None:  # fmt: skip
        """One notice about one letter. Raises Refusal when it cannot be told now."""
        title, french, english = _WORDS[what]
        named = {"subject": subject, "name": mailbox.name}
        text = "\n\n".join(" ".join(words).format(**named) for words in (french, english))
        notice = b64u(hmac.digest(self._key, f"notice\x00{what}\x00{letter}".encode(), "sha256")[:16])

        async def prepare(place: Place) -> Prepared:
            draft = Draft(
                subject=title, text=text, thread=thread, message=notice, in_reply_to=letter, counter=place.counter,
                previous=place.previous,
            )  # fmt: skip
            return await mailbox.prepare(draft, [patient])

        try:
            await self._submissions.post(notice, Conversation(mailbox.account, thread, patient), mailbox, prepare)
        except Refusal as refusal:
            if comes_back(refusal):
                raise
            self._log.warning("notice.refused", account=mailbox.account, reason=refusal.name)
        except Distrusted as distrusted:
            self._log.error("notice.distrusted", account=distrusted.account, reason=distrusted.reason)
