"""xwing.json."""

from collections.abc import Iterator

from crypto import xwing
from crypto.encoding import Json
from crypto.labels import MLKEM_CIPHERTEXT
from crypto.randomness import Source
from tests.vectors import mlkem
from tests.vectors.cases.encodings import SMALL_X
from tests.vectors.material import Case, drawn

ABOUT = "X-Wing: the known answers of draft-connolly-cfrg-xwing-kem, and ours (docs/spec/envelope.md, X-Wing)"

# Seed, m and ephemeral X25519 secret of the draft's three known answers. What the draft prints for them is proved in
# tests/crypto/test_xwing.py.
DRAFT = (
    (
        "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26",
        "3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e2",
        "35b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2",
    ),
    (
        "badfd6dfaac359a5efbb7bcc4b59d538df9a04302e10c8bc1cbf1a0b3a5120ea",
        "17cda7cfad765f5623474d368ccca8af0007cd9f5e4c849f167a580b14aabdef",
        "aee7eef47cb0fca9767be1fda69419dfb927e9df07348b196691abaeb580b32d",
    ),
    (
        "ef58538b8d23f87732ea63b02b4fa0f4873360e2841928cd60dd4cee8cc0d4c9",
        "22a96188d032675c8ac850933c7aff1533b94c834adbb69c6115bad4692d8619",
        "f90b0cdf8a7b9c264029ac185b70b83f2801f2f4b3f70c593ea3aeeb613a7f1b",
    ),
)


def cases() -> Iterator[Case]:
    """Every case."""
    for number, (seed, m, ephemeral) in enumerate(DRAFT, 1):
        yield _known(f"known answer {number} of the draft", bytes.fromhex(seed), bytes.fromhex(m + ephemeral))
    for number in (1, 2):
        yield _known(f"our answer {number}", drawn(f"xwing {number}", 32), drawn(f"eseed {number}", 64))
    known, first_m, first_ephemeral = (bytes.fromhex(part) for part in DRAFT[0])
    ciphertext = _encapsulate(xwing.public_key(known), first_m + first_ephemeral)[1]
    kem = ciphertext[:MLKEM_CIPHERTEXT]
    lengths = {
        "one byte short": ciphertext[:-1],
        "one byte long": ciphertext + b"\x00",
        "nothing": b"",
        "the ML-KEM part alone": kem,
        "the X25519 part alone": ciphertext[MLKEM_CIPHERTEXT:],
        "twice": ciphertext * 2,
    }
    weak = {f"the X25519 part is {name}": kem + u.to_bytes(32, "little") for name, u in SMALL_X.items()}
    refused = [(name, raw, "envelope/4") for name, raw in lengths.items()]
    for name, raw, item in refused + [(name, raw, "envelope/5") for name, raw in weak.items()]:
        yield {"name": name, "seed": known.hex(), "ciphertext": raw.hex(), "refusal": item}


def _known(name: str, seed: bytes, randomness: bytes) -> Case:
    public = xwing.public_key(seed)
    secret, ciphertext = _encapsulate(public, randomness)
    expect: Json = {"public": public.hex(), "ciphertext": ciphertext.hex(), "secret": secret.hex()}
    return {"name": name, "seed": seed.hex(), "randomness": randomness.hex(), "expect": expect}


def _encapsulate(public: bytes, randomness: bytes) -> tuple[bytes, bytes]:
    m, ephemeral = randomness[:32], randomness[32:]
    return xwing._encapsulate(public, Source(lambda _: ephemeral, lambda kem: mlkem.encapsulate(kem, m)))
