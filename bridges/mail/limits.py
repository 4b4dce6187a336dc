"""Every limit of ordinary mail, named once. Source: Postfix's defaults; MSSanté (25 MB in total)."""

from typing import Final

MAIL_TOTAL: Final = 25_000_000  # bytes of text and files together, decoded
MAIL_RAW: Final = 36_000_000  # bytes as they travel: base64 and headers included
HEADERS: Final = 100 * 1024  # bytes of one header block, the main one or a part's
DEPTH: Final = 100  # MIME nesting
PARTS: Final = 1000
BOUNDARY: Final = 2048  # characters
RECEIVED: Final = 100  # hops; more is a loop
RECIPIENTS: Final = 64
REFERENCES: Final = 50
NAME: Final = 255  # characters of a file name
SUBJECT: Final = 255  # characters
TEXT: Final = 1 << 20  # bytes of UTF-8: what a letter's text holds; a longer one travels as a file
MESSAGE_ID: Final = 998  # characters
ADDRESS: Final = 254
LETTER_PARTS: Final = 64
CALENDARS: Final = 16  # invitations of one mail

WORKER_CPU_SECONDS: Final = 20
WORKER_WALL_SECONDS: Final = 40.0
WORKER_MEMORY: Final = 768 * 1024 * 1024  # bytes of address space
WORKER_MAILS: Final = 2000  # then the process is replaced
