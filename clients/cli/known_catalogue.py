"""What the command line remembers of a relay's catalogue between two commands: a file beside the profiles, 0600.

Law: the authority's key that was seen first stays until a person names another; what cannot be read is no first use.
"""

import hashlib
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Final, Protocol

import msgspec
from msgspec import Meta, Struct

from clients.cli import exits, secretfile, settings
from clients.cli.failing import Stop
from crypto.encoding import b64u, unb64u
from crypto.errors import NotCanonical
from messaging.wire.catalogue import BadCatalogue, Catalogue

_MOST: Final = 16  # keys


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    keys: Annotated[list[str], Meta(min_length=1, max_length=_MOST)]
    version: Annotated[int, Meta(ge=0)]


class Known(Struct, frozen=True):
    """The keys (32 bytes each) that may sign a relay's catalogue, and the newest version that was seen."""

    keys: tuple[bytes, ...]
    version: int = 0


class Shows(Protocol):
    """What a logged-in Client is here."""

    async def authorities(self) -> list[bytes]: ...
    async def catalogue(self, authorities: Collection[bytes] | None = None) -> Catalogue: ...


async def believed(client: Shows, relay: str, authority: str | None) -> Catalogue:
    """The catalogue by the key that was seen first, or by the one (base64url) that a person names; remembered.

    Raises Stop for another authority, an older version than was seen, a key that is none; Refusal.
    """
    known = read(relay)
    keys = _named(authority) or (known.keys if known else tuple(await client.authorities()))
    try:
        catalogue = await client.catalogue(keys)
    except BadCatalogue as error:
        todo = "If the authority has announced a new key, give it with --authority. If not, tell the operator."
        raise Stop(f"The catalogue is not the authority's: {error}.", todo, exits.REFUSED) from None
    if known and catalogue.version < known.version:
        older = f"The relay shows version {catalogue.version} of the catalogue, and showed {known.version} before."
        raise Stop(older, "Give no grant by it, and tell the operator.", exits.REFUSED)
    write(relay, Known(keys, catalogue.version))
    return catalogue


def path_of(relay: str) -> Path:
    """Of one relay, whoever logs in: its name does not say which."""
    return settings.folder() / f"catalogue-{hashlib.sha256(relay.rstrip('/').encode()).hexdigest()[:32]}.json"


def read(relay: str) -> Known | None:
    """What is remembered; None before the first use. Raises Stop for a file that cannot be read."""
    path = path_of(relay)
    if not path.exists():
        return None
    try:
        found = msgspec.json.decode(secretfile.read(path), type=_File)
        return Known(tuple(unb64u(key, 32) for key in found.keys), found.version)
    except (msgspec.MsgspecError, NotCanonical, UnicodeDecodeError):
        todo = "Remove it only if you then compare the authority's key (--authority)."
        raise Stop(f"{path} cannot be read.", todo) from None


def write(relay: str, known: Known) -> None:
    """Remember it. An interrupted command leaves what was before."""
    path = path_of(relay)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    whole = path.with_suffix(".new")
    kept = _File([b64u(key) for key in known.keys[:_MOST]], known.version)
    secretfile.write(whole, msgspec.json.encode(kept), replace=True)
    whole.replace(path)


def _named(authority: str | None) -> tuple[bytes, ...]:
    try:
        return () if authority is None else (unb64u(authority, 32),)
    except NotCanonical:
        raise Stop("--authority is not a public key.", "Give its 43 characters.", exits.USAGE) from None
