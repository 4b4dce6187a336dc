"""The command that the other language calls: what one operation makes, the other opens."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.vectors.cli import answer
from tests.vectors.material import drawn, pairs, sealing, signing

ROOT = Path(__file__).parents[2]
ACCOUNT = "a" + "b" * 25 + "a"
SAID = {
    "account": ACCOUNT,
    "challenge": "A" * 43,
    "method": "key",
    "origin": "https://a",
    "time": "2026-11-23T15:06:55Z",
}


def test_envelopes_go_both_ways() -> None:
    public = sealing("anne").public().raw.hex()

    made = answer("seal-envelope", {"plaintext": "6162", "sender": signing("martin").raw.hex(), "recipients": [public]})
    opened = answer("open-envelope", {**made, "seeds": [sealing("anne").raw.hex()]})
    refused = answer("open-envelope", {**made, "seeds": []})

    assert opened == {"plaintext": "6162", "sender": signing("martin").public().raw.hex(), "recipients": 1}
    assert refused == {"error": "CannotOpen", "item": "envelope/5"}


def test_attachments_go_both_ways() -> None:
    made = answer("seal-attachment", {"plaintext": {"repeat": "61", "times": 9}, "file": "a", "type": "a/b"})

    assert answer("open-attachment", made) == {"plaintext": "61" * 9}


def test_boxes_go_both_ways() -> None:
    content: dict[str, Any] = {
        "created": "2026-11-23T15:06:55Z", "lastCheckpoint": None, "pins": {}, "previous": [],
        "signing": "A" * 43, "xwing": "A" * 43,
    }  # fmt: skip
    key: dict[str, Any] = {"type": "device", "key": drawn("device", 32).hex()}

    made = answer("make-box", {"account": ACCOUNT, "content": content, "keys": [key]})
    opened = answer("open-box", {**made, "account": ACCOUNT, "key": key})

    assert opened["version"] == 1
    assert {**opened["content"], "slots": None} == {**content, "slots": None}


def test_logins_go_both_ways() -> None:
    made = answer("sign-login", {**SAID, "seed": signing("login").raw.hex()})
    checked = {**SAID, **made, "public": signing("login").public().raw.hex()}

    assert answer("verify-login", checked) == {"ok": True}
    assert answer("verify-login", {**checked, "method": "letter"})["error"] == "CannotOpen"


def test_statements_go_both_ways() -> None:
    seeds = {"signingSeed": pairs("anne").signing.raw.hex(), "sealingSeed": pairs("anne").sealing.raw.hex()}
    nobody: dict[str, Any] = {"bySeed": None, "holders": [], "suspected": False}
    request = {"account": ACCOUNT, "time": SAID["time"], **nobody}

    first = {**seeds, **answer("make-statement", {**request, **seeds, "box": 1, "chain": []})}
    second = {**seeds, **answer("make-statement", {**request, **seeds, "box": 2, "chain": [first]})}

    assert answer("verify-statement", {**request, "chain": [first, second]})["seq"] == 1


def test_it_answers_line_by_line() -> None:
    request = json.dumps({"sealed": "", "seeds": []})

    command = [sys.executable, "-m", "tests.vectors.cli", "open-envelope"]
    found = subprocess.run(
        command, cwd=ROOT, input=f"{request}\n{request}\n", capture_output=True, text=True, check=True
    )

    assert [json.loads(line)["error"] for line in found.stdout.splitlines()] == ["CannotOpen", "CannotOpen"]
