"""Which conversation a mail belongs to, and the Message-ID of a letter that becomes mail (docs/spec/content.md).

Laws: a Message-ID that this gateway gave names its thread, where mailbox and patient have that thread; all else is a
keyed hash.
"""

import hmac
import re
from collections.abc import Container, Sequence
from typing import Final

from bridges.mail.parsed import ParsedMail
from crypto.encoding import b64u

_ID: Final = r"[A-Za-z0-9_-]{21}[AQgw]"  # b64u of 16 bytes
_OURS = re.compile(rf"<({_ID})\.({_ID})@([A-Za-z0-9.-]+)>")
_LABEL_THREAD: Final = b"pli gateway thread v1\x00"


def message_id(letter: str, thread: str, hostname: str) -> str:
    """`<letter.thread@hostname>`: the same at each attempt."""
    return f"<{letter}.{thread}@{hostname}>"


def own_threads(mail: ParsedMail, hostname: str) -> list[str]:
    """The threads that ids of our form name, the last first: anybody can write such an id."""
    ours = (_OURS.fullmatch(found) for found in reversed(_named(mail)))
    return [found[2] for found in ours if found is not None and found[3].lower() == hostname.lower()]


def thread_of(mail: ParsedMail, professional: str, hostname: str, key: bytes, known: Container[str]) -> str:
    """The thread id, 22 characters: named by one of our own Message-IDs, else derived from the mail's first one.

    `known`: threads that this professional and this patient have; another that the mail names is a stranger's id.
    """
    named = next((thread for thread in own_threads(mail, hostname) if thread in known), None)
    if named is not None:
        return named
    first = next(iter(_named(mail)), mail.message_id or "")
    seed = _LABEL_THREAD + professional.lower().encode() + b"\x00" + first.encode()
    return b64u(hmac.digest(key, seed, "sha256")[:16])


def answered(mail: ParsedMail, hostname: str, thread: str) -> str | None:
    """The letter that the mail answers, when it was one of ours in that thread."""
    found = own_letter(mail.in_reply_to or "", hostname)
    return found[0] if found is not None and found[1] == thread else None


def answers(mail: ParsedMail) -> bool:
    """Whether it names mails before it."""
    return bool(_named(mail))


def own_letter(id_: str, hostname: str) -> tuple[str, str] | None:
    """The letter and the thread that a Message-ID of our form names."""
    ours = _OURS.fullmatch(id_)
    return (ours[1], ours[2]) if ours is not None and ours[3].lower() == hostname.lower() else None


def _named(mail: ParsedMail) -> Sequence[str]:
    direct = (mail.in_reply_to,) if mail.in_reply_to and mail.in_reply_to not in mail.references else ()
    return (*mail.references, *direct)
