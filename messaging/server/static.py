"""The web client's files, under the strict policy of a page that handles plaintext. Nothing here knows a letter."""

import asyncio
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from messaging.server.exchange import Asked, Headers, Reply, Route
from messaging.wire.errors import Refusal

POLICY: Final = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; "
    "font-src 'self'; connect-src 'self' blob:; worker-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types app-url"
)
PERMISSIONS: Final = "camera=(self), geolocation=(), microphone=(), payment=(), usb=()"
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
MANIFEST: Final = "SHA256SUMS"
_NOT_PAGES: Final = ("/jmap", "/auth", "/enrol", "/health", "/metrics", "/.well-known", "/schemas", "/log/")


@dataclass(frozen=True)
class _Found:
    path: Path
    media_type: str
    immutable: bool


class Static:
    """Serves a folder as Vite builds it: `assets/*` have their hash in their name and never change.

    Law: where a build brings its manifest (`SHA256SUMS`), what it does not name is not served, so that whoever compares
    a served page with the manifest has seen all of it. A folder without one is served whole.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._read: tuple[int, frozenset[str] | None] = (0, None)

    def route(self, path: str) -> Route | None:
        """The door for a path that may be a file or a page of the client; None for what is neither."""
        if path.startswith(_NOT_PAGES) or self._find(path) is None:
            return None
        return Route("static", self.serve, ("GET", "HEAD"))

    async def serve(self, asked: Asked) -> Reply:
        """The file, compressed if there is such a copy and the browser takes it."""
        found = self._find(asked.path)
        if found is None:
            raise Refusal("notFound")
        compressed = found.path.with_name(found.path.name + ".gz")
        use = "gzip" in (asked.header("accept-encoding") or "") and compressed.is_file()
        body = await asyncio.to_thread((compressed if use else found.path).read_bytes)
        cache = "public, max-age=31536000, immutable" if found.immutable else "no-store"
        headers: Headers = (
            ("Cache-Control", cache),
            ("Content-Security-Policy", POLICY),
            ("Permissions-Policy", PERMISSIONS),
            ("Vary", "Accept-Encoding"),
        )
        if use:
            headers += (("Content-Encoding", "gzip"),)
        return Reply(200, body, headers, found.media_type)

    def _find(self, path: str) -> _Found | None:
        parts = path.split("/")[1:]
        if any(part.startswith(".") or "%" in part or "\\" in part or "\x00" in part for part in parts):
            return None
        file = self._folder.joinpath(*parts)
        if path != "/" and self._is_published(path[1:]) and _is_below(file, self._folder):
            return _Found(file, _media_type(file), parts[0] == "assets")
        if "." in parts[-1] or parts[0] == "assets":
            return None
        index = self._folder / "index.html"
        return _Found(index, _TYPES[".html"], immutable=False) if index.is_file() else None

    def _is_published(self, path: str) -> bool:
        named = self._named()
        return named is None or path == MANIFEST or path in named

    def _named(self) -> frozenset[str] | None:
        """What the manifest names, read again when it changed; None where there is no manifest."""
        manifest = self._folder / MANIFEST
        try:
            changed = manifest.stat().st_mtime_ns
        except FileNotFoundError:
            return None
        if changed != self._read[0]:
            lines = manifest.read_text(encoding="utf-8").splitlines()
            self._read = changed, frozenset(line.partition("  ")[2] for line in lines)
        return self._read[1]


def _is_below(file: Path, folder: Path) -> bool:
    return file.is_file() and file.resolve().is_relative_to(folder)


def _media_type(file: Path) -> str:
    return _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
