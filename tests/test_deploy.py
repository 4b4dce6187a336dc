"""The units and the container file of deploy/: what systemd thinks of them, and what must stay so."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pli.__main__ import COMMANDS

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
EXPOSURE = 25  # tenths, of systemd's own scale: below 2.5


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_takes_the_unit_and_finds_it_little_exposed(unit: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd here")
    # The program and its user are not on this machine.
    here = re.sub(r"(?m)^(User|Group)=.*$", r"\1=root", unit.read_text().replace("/opt/pli/bin/pli", "/bin/true"))
    (tmp_path / unit.name).write_text(here)
    for asked in (["verify"], ["security", "--offline=true", f"--threshold={EXPOSURE}"]):
        if asked[0] == "security":
            (tmp_path / unit.name).write_text(re.sub(r"(?m)^(User|Group)=.*$", r"\1=pli", here))
        command = ["systemd-analyze", *asked, str(tmp_path / unit.name)]
        said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert said.returncode == 0, said.stdout[-2000:] + said.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_runs_a_command_that_there_is(unit: Path) -> None:
    (command,) = re.findall(r"(?m)^ExecStart=/opt/pli/bin/pli (\S+) --config /etc/pli/\w+\.toml$", unit.read_text())
    assert command in COMMANDS
    assert "User=root" not in unit.read_text()


def test_both_services_have_their_units() -> None:
    assert [unit.stem for unit in UNITS] == ["pli-gateway", "pli-relay"]


def test_the_container_has_no_root_and_takes_what_is_locked() -> None:
    lines = [line for line in (DEPLOY / "Containerfile").read_text().splitlines() if not line.startswith("#")]
    text = "\n".join(lines)
    last = text.rpartition("\nFROM ")[2]
    assert re.findall(r"(?m)^USER (\S+)$", last) == ["10001:10001"]
    assert text.count("pip install") == text.count("--require-hashes") + text.count("--no-index")
    assert not re.search(r"(?m)^ADD |:latest|curl |wget ", text)
    for source in ("scripts/uv.txt", "pyproject.toml", "uv.lock"):
        assert source in text
        assert (ROOT / source).is_file()
    assert "/health/ready" in last
