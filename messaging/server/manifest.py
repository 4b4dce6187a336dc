"""What a back-up says of itself, so that whoever restores it knows that it is whole, and whose it is.

A folder of back-ups has one folder for each moment (`20261130T024500123456Z/`: the database and its manifest), and
beside them what they share: `blobs/`, and the newest `tombstones`.
"""

import hashlib
import hmac
from pathlib import Path
from typing import Final

import msgspec

DATABASE: Final = "relay.db"
NAME: Final = "manifest.json"
BLOBS: Final = "blobs"
MOMENT: Final = "%Y%m%dT%H%M%S%fZ"
_LABEL: Final = b"pli backup v1\x00"
_PIECE: Final = 1 << 20


class WrongBackup(Exception):
    """It is not whole, not of this relay, or of a newer version."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sizes in bytes, hashes in hex. `missing`: blobs that a letter named at that moment and that were gone a little
    later, with the letter. `mac` is made with the secret of the access log.
    """

    made: str
    origin: str
    schema: str
    size: int
    sha256: str
    blobs: int
    blob_bytes: int
    blobs_sha256: str
    missing: list[str]
    log_size: int
    tombstones: int
    acts: int
    acts_mac: str
    format_: int = msgspec.field(default=1, name="format")
    mac: str = ""


def signed(manifest: Manifest, key: bytes) -> Manifest:
    """The same with its `mac`."""
    return msgspec.structs.replace(manifest, mac=_mac(manifest, key))


def is_signed(manifest: Manifest, key: bytes) -> bool:
    """Whether it was made with this secret."""
    return hmac.compare_digest(manifest.mac, _mac(manifest, key))


def read(folder: Path) -> Manifest:
    """The manifest in a folder of one moment. Raises WrongBackup."""
    try:
        found = msgspec.json.decode((folder / NAME).read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise WrongBackup(f"{folder} has no {NAME}: it is no back-up, or one that was broken off") from None
    except (msgspec.DecodeError, msgspec.ValidationError):
        raise WrongBackup(f"{folder / NAME} is damaged, or of a newer version") from None
    if found.format_ != 1:
        raise WrongBackup(f"{folder} is of a newer version")
    return found


def moments(target: Path) -> list[Path]:
    """The folders of whole back-ups, oldest first."""
    return sorted(path.parent for path in target.glob(f"[0-9]*Z/{NAME}"))


def chosen(source: Path) -> Path:
    """The folder of one moment, or the newest of a folder of back-ups. Raises WrongBackup."""
    if (source / NAME).exists():
        return source
    found = moments(source)
    if not found:
        raise WrongBackup(f"{source} has no back-up")
    return found[-1]


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex. Raises OSError."""
    made = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            made.update(piece)
    return made.hexdigest()


def names_digest(blobs: list[str]) -> str:
    """Of the names of blobs, sorted."""
    return hashlib.sha256("\n".join(blobs).encode()).hexdigest()


def _mac(manifest: Manifest, key: bytes) -> str:
    said = msgspec.json.encode(msgspec.structs.replace(manifest, mac=""))
    return hmac.digest(key, _LABEL + said, "sha256").hex()
