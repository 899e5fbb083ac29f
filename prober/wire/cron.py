"""Cron lines, and when they come next in a zone's local time.

Across a change of the clock they are what Debian's cron makes of them: what falls into the hour that is left out comes
right after it, and what falls into the hour that comes twice comes once.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

_EPOCH = datetime.fromtimestamp(0, ZoneInfo("UTC"))


def checked(line: str) -> str:
    """The line itself. ValueError with what is wrong with it, also if it never comes."""
    _after(line, "UTC", _EPOCH)
    return line


def next_ms(line: str, zone: str, after_ms: int) -> int:
    """The first moment of the line that is later than that; ms since the epoch. ValueError if there is none."""
    return (_after(line, zone, _EPOCH + timedelta(milliseconds=after_ms)) - _EPOCH) // timedelta(milliseconds=1)


def _after(line: str, zone: str, moment: datetime) -> datetime:
    try:
        found: datetime = next(CronSim(line, moment.astimezone(ZoneInfo(zone))))
    except CronSimError as error:
        raise ValueError(str(error).lower() or "it is no cron line") from None
    except StopIteration:
        raise ValueError("it never comes") from None
    return found
