"""How often somebody may ask: buckets that fill with time, by key and by the address that a request comes from.

The address is the connection's. Only if that is one of the proxies that the operator trusts, it is what the proxy says:
the last address of X-Forwarded-For that is not a trusted proxy itself.
"""

import math
from collections import OrderedDict
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

if TYPE_CHECKING:
    from prober.clock import Clock
    from prober.config import Config

MOST = 10_000  # who is remembered; whoever has not asked for longest is forgotten first
FAILURES_A_MINUTE = 20  # keys that nobody has, from one address
NOWHERE = "-"

Network = IPv4Network | IPv6Network


class Limits:
    """Lives as long as the process: a reload starts nobody's minute anew."""

    def __init__(self, clock: "Clock", config: "Config") -> None:
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, int]] = OrderedDict()  # what is left, and when it was
        self.follow(config)

    def follow(self, config: "Config") -> None:
        """Another configuration holds."""
        self.per_address = config.daemon.rate_per_address
        self._trusted: list[Network] = [ip_network(one) for one in config.daemon.trusted_proxies]

    def wait_s(self, who: str, most: int, cost: int = 1, within_s: int = 60) -> int:
        """0 if he may ask now, and then it is counted; else in how many seconds, from 1.

        most: so often within within_s; 0 = no limit. cost: 0 only looks.
        """
        if not most:
            return 0
        now_ms = self._clock.now_ms()
        left, then_ms = self._buckets.pop(who, (float(most), now_ms))
        left = min(most, left + max(now_ms - then_ms, 0) * most / (within_s * 1000))
        is_free = left >= 1
        self._buckets[who] = (left - cost if is_free else left, now_ms)
        while len(self._buckets) > MOST:
            self._buckets.popitem(last=False)
        return 0 if is_free else max(1, math.ceil((1 - left) * within_s / most))

    def address(self, request: Request) -> str:
        """Where the request comes from; "-" if that is not known."""
        return self.address_of(request.scope, request.headers.getlist("x-forwarded-for"))

    def asker(self, request: Request) -> str:
        """Whom the request counts for: an IPv6 address for its /64, in which one subscriber of a line has all."""
        found = self.address(request)
        return str(ip_network(f"{found}/64", strict=False)) if ":" in found else found

    def address_of(self, scope: Any, forwarded: Sequence[str]) -> str:
        """The same of a connection and what stands in its X-Forwarded-For."""
        client = scope.get("client")
        found = client[0] if client else NOWHERE
        hops = [hop.strip() for line in forwarded for hop in line.split(",")]
        while hops and self._is_trusted(found):
            found = hops.pop()
        return found if _is_address(found) else NOWHERE

    def _is_trusted(self, address: str) -> bool:
        return _is_address(address) and any(ip_address(address) in network for network in self._trusted)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
