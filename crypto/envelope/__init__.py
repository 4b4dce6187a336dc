"""Sealed letters: Saltpack v2 signcryption with X-Wing recipients (docs/spec/envelope.md). Whole letters in memory."""

from crypto.envelope.opening import Opened, open_sealed
from crypto.envelope.sealing import seal

__all__ = ["Opened", "open_sealed", "seal"]
