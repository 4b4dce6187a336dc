"""Sealing and opening, in Python: letters, attachments against libsodium's own speed, enrolment, password cost."""

import io
import os
import resource
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from time import perf_counter

from nacl import bindings

from bench.opening import opening_milliseconds
from bench.row import Row, against, at_least, at_most, seconds
from crypto.attachment import AttachmentSealer, open_chunks
from crypto.envelope import open_sealed, seal
from crypto.keys import KeyPairs, SigningSeed
from crypto.password import PasswordKdf, stretch
from crypto.provision import provision

GROUP = "sealing"
MIB = 1 << 20


def run() -> Iterator[Row]:
    """The rows of this group, in the order of the table."""
    yield from _letters()
    yield from _large_file()  # before anything that holds a file in memory: growth is counted from the highest so far
    yield at_most(GROUP, "a browser opens 100 letters of 4 kB", opening_milliseconds(), "ms", 1000)
    yield from _attachments()
    yield from _boxes()


def _letters() -> Iterator[Row]:
    sender = KeyPairs.generate()
    readers = [KeyPairs.generate() for _ in range(3)]
    public = [reader.public().sealing for reader in readers]
    text = os.urandom(4000)
    sealed = seal(text, sender.signing, public)
    sealing = seconds(lambda: seal(text, sender.signing, public), 100)
    opening = seconds(lambda: open_sealed(sealed, [readers[0].sealing]), 100)
    # 1.1 and 1.7 ms were seen in the prototype; 1.3x of that is the goal.
    yield at_most(GROUP, "seal a 4 kB letter to 3", sealing * 1e3, "ms", 1.1 * 1.3)
    yield at_most(GROUP, "open it", opening * 1e3, "ms", 1.7 * 1.3)


def _attachments() -> Iterator[Row]:
    plain = os.urandom(64 * MIB)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ours = 64 / seconds(lambda: _seal_all(plain), 3, warm=1)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    key, nonce, piece = os.urandom(32), os.urandom(24), plain[: 4 * MIB]
    one = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt
    libsodium = 4 / seconds(lambda: one(piece, b"", nonce, key), 30)
    yield against(GROUP, "seal a 64 MiB file", ours, "MiB/s", "libsodium", libsodium, ">= 80 % of libsodium", 0.8)
    yield at_most(GROUP, "memory growth meanwhile", grown, "MiB", 32)


def _large_file() -> Iterator[Row]:
    """1 GB sealed to disk and opened again, chunk by chunk, as a client that streams does."""
    size = 1_000_000_000
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, perf_counter()
    with TemporaryFile() as plain, TemporaryFile() as kept, Path(os.devnull).open("wb") as nowhere:
        plain.truncate(size)  # a sparse file: what is read is not in memory, and not on the disk either
        sealer = AttachmentSealer(plain, size)
        lengths = [kept.write(chunk) for chunk in sealer]
        reference = sealer.reference("scan.bin", "application/octet-stream")
        kept.seek(0)
        following = iter(lengths)
        open_chunks(reference, lambda _: kept.read(next(following)), nowhere)
    took = perf_counter() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    yield Row(GROUP, "seal a 1 GB file to disk, and open it", 2 * size / MIB / took, "MiB/s")
    yield at_most(GROUP, "memory growth meanwhile, 1 GB", grown, "MiB", 32)


def _seal_all(plain: bytes) -> None:
    for _ in AttachmentSealer(io.BytesIO(plain), len(plain)):
        pass


def _boxes() -> Iterator[Row]:
    now = datetime.now(UTC)
    station = SigningSeed.generate()
    addresses = ["279036412345678@patient.pli.example"]
    made = 1 / seconds(lambda: provision(None, now, by=station, addresses=addresses), 500)
    yield at_least(GROUP, "enrolment, boxes on one core", made, "/s", 2500)
    kdf = PasswordKdf.fresh()
    once = seconds(lambda: stretch("une phrase", kdf), 5)
    yield Row(GROUP, "password stretched (64 MiB, 3 passes)", once * 1e3, "ms")
