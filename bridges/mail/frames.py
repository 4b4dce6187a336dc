"""How a service and its confined process speak: four bytes of length, big-endian, then the frame. Pure.

Law: whoever ends after an answer says so with the answer; ending takes time in which the pipes still take bytes.
"""

from typing import Final

LAST: Final = 1 << 31  # in the length of an answer: nobody reads what comes next


def head(length: int, *, last: bool = False) -> bytes:
    """What stands before a frame of that many bytes (below 2 GiB)."""
    return (length | LAST if last else length).to_bytes(4, "big")
