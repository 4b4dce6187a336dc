"""Chromium over a pipe, with no more of the DevTools than is asked for: a page that is watched is not what people have.

Whoever listens to a page's network (Playwright always does) has Chromium keep every answer in the page's process, and
write every sent body as base64 into a message: for files that is most of the time and of the memory. This is the
DevTools protocol (chromedevtools.github.io/devtools-protocol): JSON between zero bytes, in file descriptors 3 and 4.
"""

import fcntl
import json
import os
import select
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Self

from tests.live.browser import CHROMIUM, FLAGS

MOMENT: Final = 0.05  # seconds
PATIENCE: Final = 600  # seconds


class PlainBrowser:
    """A browser with its own profile. Others may come through `address` for a while, and go again."""

    def __init__(self, profile: Path, downloads: Path, size: tuple[int, int]) -> None:
        self._said, self._heard, self._asked = b"", list[dict[str, Any]](), 0
        read, self._write = os.pipe()
        self._read, write = os.pipe()
        words = [f"--user-data-dir={profile}", f"--window-size={size[0]},{size[1]}", "--accept-lang=fr-FR"]
        doors = ["--headless=new", "--remote-debugging-pipe", "--remote-debugging-port=0", "about:blank"]
        # Above 4, so that neither is in the other's place when it is put there.
        far = [fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, 16) for one in (read, write)]
        placed = [(os.POSIX_SPAWN_DUP2, one, place) for one, place in zip(far, (3, 4), strict=True)]
        quiet = [(os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)]
        env = os.environ | {"LANGUAGE": "fr"}
        self._pid = os.posix_spawn(CHROMIUM, [CHROMIUM, *FLAGS, *words, *doors], env, file_actions=[*placed, *quiet])
        for one in (read, write, *far):
            os.close(one)
        behaviour = {"behavior": "allow", "downloadPath": str(downloads), "eventsEnabled": True}
        self.ask("Browser.setDownloadBehavior", behaviour)
        self.address = f"http://127.0.0.1:{_first_line(profile / 'DevToolsActivePort')}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self._pid, signal.SIGTERM)
        os.waitpid(self._pid, 0)
        os.close(self._write)
        os.close(self._read)

    def attach(self) -> str:
        """A session with the one page."""
        targets = self.ask("Target.getTargets")["targetInfos"]
        [page] = [one["targetId"] for one in targets if one["type"] == "page"]
        return str(self.ask("Target.attachToTarget", {"targetId": page, "flatten": True})["sessionId"])

    def ask(self, method: str, params: dict[str, Any] | None = None, session: str | None = None) -> dict[str, Any]:
        """What the browser answers. Raises RuntimeError with what it refuses."""
        self._asked += 1
        asked = {"id": self._asked, "method": method, "params": params or {}}
        os.write(self._write, json.dumps(asked | ({"sessionId": session} if session else {})).encode() + b"\0")
        answer = self._until(lambda one: one.get("id") == asked["id"])
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return dict(answer["result"])

    def run(self, session: str, script: str) -> Any:
        """What the expression comes to, awaited. Raises RuntimeError with what it throws."""
        asked = {"expression": script, "awaitPromise": True, "returnByValue": True}
        answer = self.ask("Runtime.evaluate", asked, session)
        if "exceptionDetails" in answer:
            raise RuntimeError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def give(self, session: str, selector: str, file: Path) -> None:
        """Choose a file in the input that this selector finds."""
        found = self.ask("Runtime.evaluate", {"expression": f"document.querySelector({selector!r})"}, session)
        given = {"files": [str(file)], "objectId": found["result"]["objectId"]}
        self.ask("DOM.setFileInputFiles", given, session)

    def downloaded(self) -> None:
        """Until a download has ended well. Raises RuntimeError when it ends otherwise."""
        over = self._until(lambda one: one.get("method") == "Browser.downloadProgress" and _is_over(one))
        if over["params"]["state"] != "completed":
            raise RuntimeError("the download was ended")

    def _until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            for at, one in enumerate(self._heard):
                if wanted(one):
                    return self._heard.pop(at)
            if select.select([self._read], [], [], 1)[0]:
                *whole, self._said = (self._said + os.read(self._read, 1 << 20)).split(b"\0")
                self._heard += [json.loads(one) for one in whole]
        raise RuntimeError("the browser does not answer")


def _is_over(one: dict[str, Any]) -> bool:
    return bool(one["params"]["state"] != "inProgress")


def _first_line(file: Path) -> str:
    """Chromium writes its port there once it listens."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        if file.is_file() and (line := file.read_text().partition("\n")[0]):
            return line
        time.sleep(MOMENT)
    raise RuntimeError("the browser does not listen")
