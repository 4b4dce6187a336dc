"""padding.json."""

from collections.abc import Iterator

from crypto.padding import pad, padded_length, padme
from tests.vectors.material import Case, repeated

ABOUT = "Padmé lengths, buckets and the 80 mark (docs/spec/envelope.md, padding)"

_LENGTHS = (
    0,
    1,
    2,
    3,
    4,
    5,
    7,
    8,
    9,
    15,
    16,
    17,
    100,
    1000,
    4095,
    9999,
    16384,
    16385,
    65537,
    1 << 20,
    (1 << 20) + 1,
    4194303,
    10**9,
)
_EDGES = (
    0,
    1,
    1022,
    1023,
    1024,
    2047,
    2048,
    4095,
    4096,
    8191,
    8192,
    16382,
    16383,
    16384,
    16385,
    17000,
    1 << 20,
    (1 << 20) + 1,
)


def cases() -> Iterator[Case]:
    """Every case."""
    for length in _LENGTHS:
        yield {"name": f"padme({length})", "op": "padme", "length": length, "expect": padme(length)}
    for length in _EDGES:
        yield {
            "name": f"{length} bytes padded",
            "op": "padded-length",
            "length": length,
            "expect": padded_length(length),
        }
    for length in (0, 1, 1023, 1024, 20000):
        filler = len(pad(b"a" * length)) - length - 1
        yield {
            "name": f"unpad {length} bytes", "op": "unpad",
            "padded": [repeated(b"a", length), "80", repeated(b"\x00", filler)], "expect": repeated(b"a", length),
        }  # fmt: skip
    yield {
        "name": "a text that ends like padding", "op": "unpad",
        "padded": ["618000", "80", repeated(b"\x00", 1020)], "expect": "618000",
    }  # fmt: skip
    refused = {
        "nothing": "",
        "no mark": repeated(b"\x00", 1024),
        "no mark after a text": ["61", repeated(b"\x00", 1023)],
        "filler that is not zero": ["6180", repeated(b"\x00", 1021), "01"],
        "another mark": ["6181", repeated(b"\x00", 1022)],
        "one byte short": ["6180", repeated(b"\x00", 1021)],
        "one byte long": ["6180", repeated(b"\x00", 1023)],
        "a larger bucket than needed": ["6180", repeated(b"\x00", 2046)],
        "a length between two Padmé lengths": [repeated(b"a", 16399), "80", repeated(b"\x00", 1)],
        "the mark alone": "80",
        "a whole bucket without a zero": repeated(b"a", 1024),
        "filler that is not zero, just before the end": ["6180", repeated(b"\x00", 1020), "0100"],
        "the largest bucket where the one before would do": [repeated(b"a", 8191), "80", repeated(b"\x00", 8192)],
    }
    for name, padded in refused.items():
        yield {"name": name, "op": "unpad", "padded": padded, "refusal": "envelope/18"}
