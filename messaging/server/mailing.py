"""The mail that says that something came: one sentence, always the same. And its way to the submission server.

Law: an attempt whose end is not known is not made again (`unknown`); a mail has the same Message-ID in each attempt.
"""

import asyncio
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Final, Literal, Protocol

import aiosmtplib
from aiosmtplib.errors import SMTPException, SMTPResponseException

from messaging.relay.ports import Clock
from messaging.relay.telling import Letter, Result
from messaging.server.secrets import text_of

TLS = Literal["starttls", "implicit", "none"]
_SECONDS: Final = 30.0
_SUBJECTS: Final = {"fr": "Un pli vous attend", "en": "A letter is waiting for you"}
_NOTICES: Final = {
    "fr": "Quelque chose vous attend dans votre messagerie sécurisée. Pour le lire, ouvrez {origin}",
    "en": "Something is waiting for you in your secure mail. To read it, open {origin}",
}
_CODE_SUBJECTS: Final = {"fr": "Votre code de confirmation", "en": "Your confirmation code"}
_CODES: Final = {
    "fr": "Votre code de confirmation est {code}. Si vous n'avez rien demandé, ne faites rien.",
    "en": "Your confirmation code is {code}. If you did not ask for it, do nothing.",
}


@dataclass(frozen=True)
class Submission:
    """Where mail is handed in, and who it is from. `password` is a file of mode 0600."""

    host: str
    port: int
    sender: str
    tls: TLS = "starttls"
    user: str = ""
    password: Path | None = None
    trust: Path | None = None


class Mails(Protocol):
    """Mailer, or a fake of it."""

    async def send(self, letters: list[Letter]) -> list[Result]:
        """What became of each, in order. Never raises but when cancelled."""


class Mailer:
    """One connection for what is sent together."""

    def __init__(self, at: Submission, origin: str, clock: Clock) -> None:
        """Raises UnsafeSecrets, OSError, ssl.SSLError."""
        self._at, self._origin, self._clock = at, origin, clock
        self._tls = ssl.create_default_context(cafile=None if at.trust is None else str(at.trust))
        self._password = None if at.password is None else text_of(at.password)

    async def send(self, letters: list[Letter]) -> list[Result]:
        """See Mails."""
        results: list[Result] = []
        try:
            client = await self._connected()
        except (SMTPException, OSError, TimeoutError):
            return ["again"] * len(letters)
        try:
            for letter in letters:
                results.append(await self._send(client, letter))
                if results[-1] == "unknown" or not client.is_connected:
                    break  # what is left over was not begun
        finally:
            await _quit(client)
        missing: list[Result] = ["again"] * (len(letters) - len(results))
        return [*results, *missing]

    async def _connected(self) -> aiosmtplib.SMTP:
        at = self._at
        client = aiosmtplib.SMTP(
            hostname=at.host, port=at.port, timeout=_SECONDS, tls_context=None if at.tls == "none" else self._tls,
            use_tls=at.tls == "implicit", start_tls=at.tls == "starttls",
        )  # fmt: skip
        await client.connect()
        try:
            if self._password is not None:
                await client.login(at.user, self._password)
        except BaseException:
            client.close()  # or it would stay open until its server ends it
            raise
        return client

    async def _send(self, client: aiosmtplib.SMTP, letter: Letter) -> Result:
        message = compose(letter, self._at.sender, self._origin, self._clock.now())
        try:
            await client.mail(self._at.sender, encoding="ascii")
            await client.rcpt(letter.address, encoding="ascii")
        except SMTPResponseException as error:
            await _reset(client)
            return "gone" if 550 <= error.code < 560 else "again"
        except (SMTPException, OSError, TimeoutError):
            return "again"
        try:
            await client.data(message.as_bytes(policy=SMTP))
        except SMTPResponseException as error:
            await _reset(client)
            return "gone" if error.code >= 500 else "again"
        except (SMTPException, OSError, TimeoutError):
            return "unknown"
        return "done"


def compose(letter: Letter, sender: str, origin: str, now: datetime) -> EmailMessage:
    """No sender's name, no count, no content, and no link but to the relay itself."""
    language = "en" if letter.language == "en" else "fr"
    said, subject = _NOTICES[language].format(origin=origin), _SUBJECTS[language]
    if letter.code:
        said, subject = _CODES[language].format(code=letter.code), _CODE_SUBJECTS[language]
    message = EmailMessage()
    message["From"] = sender
    message["To"] = letter.address
    message["Subject"] = subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{letter.mark}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nothing answers it by itself
    message.set_content(said + "\n")  # which drops what is said of a content before it
    message["Content-Language"] = language
    return message


async def _reset(client: aiosmtplib.SMTP) -> None:
    try:
        await client.rset()
    except (SMTPException, OSError, TimeoutError):
        client.close()


async def _quit(client: aiosmtplib.SMTP) -> None:
    try:
        async with asyncio.timeout(2):
            await client.quit()
    except (SMTPException, OSError, TimeoutError):
        client.close()
