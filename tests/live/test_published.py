"""What a relay serves as its page: exactly the published manifest, and that is what the sources build anywhere."""

import hashlib
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.installation import ROOT, WEB
from tests.relays import RunningRelay, start_relay_process

pytestmark = pytest.mark.live
CLIENT = ROOT / "clients" / "web"
SECONDS = 120  # two builds, on a busy machine


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the build with what no manifest names."""
    folder = Path(shutil.copytree(WEB, tmp_path_factory.mktemp("published") / "web"))
    (folder / "assets" / "left-behind.js").write_text("globalThis.left = true")
    (folder / "notes.html").write_text("<!doctype html>")
    return folder


@pytest.fixture(scope="module")
def relay(served: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRelay]:
    started = start_relay_process(tmp_path_factory.mktemp("relay") / "relay", web=served)
    yield started
    started.stop()


def test_each_file_of_the_manifest_is_served_with_its_hash(relay: RunningRelay, served: Path) -> None:
    named = _manifest(served)
    assert set(named) >= {"index.html", "offline.js", "pli.svg"}
    for path, said in named.items():
        status, body = _get(relay.origin, path)
        assert (status, hashlib.sha256(body).hexdigest()) == (200, said), path


def test_every_page_is_the_index_and_nothing_else_is_served(relay: RunningRelay, served: Path) -> None:
    index = _get(relay.origin, "index.html")
    assert _get(relay.origin, "") == index
    assert _get(relay.origin, "compte/fermer") == index
    assert _get(relay.origin, "SHA256SUMS") == (200, (served / "SHA256SUMS").read_bytes())
    there = {str(path.relative_to(served)) for path in served.rglob("*") if path.is_file()}
    others = there - set(_manifest(served)) - {"SHA256SUMS"}
    assert {"assets/left-behind.js", "notes.html"} <= others
    for path in (*others, "assets/none.js", ".vite/manifest.json", "index.html.gz", "../relay.toml", "src/main.tsx"):
        assert _get(relay.origin, path)[0] == 404, path


def test_two_builds_in_two_places_are_identical_and_one_changed_file_is_found_out(
    relay: RunningRelay, served: Path
) -> None:
    picture = served / "pli.svg"
    right = picture.read_bytes()
    picture.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    try:
        done = _reproduce(relay.origin)
    finally:
        picture.write_bytes(right)
    # Nothing else: no line of a difference between the two builds, and all other files are those of the sources.
    assert done.stdout.splitlines()[1:] == ["served otherwise: pli.svg"], done.stdout + done.stderr
    assert done.stdout.startswith(f"{len(_manifest(served))} files, built twice")
    assert done.returncode == 1


def _reproduce(origin: str) -> "subprocess.CompletedProcess[str]":
    if shutil.which("npm") is None or not (CLIENT / "node_modules").exists():
        pytest.skip("npm or the web client's packages are missing: ./dev web")
    command = ["npm", "run", "--silent", "reproduce", "--", origin]
    return subprocess.run(command, cwd=CLIENT, capture_output=True, text=True, timeout=SECONDS, check=False)


def _manifest(folder: Path) -> dict[str, str]:
    """Hash by path."""
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    return {path: said for said, path in (line.split("  ", 1) for line in lines)}


def _get(origin: str, path: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(f"{origin}/{path}") as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, b""
