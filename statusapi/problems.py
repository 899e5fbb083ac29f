"""What can go wrong with a request, in one type; each dialect gives it the shape that its clients know."""

from collections.abc import Mapping
from datetime import datetime


class Problem(Exception):
    """A request that can't be answered as asked.

    status: of HTTP, 400 to 599. code: one word for programs. text: one sentence for people, never a secret.
    headers: more response headers, such as Allow. fields: what is wrong with which field, if that is the trouble.
    """

    def __init__(
        self,
        status: int,
        code: str,
        text: str,
        headers: Mapping[str, str] | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.text = text
        self.headers = dict(headers or {})
        self.fields = dict(fields or {})


_BY_STATUS = {
    404: ("not_found", "There is nothing here."),
    405: ("method", "This method is not offered here."),
    500: ("internal", "The server has a fault of its own; its log says more."),
}


def of_status(status: int, headers: Mapping[str, str] | None = None) -> Problem:
    """The problem that the framework means by a bare status."""
    code, text = _BY_STATUS.get(status, ("request", "The request can't be answered."))
    return Problem(status, code, text, headers)


def not_found() -> Problem:
    """What is missing, and what is somebody else's: the two look exactly alike."""
    return of_status(404)


def moment_ms(field: str, text: str) -> int:
    """The moment that a request names there, ms. Raises Problem."""
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))  # a plus sign that nobody escaped comes as a blank
        if at.tzinfo is None:
            raise ValueError(text)
        return int(at.timestamp() * 1000)
    except (ValueError, OverflowError):
        expected = "a date and time with its zone such as 2026-03-01T22:00:00+01:00"
        raise Problem(400, "field", f"{field}: expected {expected}") from None
