"""A parcel of the queue as an HTTPS request: a push (RFC 8030, 8291, 8292) or a signed webhook."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Final, Protocol
from urllib.parse import urlsplit

from crypto.errors import WeakKey
from crypto.webpush import VapidKey, encrypt
from messaging.relay.ports import Clock
from messaging.relay.telling import Parcel, Result
from messaging.server.outside import NotOutside, Said
from messaging.wire.signing import sign

PUSH_TTL_SECONDS: Final = 259_200  # that a push service keeps it for a browser that is away
_PER_HOST: Final = 4
_WAITING_MOST: Final = 40  # for one host; the others come again
_VAPID_HOURS: Final = 12


class Posts(Protocol):
    """Outside, or a fake of it."""

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Said:
        """Raises NotOutside, TimeoutError, and what connecting raises."""


class Poster:
    """Made once. `subject` is how a push service reaches the operator."""

    def __init__(self, outside: Posts, key: VapidKey, subject: str, clock: Clock) -> None:
        self._outside, self._key, self._subject, self._clock = outside, key, subject, clock
        self._hosts: dict[str, asyncio.Semaphore] = {}
        self._waiting: Counter[str] = Counter()
        self._signed: dict[str, tuple[str, datetime]] = {}

    async def post(self, parcel: Parcel) -> tuple[Result, int]:
        """What became of it, and how many seconds the other side asked to wait. Never raises but when cancelled."""
        host = urlsplit(parcel.target.url).netloc
        if self._waiting[host] >= _WAITING_MOST:
            return "again", 0
        self._waiting[host] += 1
        try:
            async with self._hosts.setdefault(host, asyncio.Semaphore(_PER_HOST)):
                return await self._post(parcel)
        finally:
            self._waiting[host] -= 1
            if not self._waiting[host]:
                del self._waiting[host], self._hosts[host]

    async def _post(self, parcel: Parcel) -> tuple[Result, int]:
        is_hook = parcel.row.way == "webhook"
        try:
            headers, body = self._webhook(parcel) if is_hook else self._push(parcel)
            said = await self._outside.post(parcel.target.url, headers, body)
        except (WeakKey, UnicodeError, ValueError):
            return "gone", 0
        except NotOutside:
            return "again", 0
        except Exception:  # noqa: BLE001 - a host that cannot be reached, in whatever way, is tried again
            return "again", 0
        return (_of_webhook if is_hook else _of_push)(said.status), said.wait

    def _push(self, parcel: Parcel) -> tuple[dict[str, str], bytes]:
        target = parcel.target
        headers = {
            "Content-Type": "application/json",
            "Content-Encoding": "aes128gcm",
            "TTL": str(PUSH_TTL_SECONDS),
            "Urgency": "normal",
            "Topic": parcel.row.id[:32],  # a newer one replaces what still waits (RFC 8030, 5.4)
            "Authorization": self._vapid(target.url),
        }
        if parcel.row.way == "verify":
            del headers["Topic"]
        return headers, encrypt(parcel.body, target.p256dh, target.auth)

    def _webhook(self, parcel: Parcel) -> tuple[dict[str, str], bytes]:
        id_, time = f"msg_{parcel.mark}", int(self._clock.now().timestamp())
        return {
            "Content-Type": "application/json",
            "User-Agent": "pli",
            "webhook-id": id_,
            "webhook-timestamp": str(time),
            "webhook-signature": sign(parcel.target.secret, id_, time, parcel.body),
        }, parcel.body

    def _vapid(self, url: str) -> str:
        parts, now = urlsplit(url), self._clock.now()
        audience = f"{parts.scheme}://{parts.netloc}"
        held = self._signed.get(audience)
        if held is None or held[1] - now < timedelta(hours=1) or held[1] - now > timedelta(hours=24):
            until = now + timedelta(hours=_VAPID_HOURS)
            held = (self._key.authorization(audience, self._subject, until), until)
            if len(self._signed) > 1_000:
                self._signed.clear()
            self._signed[audience] = held
        return held[0]


def _of_push(status: int) -> Result:
    # RFC 8030, 7.3 and 5: gone is gone; what this relay did wrong it would do again.
    if 200 <= status < 300:
        return "done"
    if status in (408, 425, 429) or status >= 500 or 300 <= status < 400:
        return "again"
    return "gone"


def _of_webhook(status: int) -> Result:
    # standardwebhooks.com: 410 asks for no more; anything else but 2xx is a failure that may pass.
    if 200 <= status < 300:
        return "done"
    return "gone" if status == 410 else "again"
