"""Debian's Dovecot holding the clinician's mailbox: LMTP from Postfix, IMAP for the mail program, all on loopback."""

import email
import grp
import imaplib
import os
import pwd
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from tests.live.polling import listening, until

CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail/%u
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 1
first_valid_gid = 1
default_vsz_limit = 512M
auth_username_format = %Lu
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service stats {{
  chroot =
}}
service anvil {{
  chroot =
}}
"""


@dataclass(frozen=True)
class Settings:
    """One instance. `folder` must be reachable by other users on its whole path: Dovecot drops its rights."""

    folder: Path
    address: str
    password: str
    imap_port: int
    lmtp_port: int


class Dovecot:
    """A running instance with one mailbox."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Write the configuration and wait until IMAP and LMTP answer."""
        settings, owner = self._settings, pwd.getpwnam("mail")
        (settings.folder / "mail").mkdir(parents=True, exist_ok=True)
        os.chown(settings.folder / "mail", owner.pw_uid, owner.pw_gid)
        values = {"folder": settings.folder, "uid": owner.pw_uid, "gid": owner.pw_gid}
        ports = {"imap": settings.imap_port, "lmtp": settings.lmtp_port}
        configuration = settings.folder / "dovecot.conf"
        configuration.write_text(CONFIGURATION.format(**values, **ports))
        self._write_users()
        self._process = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", str(configuration)])
        until(lambda: listening(settings.imap_port), "Dovecot's IMAP door is open")
        until(lambda: listening(settings.lmtp_port), "Dovecot's LMTP door is open")

    def stop(self) -> None:
        """End the master process, which ends its own."""
        if self._process:
            self._process.terminate()
            self._process.wait(20)

    def mails(self) -> list[EmailMessage]:
        """All mails in the clinician's inbox, read over IMAP."""
        return [email.message_from_bytes(raw, policy=default) for raw in self.raw_mails()]

    def raw_mails(self) -> list[bytes]:
        """The same, as the bytes that the mail program fetches."""
        with imaplib.IMAP4("127.0.0.1", self._settings.imap_port) as imap:
            imap.login(self._settings.address, self._settings.password)
            imap.select("INBOX", readonly=True)
            _, found = imap.uid("SEARCH", "ALL")
            fetched = [imap.uid("FETCH", uid.decode(), "(BODY.PEEK[])")[1] for uid in found[0].split()]
        return [answer[0][1] for answer in fetched if isinstance(answer[0], tuple)]

    def wait_for(self, wanted: Callable[[EmailMessage], bool], what: str, seconds: float = 30) -> EmailMessage:
        """The first mail for which `wanted` is true."""
        return until(lambda: next((mail for mail in self.mails() if wanted(mail)), None), what, seconds)

    def _write_users(self) -> None:
        users = self._settings.folder / "users"
        users.write_text(f"{self._settings.address}:{{PLAIN}}{self._settings.password}\n")
        os.chown(users, 0, grp.getgrnam("dovecot").gr_gid)
        users.chmod(0o640)


def missing() -> str | None:
    """Why Dovecot cannot be started here, in words, or None."""
    if os.geteuid() != 0:
        return "Dovecot with its own users can be started only by root"
    if not shutil.which("dovecot", path="/usr/sbin:/usr/bin"):
        return "Debian's dovecot-imapd is not installed (scripts/debian-packages)"
    if not Path("/usr/lib/dovecot/lmtp").exists():
        return "Debian's dovecot-lmtpd is not installed (scripts/debian-packages)"
    return None
