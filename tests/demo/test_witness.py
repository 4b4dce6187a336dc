"""The demonstration's witness: named by a policy that does not change, and known to relay and gateway."""

import tomllib
from pathlib import Path

from crypto.transparency.policy import parse_policy
from demo.installation import Installation, run_words
from demo.layout import Layout, witness_port, write_log_policy, write_relay_config
from demo.names import Ports
from tests.live.polling import free_ports


def _layout(folder: Path) -> Layout:
    return Layout(folder, Ports(*free_ports(4)))


def test_without_a_policy_no_port_was_chosen(tmp_path: Path) -> None:
    assert witness_port(_layout(tmp_path)) is None


def test_the_port_is_the_one_of_the_policy(tmp_path: Path) -> None:
    layout = _layout(tmp_path)
    write_log_policy(layout, f"log name {layout.log_url}\n", "key", 4711)

    assert witness_port(layout) == 4711


def test_a_port_that_is_not_chosen_is_not_looked_for() -> None:
    assert "witness" not in Ports().all()
    assert Ports(witness=8428).all()["witness"] == 8428


def test_the_policy_asks_for_the_witness_and_stays(tmp_path: Path) -> None:
    layout = _layout(tmp_path)
    write_relay_config(layout, tmp_path)
    Installation(layout)._configure_witness(("A" * 43,))
    first = layout.log_policy.read_bytes()

    again = Installation(layout)
    again._configure_witness(("A" * 43,))

    policy = parse_policy(first)
    assert policy.quorum == policy.witnesses[0]
    assert policy.witnesses[0].url == f"http://127.0.0.1:{witness_port(layout)}"
    assert policy.origin == f"localhost:{layout.ports.relay}/log"
    assert layout.log_policy.read_bytes() == first
    assert [part.name for part in again.parts] == ["witness", "relay", "gateway"]


def test_the_relay_is_told_of_the_policy(tmp_path: Path) -> None:
    layout = _layout(tmp_path)
    write_relay_config(layout, tmp_path)

    assert tomllib.loads(layout.relay_config.read_text())["log"] == {"policy": str(layout.log_policy)}
    assert run_words("operator", "log-policy", "--config", str(layout.relay_config)).startswith("log localhost:")


def test_the_witness_listens_before_there_is_a_relay(tmp_path: Path) -> None:
    layout = _layout(tmp_path)
    write_relay_config(layout, tmp_path)
    installation = Installation(layout)
    installation._configure_witness(("A" * 43,))
    witness = installation.parts[0]

    witness.start()
    pid = witness.pid
    witness.stop()

    assert not Path(f"/proc/{pid}/exe").exists()
