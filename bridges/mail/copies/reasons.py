"""Why there is no copy."""


class NotPossible(Exception):
    """The document stays as it is. `reason` is a word for the log, never content."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
