"""Whether a certificate was revoked: its OCSP responder, the list that it names, the operator's own file of lists.

Laws: whoever says "revoked" is believed first; nothing counts beyond the time that it gives itself, and the last list
in force is kept over restarts; where nobody can say, the policy decides: "hard" takes no mail now, "soft" takes it and
tells. Asked only for certificates that the white list names: strangers make the gateway fetch nothing.
"""

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from structlog.typing import FilteringBoundLogger

from bridges.mssante import crl, ocsp
from bridges.mssante.crl import BadCrl, Crl
from bridges.mssante.fetch import Fetched, NotFetched
from bridges.mssante.files import write_durably
from bridges.mssante.metrics import METRICS
from bridges.mssante.whitelist_keeper import utc_now
from crypto.randomness import SYSTEM

CRL_LIMIT: Final = 64_000_000  # bytes
ANSWER_LIMIT: Final = 64_000
LONGEST: Final = timedelta(hours=1)  # an answer is asked for again after this, however long it counts
AGAIN_SECONDS: Final = 60.0  # after a failure
KEPT: Final = 2_000
OCSP_TYPE: Final = "application/ocsp-request"


class Revoked(Exception):
    """The certificate was revoked by its authority."""


class Unknown(Exception):
    """Nobody could say, and the policy is "hard"."""


class Fetching(Protocol):
    """bridges.mssante.fetch.Fetcher."""

    async def get(self, url: str, limit: int) -> Fetched: ...
    async def post(self, url: str, body: bytes, content_type: str, limit: int) -> Fetched: ...


@dataclass(frozen=True)
class Sources:
    """`folder` keeps fetched lists; `file` is the operator's, PEM or DER, taken up when it changes."""

    folder: Path
    file: Path | None
    policy: Literal["hard", "soft"]
    ocsp: bool = True
    lists: bool = True


@dataclass
class _Known:
    """What is known of one certificate, and until when (UTC)."""

    revoked: bool
    until: datetime


@dataclass
class Revocation:
    """One for the service."""

    sources: Sources
    fetcher: Fetching
    log: FilteringBoundLogger
    now: Callable[[], datetime] = utc_now
    clock: Callable[[], float] = time.monotonic
    _known: dict[bytes, _Known] = field(default_factory=dict)
    _lists: dict[str, Crl] = field(default_factory=dict)
    _failed: dict[str, float] = field(default_factory=dict)  # place -> when it may be asked again
    _asking: dict[bytes, asyncio.Lock] = field(default_factory=dict)
    _file: tuple[int, list[bytes]] = (0, [])

    async def check(self, certificate: x509.Certificate, issuer: x509.Certificate) -> None:
        """Returns when the certificate holds. Raises Revoked, Unknown."""
        if self._file_is_new():
            await asyncio.to_thread(self._take_up_file)
        name = certificate.fingerprint(hashes.SHA256())
        found = self._remembered(name)
        if found is None:
            lock = self._asking.setdefault(name, asyncio.Lock())
            try:
                async with lock:  # one question, however many connections wait for its answer
                    found = self._remembered(name) or await self._ask(name, certificate, issuer)
            finally:
                if not lock.locked():
                    self._asking.pop(name, None)
        METRICS.revocations.labels("unknown" if found is None else "revoked" if found.revoked else "good").inc()
        if found is None:
            self.log.error("revocation.unknown", policy=self.sources.policy, serial=f"{certificate.serial_number:x}")
            if self.sources.policy == "hard":
                raise Unknown
        elif found.revoked:
            raise Revoked

    def _remembered(self, name: bytes) -> _Known | None:
        found = self._known.get(name)
        return found if found is not None and found.until > self.now() else None

    async def _ask(self, name: bytes, certificate: x509.Certificate, issuer: x509.Certificate) -> _Known | None:
        of_file = await asyncio.to_thread(self._of_file, certificate, issuer)
        found = of_file if of_file is not None and of_file.revoked else await self._fetched(certificate, issuer)
        found = found or of_file
        if found is not None:
            while len(self._known) >= KEPT:
                self._known.pop(next(iter(self._known)))
            self._known[name] = _Known(found.revoked, min(found.until, self.now() + LONGEST))
        return found

    async def _fetched(self, certificate: x509.Certificate, issuer: x509.Certificate) -> _Known | None:
        if self.sources.ocsp:
            for url in ocsp.urls(certificate):
                with contextlib.suppress(NotFetched):
                    return await self._responder(url, certificate, issuer)
        if self.sources.lists:
            for url in crl.urls(certificate):
                found = await self._list(url, issuer)
                if found is not None:
                    return _Known(found.revokes(certificate), found.until)
        return None

    async def _responder(self, url: str, certificate: x509.Certificate, issuer: x509.Certificate) -> _Known:
        self._may_ask(url)
        nonce = SYSTEM.take(ocsp.NONCE)
        try:
            asked = ocsp.question(certificate, issuer, nonce)
            answer = await self.fetcher.post(url, asked, OCSP_TYPE, ANSWER_LIMIT)
            status = ocsp.read(answer.body, certificate, issuer, nonce, self.now())
        except (NotFetched, ocsp.BadAnswer) as error:
            self._did_not_work("ocsp", url, error)
            raise NotFetched("ocsp") from None
        return _Known(status.revoked, status.until)

    async def _list(self, url: str, issuer: x509.Certificate) -> Crl | None:
        held = self._lists.get(url) or await asyncio.to_thread(self._kept, url, issuer)
        now = self.now()
        # A list is asked for again in the last quarter of its time, so that one that fails leaves time for others.
        if held is not None and held.until > now and now < held.until - (held.until - held.made) / 4:
            return held
        try:
            self._may_ask(url)
            answer = await self.fetcher.get(url, CRL_LIMIT)
            found = await asyncio.to_thread(crl.read, answer.body, issuer, self.now())
            if held is not None and found.made < held.made:
                raise BadCrl("the list is older than the one in use")
        except (NotFetched, BadCrl) as error:
            self._did_not_work("crl", url, error)
            return held if held is not None and held.until > now else None
        self._lists[url] = found
        await asyncio.to_thread(write_durably, self._place(url), found.raw)
        self.log.info("revocation.list_taken", until=found.until.isoformat())
        return found

    def _kept(self, url: str, issuer: x509.Certificate) -> Crl | None:
        with contextlib.suppress(OSError, BadCrl):
            self._lists[url] = crl.read(self._place(url).read_bytes(), issuer, self.now())
            return self._lists[url]
        return None

    def _place(self, url: str) -> Path:
        self.sources.folder.mkdir(mode=0o700, exist_ok=True)
        return self.sources.folder / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.crl"

    def _of_file(self, certificate: x509.Certificate, issuer: x509.Certificate) -> _Known | None:
        for raw in self._file[1]:
            with contextlib.suppress(BadCrl):
                found = crl.read(raw, issuer, self.now())
                return _Known(found.revokes(certificate), found.until)
        return None

    def _file_is_new(self) -> bool:
        # Asked on the loop, for each mail: a thread costs fifty times what this look at a local file does.
        if self.sources.file is None:
            return False
        try:
            return self.sources.file.stat().st_mtime_ns != self._file[0]
        except OSError:
            return True

    def _take_up_file(self) -> None:
        if self.sources.file is None:
            return
        try:
            mark = self.sources.file.stat().st_mtime_ns
            if mark != self._file[0]:
                self._file = (mark, crl.split(self.sources.file.read_bytes()))
                self._known.clear()  # what was good may stand in the new file
        except OSError as error:
            if self._file[0]:
                self.log.error("revocation.file_unreadable", reason=error.strerror)
                self._file = (0, self._file[1])

    def _may_ask(self, url: str) -> None:
        if self._failed.get(url, 0.0) > self.clock():
            raise NotFetched("it failed just now")

    def _did_not_work(self, what: str, url: str, error: Exception) -> None:
        if self._failed.get(url, 0.0) <= self.clock():
            self.log.warning("revocation.not_fetched", source=what, reason=str(error))
            self._failed[url] = self.clock() + AGAIN_SECONDS
