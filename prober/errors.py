"""Our own trouble, few kinds, named by what the caller can do. An outage is data, never one of these."""

from collections.abc import Sequence


class ProberError(Exception):
    """Base of all errors that end in one clear sentence for the operator."""


class ConfigError(ProberError):
    """Mend the file: carries every mistake found, each as `file:line: path: expected ..., found ...`."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = tuple(mistakes)


class StoreError(ProberError):
    """The store did not take it: try again later."""


class StoreFullError(StoreError):
    """The store has no space left: make some."""


class StoreDamagedError(StoreError):
    """What is stored can't be read as it was written: put a backup in its place."""


class DeliveryError(ProberError):
    """A notice did not arrive.

    permanent: sending it again cannot help. retry_after_s: the receiver's own wish, None if it had none.
    status: the HTTP status it answered, None if it did not answer.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool,
        retry_after_s: float | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after_s = retry_after_s
        self.status = status
