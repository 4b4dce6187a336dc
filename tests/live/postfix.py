"""Debian's Postfix as an MSSanté operator: own configuration, queue and ports on loopback, ended by its own command.

It takes mail of the clinician's mail program without TLS on loopback, hands mail for patients to the gateway by
STARTTLS with a client certificate, takes the gateway's mail only with a client certificate, and delivers by LMTP to
Dovecot.
"""

import grp
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from demo.names import CLINIC_DOMAIN, GATEWAY_HOST, OPERATOR_HOST, PATIENT_DOMAIN
from tests.live.polling import listening, until

# A mail that is looked at again while the process that failed to send it still has it open is put off for hours
# ("skipped, still being delivered"): three seconds is what a busy machine needs to close it.
MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = {host}
mydestination =
mynetworks = 127.0.0.0/8
local_recipient_maps =
alias_maps =
alias_database =
message_size_limit = 40000000
mailbox_size_limit = 0
virtual_mailbox_domains = {clinic}
virtual_mailbox_maps = static:all
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
transport_maps = inline:{{ {{ {patients} = smtp:[127.0.0.1]:{gateway} }} }}
smtp_tls_security_level = encrypt
smtp_tls_policy_maps = inline:{{ {{ [127.0.0.1]:{gateway} = secure match={gateway_host} }} }}
smtp_tls_CAfile = {authority}
{client}
smtp_tls_session_cache_database =
smtp_address_preference = ipv4
smtp_host_lookup = native
queue_run_delay = 1s
minimal_backoff_time = 3s
maximal_backoff_time = 3s
smtp_destination_concurrency_failed_cohort_limit = 0
lmtp_destination_concurrency_failed_cohort_limit = 0
smtpd_peername_lookup = no
smtpd_tls_CAfile = {authority}
smtpd_tls_cert_file = {server_certificate}
smtpd_tls_key_file = {server_key}
"""
MASTER = """
{submission} inet n - n - - smtpd
  -o smtpd_tls_security_level=none
  -o smtpd_relay_restrictions=permit_mynetworks,reject
{operator} inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
  -o smtpd_tls_req_ccert=yes
  -o smtpd_tls_ask_ccert=yes
  -o mynetworks=
  -o smtpd_relay_restrictions=reject_unauth_destination
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Identity:
    """Certificate and key that Postfix shows; None as the client's means that it shows none."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Settings:
    """One instance. `folder` must be readable by other users on its whole path: Postfix drops its rights."""

    folder: Path
    authority: Path
    server: Identity
    client: Identity | None
    submission_port: int
    operator_port: int
    lmtp_port: int
    gateway_port: int


class Postfix:
    """A running instance."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self.submission = settings, settings.submission_port
        self.log = settings.folder / "mail.log"

    def start(self) -> None:
        """Write the configuration and wait until both doors are open. Raises RuntimeError with Postfix's words."""
        self._prepare()
        self._command("start")
        until(lambda: listening(self._settings.submission_port), "Postfix's submission door is open")
        until(lambda: listening(self._settings.operator_port), "Postfix's door for the gateway is open")

    def stop(self) -> None:
        """End it and all its processes."""
        self._command("stop")

    def flush(self) -> None:
        """Try all waiting mail now."""
        self._command("flush")

    def queue_is_empty(self) -> bool:
        """Whether no mail waits."""
        listed = subprocess.run(
            ["/usr/sbin/postqueue", "-c", str(self._settings.folder), "-p"], capture_output=True, check=False
        )
        return b"queue is empty" in listed.stdout

    def hand_over(self, seconds: float = 60.0) -> None:
        """Wait until no mail waits. Raises TimeoutError with the end of Postfix's log."""
        try:
            until(self.queue_is_empty, "the operator handed everything over", seconds)
        except TimeoutError as late:
            raise TimeoutError(f"{late}\n{self._log_end()}") from None

    def show_as_client(self, identity: Identity | None) -> None:
        """Show another certificate, or none, to the gateway from now on."""
        self._write_main(identity)
        self._command("reload")

    def _prepare(self) -> None:
        folder, owner = self._settings.folder, pwd.getpwnam("postfix").pw_uid
        for name in ("queue", "data"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        os.chown(folder / "data", owner, grp.getgrnam("postfix").gr_gid)
        self._write_main(self._settings.client)
        (folder / "master.cf").write_text(MASTER.format(**self._values()))

    def _write_main(self, client: Identity | None) -> None:
        shown = f"smtp_tls_cert_file = {client.certificate}\nsmtp_tls_key_file = {client.key}" if client else ""
        (self._settings.folder / "main.cf").write_text(MAIN.format(**self._values(), client=shown))

    def _values(self) -> dict[str, str | int | Path]:
        settings = self._settings
        return {
            "folder": settings.folder,
            "host": OPERATOR_HOST,
            "clinic": CLINIC_DOMAIN,
            "patients": PATIENT_DOMAIN,
            "gateway_host": GATEWAY_HOST,
            "authority": settings.authority,
            "server_certificate": settings.server.certificate,
            "server_key": settings.server.key,
            "submission": f"127.0.0.1:{settings.submission_port}",
            "operator": f"127.0.0.1:{settings.operator_port}",
            "lmtp": settings.lmtp_port,
            "gateway": settings.gateway_port,
        }

    def _command(self, word: str) -> None:
        done = subprocess.run(
            ["/usr/sbin/postfix", "-c", str(self._settings.folder), word], capture_output=True, check=False, timeout=60
        )
        if done.returncode:
            raise RuntimeError(f"postfix {word}: {done.stderr.decode()}{self._log_end()}")

    def _log_end(self) -> str:
        return self.log.read_text()[-2000:] if self.log.exists() else ""


def missing() -> str | None:
    """Why Postfix cannot be started here, in words, or None."""
    if os.geteuid() != 0:
        return "Postfix can be started only by root"
    if not shutil.which("postfix", path="/usr/sbin:/usr/bin"):
        return "Debian's postfix is not installed (scripts/debian-packages)"
    return None
