"""The errors that leave this floor: one for each boundary.

`item` names the must-refuse item of docs/spec (such as "envelope/7") for tests and local diagnosis. It is never
sent to whoever made the bytes: that would be an error oracle.
"""


class CryptoError(Exception):
    """Bytes were refused. Never holds content, keys or addresses."""

    def __init__(self, item: str = "") -> None:
        super().__init__(item)
        self.item = item


class CannotOpen(CryptoError):
    """Something sealed, signed or wrapped does not open, whatever the reason."""


class WeakKey(CryptoError):
    """A public key that is not canonical, all zero or of small order."""


class WeakKdf(CryptoError):
    """Password parameters outside the floor and the ceiling."""


class OlderBox(CryptoError):
    """A key box older than one that this client has already seen."""


class BadCode(CryptoError):
    """A letter or recovery code with a wrong length, alphabet or check symbol."""


class BadStatement(CryptoError):
    """A key statement that does not follow what came before it."""


class BadCheckpoint(CryptoError):
    """A checkpoint of the log that is not signed, not witnessed, not fresh, or none at all."""


class BadProof(CryptoError):
    """A proof that does not show that an entry is in the log, or that the log only grew."""


class BadPolicy(CryptoError):
    """A text that does not say whom to trust for the log."""


class NotCanonical(CryptoError):
    """Text or bytes that are not in the one spelling docs/spec/encodings.md allows."""
