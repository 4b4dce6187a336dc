"""The import walls of pyproject.toml: the tree keeps them, and each kind of break on purpose is refused."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("pli", "bridges", "clients", "messaging", "crypto")
BREAKS = {
    "the relay's server opens an envelope": ("messaging/server/leak.py", "import crypto.envelope"),
    "the relay's rules take a key box": ("messaging/relay/leak.py", "import crypto.keybox"),
    "the wire opens an attachment": ("messaging/wire/leak.py", "from crypto import attachment"),
    "cryptography knows the relay": ("crypto/leak.py", "import messaging.wire"),
    "the relay knows a client": ("messaging/server/leak.py", "import clients.content"),
    "the rules know the server": ("messaging/relay/leak.py", "import messaging.server"),
    "a client knows the store": ("clients/sdk/leak.py", "import messaging.store"),
    "a bridge knows the rules": ("bridges/mssante/leak.py", "import messaging.relay"),
    "the rules wait for a network": ("messaging/relay/leak.py", "import asyncio"),
    "a content kind opens a socket": ("clients/content/leak.py", "import socket"),
}


def _copy(folder: Path) -> Path:
    for name in PACKAGES:
        source = ROOT / name
        shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("web", "__pycache__", "node_modules"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    environment = os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_tree_keeps_its_walls(tmp_path: Path) -> None:
    done = _lint(_copy(tmp_path))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("what", BREAKS)
def test_a_break_is_refused(what: str, tmp_path: Path) -> None:
    path, line = BREAKS[what]
    module = _copy(tmp_path) / path
    module.write_text(f'"""A wall broken on purpose."""\n\n{line}\n')
    done = _lint(tmp_path)
    assert done.returncode != 0
    assert path.removesuffix(".py").replace("/", ".") in done.stdout
