"""The copying process: `python -m bridges.mail.copies.process`. Documents in, PDF/A-1 out, confined as the parser is.

What it loads, it loads before it is confined: typst keeps one thread, Pillow's readers are files of their own.
"""

import sys
from datetime import UTC, datetime

import msgspec
from PIL import Image

from bridges.mail import worker
from bridges.mail.copies import pages
from bridges.mail.copies.copyist import Copied, Left, Outcome, Wanted
from bridges.mail.copies.reasons import NotPossible

_WANTED = msgspec.msgpack.Decoder(Wanted)
_OUTCOME = msgspec.msgpack.Encoder()


def main() -> None:
    """Serves until its input ends."""
    pages.profile()
    Image.init()
    worker.confine()
    worker.serve(sys.stdin.buffer, sys.stdout.buffer, _answer, _OUTCOME.encode(Left("memory")))


def _answer(raw: bytes) -> bytes:
    return _OUTCOME.encode(_outcome(_WANTED.decode(raw)))


def _outcome(wanted: Wanted) -> Outcome:
    at = datetime.fromtimestamp(wanted.at, UTC)
    try:
        return Copied(
            pages.copy(pages.Document(wanted.data, wanted.type, wanted.format, wanted.title, wanted.above, at))
        )
    except NotPossible as reason:
        return Left(reason.reason)
    finally:
        pages.forget()


if __name__ == "__main__":
    main()
