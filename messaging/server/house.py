"""What all requests share, from the settings and the secrets: made by whoever opens the database."""

from urllib.parse import urlsplit

from crypto.encoding import b64u
from crypto.errors import BadPolicy
from crypto.transparency.checkpoint import LogSigner
from crypto.transparency.policy import Policy, parse_policy, solo_policy
from crypto.webpush import VapidKey
from messaging.relay.rates import Rates
from messaging.relay.turn import House
from messaging.server import secrets
from messaging.server.config import BadConfig, Config


def house(config: Config) -> House:
    """Makes the secrets that are missing. Raises UnsafeSecrets, and BadConfig for a policy that is not this log's."""
    held = secrets.load(config.data / "secrets")
    signer = LogSigner.from_secret(held.key_log, log_origin(config))
    return House(
        config.origin,
        held,
        Rates(config.allowed),
        signer,
        _policy(config, signer),
        life=config.life,
        sends_mail=config.submission is not None,
        pushes=config.pushes,
        vapid=b64u(VapidKey(held.notices).public),
        storage=config.storage,
        authorities=config.authorities,
    )


def log_origin(config: Config) -> str:
    """The name of the log and of its keys (docs/spec/transparency.md): host and port, then `/log`."""
    return urlsplit(config.origin).netloc + "/log"


def own_policy(config: Config, signer: LogSigner) -> bytes:
    """The text of the policy that asks no witness."""
    return solo_policy(signer, f"{config.origin}/log")


def _policy(config: Config, signer: LogSigner) -> Policy:
    if config.policy is None:
        return parse_policy(own_policy(config, signer))
    try:
        found = parse_policy(config.policy.read_bytes())
    except OSError as error:
        raise BadConfig(f"[log] policy {config.policy}: {error.strerror}") from error
    except BadPolicy as error:
        raise BadConfig(f"[log] policy {config.policy}: not a policy (docs/spec/transparency.md, Policy)") from error
    if set(found.log_keys) != set(signer.keys):
        raise BadConfig(
            f"[log] policy {config.policy}: it names other log keys than secrets/log has; "
            "`pli operator log-policy` prints the lines that belong there"
        )
    return found
