"""A running relay as an ordinary HTTP client sees it. Whatever it answers is held against its own description."""

import contextlib
import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from crypto.encoding import b64u
from messaging.wire import names
from messaging.wire.catalogue import Catalogue, CatalogueApp, Words, sign
from messaging.wire.codec import encode
from tests.conformance.documented import Documented
from tests.messaging.desk import AUTHORITY, Person, person
from tests.relays import RunningRelay, start_relay_process

SECONDS = 20


@dataclass(frozen=True)
class Heard:
    """An HTTP answer. Header names are small letters."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


@dataclass
class Site:
    """`ask` keeps one connection. Not for several threads."""

    relay: RunningRelay
    app: Person  # stands in the relay's catalogue, and is not enrolled yet
    _connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self._connection = self.connect()

    @classmethod
    @contextlib.contextmanager
    def opened(cls, folder: Path) -> Iterator[Self]:
        """A relay of its own, as a process."""
        app = person("app", "carnet")
        file = folder / "catalogue.json"
        file.write_bytes(encode(sign(_catalogue(app), AUTHORITY)))
        key = b64u(AUTHORITY.public().raw)
        relay = start_relay_process(folder, more=f'\n[catalogue]\nfile = "{file}"\nauthority = "{key}"\n')
        try:
            yield cls(relay, app)
        finally:
            relay.stop()

    @property
    def origin(self) -> str:
        """Where it is."""
        return self.relay.origin

    @cached_property
    def documented(self) -> Documented:
        """What it says of itself."""
        return Documented(self._ask("GET", names.OPENAPI, b"", {}).json)

    def connect(self) -> http.client.HTTPConnection:
        """A connection of one's own."""
        where = urlsplit(self.origin)
        return http.client.HTTPConnection(where.hostname or "", where.port or 0, timeout=SECONDS)

    def ask(self, method: str, path: str, body: Any = None, token: str = "", **headers: str) -> Heard:
        """One request and its answer, which must be a described one. `body`: bytes as they are, else JSON."""
        raw = b"" if body is None else body if isinstance(body, bytes) else encode(body)
        sent = {} if body is None or isinstance(body, bytes) else {"Content-Type": "application/json"}
        sent |= {"Authorization": f"Bearer {token}"} if token else {}
        heard = self._ask(method, path, raw, sent | {k.replace("_", "-"): v for k, v in headers.items()})
        self.documented.check(method, path.partition("?")[0], heard.status, heard.headers, heard.body)
        return heard

    def call(
        self, token: str, *calls: tuple[str, dict[str, Any]], using: tuple[str, ...] = names.EVERYONE, **more: Any
    ) -> list[Any]:
        """Method calls in one request: [name, answer, call id] of each; call ids are c0, c1, ..."""
        made = [[name, arguments, f"c{n}"] for n, (name, arguments) in enumerate(calls)]
        heard = self.ask("POST", names.API, {"using": using, "methodCalls": made, **more}, token)
        assert heard.status == 200, heard.body
        answered: list[Any] = heard.json["methodResponses"]
        return answered

    def _ask(self, method: str, path: str, raw: bytes, headers: dict[str, str]) -> Heard:
        try:
            return self._once(method, path, raw, headers)
        except (http.client.HTTPException, ConnectionError):
            # The relay closes a connection after a body that it did not read: another one, and the same again.
            self._connection = self.connect()
            return self._once(method, path, raw, headers)

    def _once(self, method: str, path: str, raw: bytes, headers: dict[str, str]) -> Heard:
        self._connection.request(method, path, raw or None, headers)
        answer = self._connection.getresponse()
        body = answer.read()
        return Heard(answer.status, {name.lower(): value for name, value in answer.getheaders()}, body)


def _catalogue(app: Person) -> Catalogue:
    words, far = Words(fr="Carnet", en="Diary"), "2100-01-01T00:00:00Z"
    certified = CatalogueApp(
        account=app.account, name=words, publisher="Example SAS", purpose=words, website="https://app.example/",
        scopes=["letters.send", "letters.receive"], redirect_uris=["https://app.example/back"], certified_until=far,
    )  # fmt: skip
    return Catalogue(
        version=1, issued_at="2026-01-01T00:00:00Z", valid_until=far, authority="Example authority", apps=[certified]
    )
