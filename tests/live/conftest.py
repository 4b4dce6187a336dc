"""Fixtures of the live tests: a folder that mail servers can reach, certificates, Postfix and Dovecot."""

import datetime as dt
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo import apps, pki
from demo.installation import WEB, Installation, Member
from demo.layout import Layout, Trust
from demo.names import CLINIC_DOMAIN, CLINICIAN_ADDRESS, Ports
from tests.bridges.responder import Responder, running
from tests.live import certificates, dovecot, postfix
from tests.live.certificates import Certificates
from tests.live.clinician import Clinician
from tests.live.codes import Codes
from tests.live.desk import Desk
from tests.live.dovecot import Dovecot
from tests.live.people import PASSWORDS, PEOPLE, PROGRAM
from tests.live.places import Places
from tests.live.polling import free_ports
from tests.live.postfix import Identity, Postfix
from tests.live.proxy import Proxy
from tests.relays import RunningRelay, start_relay_process

SMALL = 3_000_000  # bytes of letters that an account may hold at `small_relay`


@pytest.fixture(scope="session")
def tree() -> pki.Authority:
    """The authority of the session."""
    return pki.make_authority(dt.datetime.now(dt.UTC))


@pytest.fixture(scope="session")
def responder(tree: pki.Authority) -> Iterator[tuple[Responder, str]]:
    """The authority's OCSP responder at work, and where."""
    made = Responder(tree.issuing.certificate, tree.issuing.certificate, tree.issuing.key)
    with running(made) as place:
        yield made, place


@pytest.fixture(scope="session")
def certs(places: Places, tree: pki.Authority, responder: tuple[Responder, str]) -> Certificates:
    """The certificates of the session."""
    return certificates.make(places.folder / "certificates", dt.datetime.now(dt.UTC), tree, *responder)


@pytest.fixture(scope="session")
def places() -> Iterator[Places]:
    """A folder that other users can reach (pytest's own is closed to them) and ports for everything."""
    folder = Path(tempfile.mkdtemp(prefix="pli-live-"))
    folder.chmod(0o755)
    yield Places(folder, *free_ports(8))
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def clinic(places: Places) -> Iterator[Dovecot]:
    """The clinician's mailbox in a real Dovecot."""
    if reason := dovecot.missing():
        pytest.skip(reason)
    folder = places.make("dovecot")
    server = Dovecot(dovecot.Settings(folder, CLINICIAN_ADDRESS, "mot de passe", places.imap, places.lmtp))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def door(places: Places) -> Iterator[Proxy]:
    """Stands between the operator and the gateway; carries everything until a test cuts it."""
    between = Proxy(places.door, places.gateway)
    yield between
    between.close()


@pytest.fixture(scope="session")
def operator(places: Places, certs: Certificates, clinic: Dovecot, door: Proxy) -> Iterator[Postfix]:  # noqa: ARG001 - it delivers there
    """The clinician's operator: a real Postfix that delivers into `clinic`."""
    if reason := postfix.missing():
        pytest.skip(reason)
    shown = Identity(certs.operator.certificate, certs.operator.key)
    ports = (places.submission, places.operator, places.lmtp, places.door)
    server = Postfix(postfix.Settings(places.make("postfix"), certs.authority, shown, shown, *ports))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def proxy(places: Places) -> Iterator[Proxy]:
    """Stands between the gateway and the operator; carries everything until a test holds it."""
    between = Proxy(places.proxy, places.operator)
    yield between
    between.close()


@pytest.fixture(scope="session")
def pli(places: Places, certs: Certificates, proxy: Proxy) -> Iterator[Installation]:  # noqa: ARG001 - mail goes through it
    """Relay and gateway at work, a certified app in the catalogue, with everything that they keep below one folder."""
    assert (WEB / "index.html").exists(), "the web client is not built: ./dev web"
    ports = Ports(places.relay, places.gateway, places.operator, places.submission)
    installation = Installation(Layout(places.make("pli"), ports))
    trust = Trust(certs.gateway, certs.authority, certs.revoked_list, certs.whitelist, certs.signer_subject)
    installation.configure(trust, {CLINIC_DOMAIN: f"localhost:{places.proxy}"})
    apps.prepare(installation.layout)
    installation.start()
    apps.enrol(installation.layout)
    yield installation
    installation.stop()


@pytest.fixture(scope="session")
def small_relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRelay]:
    """A relay with the web client and no gateway, where an account may hold little. A test may kill and start it."""
    assert (WEB / "index.html").exists(), "the web client is not built: ./dev web"
    more = f"storage_octets = {SMALL}\n"
    started = start_relay_process(tmp_path_factory.mktemp("small") / "relay", web=WEB, more=more)
    yield started
    started.stop()


@pytest.fixture(scope="session")
def clinician(small_relay: RunningRelay, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinician]:
    """Who writes to the patients of that relay."""
    program = Clinician(small_relay, tmp_path_factory.mktemp("clinician") / "log")
    yield program
    program.close()


@pytest.fixture(scope="session")
def members(pli: Installation) -> dict[str, Member]:
    """All patients of the tests, enrolled and activated, by log-in."""
    return pli.members(PEOPLE, PASSWORDS)


@pytest.fixture(scope="session")
def codes(members: dict[str, Member]) -> dict[str, Codes]:
    """Each patient's one-time codes."""
    return {login: Codes(member.totp_secret, member.activated) for login, member in members.items()}


@pytest.fixture(scope="session")
def desk(pli: Installation, members: dict[str, Member], codes: dict[str, Codes]) -> Iterator[Desk]:
    """A patient on the SDK, logged in once for the whole session."""
    log = pli.layout.folder.parent / "desk.log"
    program = Desk(pli.layout.origin, members[PROGRAM], codes[PROGRAM].fresh, log)
    yield program
    program.close()
