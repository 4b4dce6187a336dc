"""Where an S3 bucket is, and how it is opened. The client is loaded by whoever opens one."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from messaging.store.link import UnsafePassword

if TYPE_CHECKING:
    from obstore.store import S3Store


@dataclass(frozen=True, repr=False)
class S3Place:
    """A bucket. `endpoint` empty: Amazon's own. `key_id` empty: the machine's own role."""

    bucket: str
    endpoint: str = ""
    region: str = "us-east-1"
    key_id: str = ""
    secret_file: Path | None = None
    seconds: int = 20  # for one request with all of its bytes

    def open(self) -> "S3Store":
        """A client whose waits end. Raises UnsafePassword, OSError."""
        keys: dict[str, Any] = {}
        if self.secret_file is not None:
            if self.secret_file.stat().st_mode & 0o077:
                raise UnsafePassword(f"{self.secret_file} can be read by others: chmod 600 {self.secret_file}")
            keys = {"access_key_id": self.key_id, "secret_access_key": self.secret_file.read_text().strip()}
        if self.endpoint:
            keys["endpoint"] = self.endpoint
        from obstore.store import S3Store  # noqa: PLC0415 - fifteen megabytes that a relay on local files does without

        return S3Store(
            self.bucket,
            region=self.region,
            virtual_hosted_style_request=False,
            client_options={
                "allow_http": self.endpoint.startswith("http://"),
                "connect_timeout": "3s",
                "timeout": f"{self.seconds}s",
            },
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=5)},
            **keys,
        )
