"""Letters opened by the web client's own worker in Debian's Chromium: sealed here, opened there."""

import functools
import http.server
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from crypto.encoding import b64u
from crypto.envelope import seal
from crypto.keybox import BoxContent, PasswordKdf, PasswordKey, new_box, stretch
from crypto.keys import KeyPairs, account_id

WEB = Path(__file__).parents[1] / "clients" / "web"
CHROMIUM = "/usr/bin/chromium"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
LETTERS = 100


def opening_milliseconds() -> float:
    """Milliseconds that a browser takes to open 100 letters of 4 kB, each sealed to three readers."""
    with TemporaryDirectory() as folder:
        built = Path(folder) / "page"
        _build(built)
        with _served(built) as origin, sync_playwright() as playwright:
            context = playwright.chromium.launch_persistent_context(
                str(Path(folder) / "profile"), executable_path=CHROMIUM, headless=True, args=list(FLAGS)
            )
            try:
                page = context.pages[0]
                page.goto(origin)
                page.wait_for_function("window.measure !== undefined")
                return float(page.evaluate("given => window.measure(given)", _given()))
            finally:
                context.close()


def _given() -> dict[str, object]:
    account, pairs, sender = account_id(), KeyPairs.generate(), KeyPairs.generate()
    password = "le mot de passe de la mesure"
    kdf = replace(PasswordKdf.fresh(), memory=19456, passes=2)
    box, _ = new_box(account, BoxContent.first(pairs, datetime.now(UTC)), [PasswordKey(stretch(password, kdf))])
    readers = [each.public().sealing for each in (pairs, sender, KeyPairs.generate())]
    letters = [b64u(seal(os.urandom(4000), sender.signing, readers)) for _ in range(LETTERS)]
    return {"account": account, "box": b64u(box), "password": password, "letters": letters}


def _build(folder: Path) -> None:
    command = ["npx", "vite", "build", "--config", "bench/vite.config.ts", "--outDir", str(folder)]
    subprocess.run([*command, "--logLevel", "error"], cwd=WEB, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    handler = functools.partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """A bench writes its table and nothing else."""
