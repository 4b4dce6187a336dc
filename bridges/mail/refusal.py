"""The one error of reading foreign mail."""


class CannotRead(Exception):
    """A mail is refused for good. `status` is an enhanced status code (RFC 3463), `reason` words without content."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(status, reason)
        self.status = status
        self.reason = reason
