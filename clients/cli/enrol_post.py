"""Hands mails to a submission server (RFC 6409), one connection a part. Who cannot be reached by mail gets paper."""

import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from clients.cli import exits, secretfile
from clients.cli.failing import Stop

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_SECONDS: Final = 60


@dataclass(frozen=True)
class Submission:
    """A server: `smtps://` (TLS at once) or `smtp://` (STARTTLS; without it on this machine alone)."""

    host: str
    port: int
    implicit_tls: bool
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def of(cls, url: str, password_file: Path | None) -> "Submission":
        """Raises Stop for what is no such address, and for a name without a password."""
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = -1
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.password or port == -1 or parts.path:
            raise Stop("--smtp is not right.", "It looks like smtps://name@mail.example:465.", exits.USAGE)
        if parts.username and password_file is None:
            raise Stop("--smtp has a name without a password.", "Give --smtp-password-file FILE (0600).", exits.USAGE)
        implicit = parts.scheme == "smtps"
        password = secretfile.read(password_file) if password_file is not None else ""
        return cls(
            parts.hostname, port or (465 if implicit else 587), implicit, unquote(parts.username or ""), password
        )

    @property
    def start_tls(self) -> bool | None:
        """True: refuse to go on without; None: take it where it is offered."""
        return False if self.implicit_tls else None if self.host in _LOOPBACK else True


async def hand_over(
    server: Submission, mails: Iterable[tuple[str, str, bytes]], sender: str, taken: Callable[[str], None]
) -> set[str]:
    """Each of (account, recipient, message); `taken` is called as soon as the server has answered for one.

    The accounts whose recipient it refused for good (5yz). Raises Stop for everything else: the same is tried again by
    the next run, with the same bytes.
    """
    import aiosmtplib  # noqa: PLC0415 - not needed by `--help`

    refused: set[str] = set()
    client = aiosmtplib.SMTP(
        hostname=server.host, port=server.port, use_tls=server.implicit_tls, start_tls=server.start_tls,
        tls_context=ssl.create_default_context(), timeout=_SECONDS, username=server.user or None,
        password=server.password or None,
    )  # fmt: skip
    try:
        async with client:
            for account, recipient, message in mails:
                try:
                    await client.sendmail(sender, [recipient], message)
                except aiosmtplib.SMTPRecipientsRefused as error:
                    if not all(one.code // 100 == 5 for one in error.recipients):
                        raise
                    refused.add(account)
                else:
                    taken(account)
    except (aiosmtplib.SMTPException, OSError) as error:
        # The text of an answer may hold an address: the kind says enough.
        raise Stop(
            f"The mail server did not take a mail ({type(error).__name__}).",
            "Look at its log, then run the same command again: it goes on, and writes to nobody twice.",
            exits.PARTLY,
        ) from None
    return refused
