"""Starting the demonstration: what is in its way is said in words, and nothing of an earlier one is left over."""

import fcntl
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from demo.child import Child, DidNotStart, end_leftovers
from demo.installation import Failed, Member, run_pli
from demo.names import CAMILLE, Ports
from demo.run import CannotRun, start
from tests.live.polling import free_ports, until

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def _child(folder: Path, script: str) -> Child:
    return Child("part", ["-c", script], folder / "logs" / "part.log", folder / "tmp")


async def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = Ports(taken.getsockname()[1], *free_ports(3))
        with pytest.raises(CannotRun, match=rf"port {ports.relay} \(relay\)"):
            async with start(tmp_path, ports):
                pass


async def test_a_second_demonstration_in_one_folder_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        with pytest.raises(CannotRun, match="running"):
            async with start(tmp_path, Ports(*free_ports(4))):
                pass


def test_a_part_that_ends_before_it_is_ready_is_told_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(DidNotStart, match="no such colour"):
        _child(tmp_path, "raise SystemExit('no such colour')").start()


def test_a_part_is_waited_for_and_ended(tmp_path: Path) -> None:
    part = _child(tmp_path, "print('ready', flush=True); import time; time.sleep(60)")
    part.start()
    pid = part.pid
    part.stop()
    assert not Path(f"/proc/{pid}/exe").exists()
    assert list((tmp_path / "logs").glob("*.pid")) == []


def test_a_part_that_ended_by_itself_is_noticed(tmp_path: Path) -> None:
    part = _child(tmp_path, "print('ready', flush=True)")
    part.start()
    until(part.ended, "the part ended")
    part.stop()


def test_another_program_with_the_pid_of_a_part_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        (tmp_path / "relay.pid").write_text(str(other.pid))
        end_leftovers(tmp_path)
        assert other.poll() is None
        other.communicate(b"\n")
    assert list(tmp_path.iterdir()) == []


def test_a_code_is_never_the_one_of_the_activation() -> None:
    member = Member(CAMILLE, "camille", "x", SECRET, activated=3_000.0)
    assert member.code(3_001.0) == member.code(3_031.0)
    assert member.code(3_061.0) != member.code(3_031.0)


def test_a_command_that_fails_says_why() -> None:
    with pytest.raises(Failed, match="pli keys show"):
        run_pli("keys", "show", "/nowhere/key")


def test_a_command_sees_nothing_of_what_the_person_has_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "pli").mkdir()
    (tmp_path / "pli" / "default.toml").write_text("this is no TOML")
    assert "publicKey" in run_pli("keys", "new", str(tmp_path / "a.key"))
    assert [path.name for path in (tmp_path / "pli").iterdir()] == ["default.toml"]
