"""What the relay may import of this floor drags in nothing that opens, and randomness comes in by one door."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import crypto.attachment
import crypto.envelope
import crypto.keybox
import crypto.pairing
import crypto.provision
import crypto.xwing
from crypto.randomness import Source

FORBIDDEN = ("crypto.envelope", "crypto.attachment", "crypto.keybox", "crypto.pairing", "crypto.provision")
ROOT = Path(crypto.xwing.__file__).parent.parent


@pytest.mark.parametrize(
    "module", ["crypto.login", "crypto.transparency.statement", "crypto.keys", "crypto.code", "crypto.password"]
)
def test_what_the_relay_imports_opens_nothing(module: str) -> None:
    script = f"import sys, {module}; print(*[name for name in sys.modules if name.startswith({FORBIDDEN!r})])"

    found = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert found.stdout.strip() == ""


def test_no_public_function_takes_a_source_of_randomness() -> None:
    public = [
        value
        for module in (crypto.envelope, crypto.attachment, crypto.keybox, crypto.provision, crypto.xwing)
        for name, value in vars(module).items()
        if not name.startswith("_") and callable(value) and value is not Source
    ]

    takers = [value for value in public if Source in inspect.get_annotations(value).values()]

    assert public
    assert takers == []


def test_only_one_module_asks_the_system_for_randomness() -> None:
    askers = {path.name for path in (ROOT / "crypto").rglob("*.py") if "os.urandom" in path.read_text("utf-8")}

    assert askers == {"randomness.py"}
