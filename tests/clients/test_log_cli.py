"""`pli log` as processes: a witness that is killed and comes back, a check for scripts, a watch that goes on."""

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from crypto.transparency.note import NoteKey
from crypto.transparency.policy import verify_cosignatures
from tests.clients.key_log import KeyLog, fork_of

ROOT = Path(__file__).parents[2]


def _run(*words: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        _command(*words), capture_output=True, text=True, cwd=ROOT, stdin=subprocess.DEVNULL, timeout=60, check=False,
        env=_environment(),
    )  # fmt: skip


def _start(*words: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(_command(*words), stdout=subprocess.PIPE, text=True, cwd=ROOT, env=_environment())


def _command(*words: object) -> list[str]:
    return [sys.executable, "-m", "pli", "log", *map(str, words)]


def _environment() -> dict[str, str]:
    return os.environ | {"COLUMNS": "200", "NO_COLOR": "1", "PYTHONUNBUFFERED": "1", "XDG_CONFIG_HOME": "/nowhere"}


@dataclass
class Served:
    """A log over HTTP, in a thread of this process. `read`: somebody asked for entries."""

    log: KeyLog
    url: str
    read: threading.Event


@pytest.fixture
def served() -> Iterator[Served]:
    log, read = KeyLog(now=datetime.now(UTC)), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.removeprefix("/log/")
            found = log.served(path)
            if path.startswith("tile/entries"):
                read.set()
            self.send_response(200 if found is not None else 404)
            self.send_header("Content-Length", str(len(found or b"")))
            self.end_headers()
            self.wfile.write(found or b"")

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield Served(log, f"http://127.0.0.1:{server.server_address[1]}/log", read)
    server.shutdown()
    thread.join()
    server.server_close()


class Post:
    """A witness process."""

    def __init__(self, folder: Path, served: Served) -> None:
        self.key, self._folder, self._served = folder / "witness.key", folder, served
        made = _run("witness-key", self.key, "--name", "witness.example/w1", "--json")
        self.keys = [NoteKey.parse(vkey) for vkey in json.loads(made.stdout)["vkeys"]]
        self.start()

    def start(self) -> None:
        named = [word for key in self._served.log.signer.keys for word in ("--log-key", key.vkey)]
        self.process = _start(
            "witness", "--log", self._served.url, *named, "--key-file", self.key, "--listen", "127.0.0.1:0",
            "--data", self._folder / "data",
        )  # fmt: skip
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("ready http://127.0.0.1:")
        self._url = line.split()[1]

    def add(self, body: bytes) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(f"{self._url}/add-checkpoint", body, 30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        code = self.process.wait(15)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


@pytest.fixture
def post(tmp_path: Path, served: Served) -> Iterator[Post]:
    made = Post(tmp_path, served)
    yield made
    if made.process.poll() is None:
        made.end()


def test_a_killed_witness_never_signs_a_second_history(served: Served, post: Post) -> None:
    served.log.enrol(4)
    first = post.add(served.log.request(0))
    served.log.enrol(3)
    other = fork_of(served.log, 2, 7)
    killed = post.end(signal.SIGKILL)
    post.start()

    refused = [post.add(other.request(old)) for old in (0, 2, 4)]
    followed = post.add(served.log.request(4))

    assert (first[0], killed) == (200, -signal.SIGKILL)
    assert [status for status, _ in refused] == [409, 409, 422]
    assert followed[0] == 200
    assert verify_cosignatures(followed[1], served.log.checkpoint(), post.keys) == followed[1]


def test_a_witness_that_is_killed_while_it_reads_signs_one_history(served: Served, post: Post) -> None:
    served.log.enrol(600)
    other, signed = fork_of(served.log, 300, 600), list[bytes]()

    def ask() -> None:
        try:
            status, body = post.add(served.log.request(0))
        except OSError:  # it was killed before it answered
            return
        if status == 200:
            signed.append(body)

    asking = threading.Thread(target=ask)
    asking.start()
    served.read.wait(10)
    post.end(signal.SIGKILL)
    asking.join()
    post.start()
    served.log.entries[:] = other.entries
    status, _ = post.add(other.request(0))

    assert (len(signed), status) in ((0, 200), (0, 409), (1, 409))


def test_sigterm_ends_a_witness_well(post: Post) -> None:
    assert post.end() == 0


def test_two_witnesses_do_not_share_a_folder(tmp_path: Path, served: Served, post: Post) -> None:
    named = [word for key in served.log.signer.keys for word in ("--log-key", key.vkey)]

    second = _run(
        "witness", "--log", served.url, *named, "--key-file", post.key, "--listen", "127.0.0.1:0",
        "--data", tmp_path / "data",
    )  # fmt: skip

    assert second.returncode == 8
    assert "another process" in second.stderr


def test_a_witness_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "key"
    first = _run("witness-key", path, "--name", "w.example/w1")

    again, renamed = _run("witness-key", path), _run("witness-key", path, "--name", "w.example/w2")

    assert path.stat().st_mode & 0o777 == 0o600
    assert first.stdout == again.stdout
    assert [NoteKey.parse(vkey).kind for vkey in first.stdout.split()] == [4, 6]
    secret = path.read_text().splitlines()[0]
    assert secret not in first.stdout
    assert renamed.returncode == 8


@pytest.mark.parametrize("text", ["", "noise\n", "AAAA\nname\n"])
def test_noise_is_no_witness_key(tmp_path: Path, text: str) -> None:
    path = tmp_path / "key"
    path.write_text(text)
    path.chmod(0o600)

    assert _run("witness-key", path).returncode == 8


def test_a_log_is_checked_for_scripts_and_people(tmp_path: Path, served: Served) -> None:
    (person, *_) = served.log.enrol(3)
    served.log.renew(person, suspected=True)
    verify = ("verify", "--log", served.url, "--data", tmp_path / "seen")

    first, again = _run(*verify, "--json"), _run(*verify)

    said = json.loads(first.stdout)
    assert (first.returncode, again.returncode) == (0, 0)
    wanted = {"entries": 4, "new": 4, "accounts": 3, "keyChanges": 1, "suspected": 1}
    assert {name: said[name] for name in wanted} == wanted
    assert "4 entries (0 new)" in again.stdout


def test_a_log_that_forked_since_the_last_time_fails_the_check(tmp_path: Path, served: Served) -> None:
    served.log.enrol(3)
    verify = ("verify", "--log", served.url, "--data", tmp_path / "seen", "--json")
    _run(*verify)
    served.log.entries[:] = fork_of(served.log, 1, 3).entries

    failed = _run(*verify)

    assert failed.returncode == 1
    assert json.loads(failed.stderr)["exit"] == 1
    assert "Traceback" not in failed.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("verify", "--log", "http://127.0.0.1:9/log"), 4),
        (("verify", "--log", "http://pli.example/log"), 8),
        (("verify", "--log", "{url}", "--policy", "{noise}"), 8),
        (("verify", "--log", "{url}", "--enroller", "noise"), 2),
        (("monitor", "--log", "{url}", "--account", "noise", "--once"), 2),
        (("witness", "--log", "{url}", "--key-file", "{noise}", "--data", "{noise}"), 2),
        (("witness", "--log", "{url}", "--log-key", "noise", "--key-file", "{noise}", "--data", "{noise}"), 8),
    ],
)
def test_a_wrong_word_has_its_exit_code(tmp_path: Path, served: Served, words: tuple[str, ...], code: int) -> None:
    noise = tmp_path / "noise"
    noise.write_text("noise")

    done = _run(*(word.format(url=served.url, noise=noise) for word in words))

    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


def test_a_monitor_says_what_happens_to_its_accounts_and_ends_with_a_lie(served: Served) -> None:
    watched, other = served.log.enrol(2)
    process = _start(
        "monitor", "--log", served.url, "--account", watched.account, "--interval", "1", "--json"
    )  # fmt: skip
    assert process.stdout is not None
    first = json.loads(process.stdout.readline())
    served.log.renew(other)
    served.log.renew(watched, suspected=True)
    second = json.loads(process.stdout.readline())
    served.log.entries[:] = fork_of(served.log, 1, 9).entries

    assert process.wait(15) == 1
    assert (first["index"], first["seq"], first["suspected"]) == (0, 0, False)
    assert (second["index"], second["seq"], second["suspected"]) == (3, 1, True)
    process.stdout.close()


def test_a_monitor_that_looks_once_says_only_what_is_new(tmp_path: Path, served: Served) -> None:
    (person,) = served.log.enrol()
    monitor = ("monitor", "--log", served.url, "--account", person.account, "--data", tmp_path / "seen", "--once")
    first, nothing = _run(*monitor), _run(*monitor)
    served.log.renew(person)

    third = _run(*monitor)

    assert person.account in first.stdout
    assert (nothing.returncode, nothing.stdout) == (0, "")
    assert "new keys" in third.stdout
