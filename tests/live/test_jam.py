"""jmap-jam (npm), a JMAP client by somebody else, logs in, uploads, sets, queries and syncs our types."""

import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crypto.encoding import b64u
from tests.conformance.world import LETTERS, World
from tests.messaging.desk import SECRET
from tests.relays import ROOT

pytestmark = pytest.mark.live

JAM = ROOT / "clients/web/node_modules/jmap-jam/dist/index.js"
SCRIPT = Path(__file__).with_name("jam.mjs")
SECONDS = 60


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """People and letters in a relay of their own."""
    if shutil.which("node") is None or not JAM.exists():
        pytest.skip("node or the web client's packages are missing: ./dev web")
    with World.opened(tmp_path_factory.mktemp("jam")) as opened:
        yield opened


@pytest.fixture(scope="module")
def said(world: World) -> Any:
    """What jmap-jam came to, as the patient."""
    patient, doctor = world.home.patient, world.home.doctor
    people = sorted([doctor.person, patient.person], key=lambda person: person.account)
    given = {
        "origin": world.site.origin, "login": patient.person.login, "seed": b64u(patient.password.raw),
        "totp": b64u(base64.b32decode(SECRET)), "other": doctor.account,
        "to": [{"account": person.account, "keyId": person.key} for person in people],
    }  # fmt: skip
    ran = subprocess.run(
        ["node", str(SCRIPT), str(JAM)], input=json.dumps(given), capture_output=True, text=True, timeout=SECONDS,
        check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_it_logs_in_and_reads_the_session(world: World, said: Any) -> None:
    assert said["account"] == world.home.patient.account


def test_it_uploads_and_downloads(world: World, said: Any) -> None:
    assert (said["blob"]["size"], said["blob"]["accountId"]) == (1000, world.home.patient.account)
    assert said["fetched"] == {"type": "image/png", "same": True}


def test_it_sets_sealed_state_and_reads_it_in_one_batch(said: Any) -> None:
    assert said["state"] == {"updated": said["state"]["updated"], "version": 1, "same": True}
    assert list(said["state"]["updated"].values()) == [None]


def test_it_sends_a_letter_once_however_often_it_asks(world: World, said: Any) -> None:
    assert said["again"]["type"] == "alreadyExists"
    assert said["again"]["existingId"] == said["sent"]
    arrived = [letter["clientId"] for letter in world.ask(world.home.doctor, "SealedMessage/get")[1]["list"]]
    assert arrived.count(said["asked"]) == 1


def test_it_queries_and_follows_result_references(world: World, said: Any) -> None:
    assert said["found"] == {"ids": [said["sent"]], "clientId": said["asked"], "blobIds": [said["blob"]["blobId"]]}
    assert said["keys"] == [world.home.patient.account]


def test_it_syncs_by_pages_of_changes(said: Any) -> None:
    assert said["before"] == LETTERS
    assert said["after"] == [said["sent"]]


def test_it_is_refused_like_everybody(said: Any) -> None:
    assert said["refused"] == {
        "leak": "invalidArguments", "other": "accountNotFound", "unknown": "unknownMethod",
        "capability": "urn:ietf:params:jmap:error:unknownCapability",
    }  # fmt: skip
