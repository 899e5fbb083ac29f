"""Takes reports of jobs (kind heartbeat) to the door: heard first, then judged as any other observation."""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping

from prober.clock import Clock
from prober.core.heartbeat import Heard, Signal, heard, returned
from prober.core.model import Due
from prober.probes import Listener, Probe
from prober.record import Recorder

logger = logging.getLogger(__name__)


class Pings:
    """Knows which checks a token belongs to, by its hash: what a stranger guesses is compared with no token."""

    def __init__(self, recorder: Recorder, clock: Clock) -> None:
        self._recorder = recorder
        self._clock = clock
        self._listeners: dict[str, Listener] = {}
        self._checks: dict[str, list[str]] = {}

    def follow(self, probes: Mapping[str, Probe]) -> None:
        """Take reports for those of these checks whose targets report by themselves."""
        self._listeners = {id_: probe for id_, probe in probes.items() if isinstance(probe, Listener)}
        checks: dict[str, list[str]] = defaultdict(list)
        for id_, listener in self._listeners.items():
            listener.hear_from(self._recorder.heard.get)
            checks[listener.digest].append(id_)
        self._checks = dict(checks)

    def resume(self, known: Iterable[Heard], seen_ms: int | None, now_ms: int) -> None:
        """Go on with what was heard before we were away. seen_ms: the last moment we were there, as far as is known."""
        for one in known:
            listener = self._listeners.get(one.check)
            if listener is not None:
                away_ms = now_ms if seen_ms is None else max(seen_ms, one.since_ms)
                after = returned(one, listener.rhythm, away_ms, now_ms)
                if after.is_doubtful and after != one:
                    logger.info("check %s: its report may have come while prober was away", one.check)
                self._recorder.hear(after)

    async def take(self, token: str, signal: Signal, code: int | None = None) -> bool:
        """One report, with the exit status if it was told. False: nobody has that token. Does not wait for the disk."""
        checks = self._checks.get(hashlib.sha256(token.encode("utf-8", "replace")).hexdigest(), ())
        for id_ in checks:
            now_ms = self._clock.now_ms()
            known = heard(self._recorder.heard.get(id_), id_, signal, now_ms, code)
            if known is not None:
                self._recorder.hear(known)
                self._recorder.observe([await self._listeners[id_].probe(Due(id_, now_ms))])
        return bool(checks)
