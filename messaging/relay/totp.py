"""One-time codes (RFC 6238: SHA-1, 6 digits, 30 s, one step either side). Sealed at rest; a step serves once."""

import base64
import hmac
import re
from datetime import datetime
from typing import Final

from nacl.secret import Aead
from pyotp import TOTP

from messaging.relay.records import Totp
from messaging.relay.turn import Turn

STEP_SECONDS: Final = 30
_CODE: Final = re.compile("[0-9]{6}")


def matching_step(secret: bytes, code: str, now: datetime) -> int | None:
    """The time step that `code` is of, or None: wrong, or not six ASCII digits."""
    if _CODE.fullmatch(code) is None:
        return None
    current = int(now.timestamp()) // STEP_SECONDS
    otp = TOTP(base64.b32encode(secret).decode())
    fitting = [
        step for step in (current - 1, current, current + 1) if hmac.compare_digest(otp.generate_otp(step), code)
    ]
    return fitting[-1] if fitting else None


def accept(turn: Turn, account: str, code: str) -> bool:
    """Whether `code` is right and of a step that was not used; it is used now."""
    held = turn.tx.one(Totp, account)
    if held is None:
        return False
    secret = Aead(turn.house.secrets.totp).decrypt(held.sealed, account.encode())
    step = matching_step(secret, code, turn.now)
    return step is not None and turn.tx.use_step(account, step)


def keep(turn: Turn, account: str, secret: bytes, step: int) -> None:
    """Seal and keep a secret whose possession was just shown by the code of `step`."""
    sealed = bytes(Aead(turn.house.secrets.totp).encrypt(secret, account.encode()))
    turn.tx.put(Totp(account, sealed, step))
