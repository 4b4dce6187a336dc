"""`pli webhook`, as an integrator's script runs it against a relay of its own."""

from crypto.encoding import unb64u
from crypto.keys import SigningPublic
from tests.clients.test_cli import Line, line, relay
from tests.relays import RunningRelay

__all__ = ["line", "relay"]  # fixtures
URL = "https://hooks.example/pli"


def test_a_webhook_is_added_looked_at_turned_off_and_forgotten(line: Line, relay: RunningRelay) -> None:
    key, secret, other = (line.folder / name for name in ("bridge.key", "secret", "other"))
    relay.add_bridge("gateway", SigningPublic(unb64u(line.json("keys", "new", key)["publicKey"])), "cabinet.example")
    who = ("--relay", relay.origin, "--login", "gateway", "--key-file", key)

    made = line.json("webhook", "add", URL, "--type", "SealedMessage", "--secret-file", secret, *who)
    line.json("webhook", "off", made["webhook"], *who)
    shown = line.json("webhook", "list", *who)
    again = line.run("webhook", "add", URL, "--secret-file", secret, *who)
    refused = line.run("webhook", "add", "http://hooks.example", "--secret-file", other, *who)
    line.json("webhook", "remove", made["webhook"], *who)
    unknown = line.run("webhook", "on", made["webhook"], *who)

    assert shown == [{"id": made["webhook"], "url": URL, "types": "SealedMessage", "state": "off"}]
    assert secret.read_text().startswith("whsec_")
    assert secret.stat().st_mode & 0o777 == 0o600
    assert secret.read_text().strip() not in str(made)
    assert [done.returncode for done in (again, refused, unknown)] == [8, 3, 3]
    assert not other.exists(), "what was refused leaves no file"
    assert "(url)" in refused.stderr
    assert unknown.stderr.count("There is no such thing here.") == 1
    assert "Traceback" not in again.stderr + refused.stderr + unknown.stderr
