"""Our own resolver: from a name to its addresses, as the system would find them, without a thread for each look-up.

Names are looked up in /etc/hosts and by the name servers of /etc/resolv.conf, in the order of /etc/nsswitch.conf; or by
the servers that a check names, and then by nothing else. Whose failure it is, when there is no address:

1. NXDOMAIN and an empty answer are a name server's own words about the name: they are the name's fault.
2. So is a name server of the system that fails, or says nothing, for this name and yet answers the control question.
3. If there is none such, we cannot look up names: self_dns.
4. Servers that a check names are part of what it probes: that they fail is never taken for our own fault, unless there
   is no way to any of them.
"""

import re
import socket
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from prober.core.reason import Reason
from prober.wire.address import VERSIONS, Address
from prober.wire.dns_message import AAAA, SERVFAIL, A, wire_name
from prober.wire.failure import Failed
from prober.wire.lookup import MOST_ALIASES, Answer, Trouble, ask
from prober.wire.preference import preferred
from prober.wire.system_names import Manner, Server, SystemNames

Doubts = Callable[[Failed | None], None]

MOST_KEPT = 4096
"""So many names are kept for as long as their servers allow."""

_LONGEST_KEPT_S = 3600
_VERSION_OF = {A: 4, AAAA: 6}
_TYPES = {"4": (A,), "6": (AAAA,)}
_BOTH = (A, AAAA)
_LIKE_A_NUMBER = re.compile(r".*[:%].*|(?:.*\.)?(?:[0-9]+|0[xX][0-9a-fA-F]*)\.?")
# Of names that are tried one after the other, the failure that is told.
_RANK = (Reason.DNS_NXDOMAIN, Reason.DNS_NO_ADDRESS, Reason.DNS_SERVFAIL)


class Unlike(Exception):
    """The system looks names up in ways of its own: its resolver must be asked."""


class Kept(NamedTuple):
    """Addresses of a name, and until when they hold, by the loop's clock."""

    until_s: float
    addresses: tuple[Address, ...]


class Resolver:
    """Looks names up by the system's own rules, or by some servers only. now_s: a clock that never goes back."""

    def __init__(self, system: SystemNames, now_s: Callable[[], float], servers: Sequence[Server] = ()) -> None:
        self._system = system
        self._now_s = now_s
        self._own = Manner(tuple(servers), timeout_s=2) if servers else None
        self._turn = 0
        self._kept: OrderedDict[tuple[str, str, Manner | None], Kept] = OrderedDict()

    async def addresses(
        self, host: str, family: str, doubts: Doubts, *, keeps: bool = False, other_way: bool = False
    ) -> Sequence[Address]:
        """All addresses of the name, the best first; one at least. Raises Failed, and Unlike if it must not judge.

        family: a key of FAMILIES. doubts: told what it will have been if time runs out. keeps: whether addresses are
        kept, and taken again, for as long as the name's servers allow. other_way: by another server first, and anew
        whatever is kept.
        """
        if _LIKE_A_NUMBER.fullmatch(host):
            return _numeric(host, family)
        if self._own is not None:
            return await self._by_dns(host, family, self._own, doubts, keeps, other_way)
        self._system.look()
        order = self._system.order
        if order is None:
            raise Unlike
        last = Failed(Reason.DNS_NXDOMAIN, f"looking up {host}: it is not in /etc/hosts")
        for source in order:
            if source == "files":
                found = self._by_files(host, family)
                if found:
                    return found
                continue
            try:
                return await self._by_dns(host, family, self._system.manner, doubts, keeps, other_way)
            except Failed as failed:
                last = failed
        raise last

    def _by_files(self, host: str, family: str) -> list[Address]:
        known = self._system.hosts.get(host.lower().removesuffix("."), ())
        return preferred([one for one in known if family not in ("4", "6") or family == str(one.version)])

    async def _by_dns(
        self, host: str, family: str, manner: Manner, doubts: Doubts, keeps: bool, other_way: bool
    ) -> Sequence[Address]:
        key = (host.lower(), family, manner)
        kept = self._kept.get(key) if keeps and not other_way else None
        if kept is not None and self._now_s() < kept.until_s:
            return kept.addresses
        turned = self._turned(manner, other_way)
        failures: list[Failed] = []
        for name in candidates(host, turned):
            try:
                found, ttl_s = await self._found(host, name, _TYPES.get(family, _BOTH), turned, doubts)
            except Failed as failed:
                if failed.reason not in _RANK:
                    raise
                failures.append(failed)
                continue
            addresses = tuple(preferred(found))
            if keeps:
                self._keep(key, Kept(self._now_s() + min(ttl_s, _LONGEST_KEPT_S), addresses))
            return addresses
        raise max(failures, key=lambda failed: _RANK.index(failed.reason))

    def _turned(self, manner: Manner, other_way: bool) -> Manner:
        by = self._turn if manner.rotate else 0
        self._turn += 1
        by = (by + other_way) % len(manner.servers)
        return manner._replace(servers=manner.servers[by:] + manner.servers[:by]) if by else manner

    def _keep(self, key: tuple[str, str, Manner | None], kept: Kept) -> None:
        self._kept[key] = kept
        self._kept.move_to_end(key)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)

    async def _found(
        self, host: str, name: bytes, types: Sequence[int], manner: Manner, doubts: Doubts
    ) -> tuple[list[Address], int]:
        """The addresses and for how many seconds they hold; one at least. Raises Failed."""
        for _ in range(MOST_ALIASES):
            answers, troubles = await self._answers(host, name, types, manner, doubts)
            found = [Address(ip, _VERSION_OF[type_]) for type_, said in answers.items() for ip in said.ips]
            if found:
                return found, min(said.ttl_s for said in answers.values() if said.ips)
            if len(answers) < len(types) and all(said.exists for said in answers.values()):
                raise self._blamed(host, troubles)
            alias = next((said.alias for said in answers.values() if said.alias is not None), None)
            if alias is None:
                raise _without_address(host, types, answers.values())
            name = alias
        raise Failed(Reason.DNS_MALFORMED, f"looking up {host}: its aliases lead on without end")

    async def _answers(
        self, host: str, name: bytes, types: Sequence[int], manner: Manner, doubts: Doubts
    ) -> tuple[dict[int, Answer], list[Trouble]]:
        """What the servers say, asked one after the other until one has said enough."""
        answers: dict[int, Answer] = {}
        troubles: dict[Server, Trouble] = {}
        living: set[Server] = set()

        def lives(server: Server) -> None:
            living.add(server)
            doubts(Failed(Reason.DNS_TIMEOUT, f"looking up {host}: {server} answers, but not for this name"))

        doubts(self._blamed(host, [Trouble(server, "no answer", False) for server in manner.servers]))
        try:
            for server, wait_s in tries(manner):
                missing = [type_ for type_ in types if type_ not in answers]
                heard = await ask(server, name, missing, wait_s, lives, by_tcp=manner.by_tcp)
                answers.update(heard.answers)
                if heard.trouble is not None:
                    has_answered = heard.trouble.answers_others or server in living
                    troubles[server] = heard.trouble._replace(answers_others=has_answered)
                if len(answers) == len(types) or any(said.ips for said in answers.values()):
                    break
        except Failed as failed:
            raise Failed(failed.reason, f"looking up {host}: {failed.detail}") from None
        doubts(None)
        return answers, list(troubles.values())

    def _blamed(self, host: str, troubles: Sequence[Trouble]) -> Failed:
        """Whose fault it is that none of the servers has answered for the name; see above."""
        told = "; ".join(f"{trouble.server}: {trouble.words}" for trouble in troubles)
        counting = troubles if self._own else [trouble for trouble in troubles if trouble.answers_others]
        codes = {trouble.code for trouble in counting if trouble.code is not None}
        reason = Reason.DNS_TIMEOUT
        if not counting:
            reason = Reason.SELF_DNS
        elif all(trouble.is_cut_off for trouble in counting):
            reason = Reason.SELF_UPLINK
        elif SERVFAIL in codes:
            reason = Reason.DNS_SERVFAIL
        elif codes:
            reason = Reason.DNS_RCODE
        return Failed(reason, f"looking up {host}: {told}")


def tries(manner: Manner) -> Iterator[tuple[Server, float]]:
    """Whom to ask, one after the other, and how many seconds to wait for each."""
    for attempt in range(manner.attempts):
        wait_s = manner.timeout_s if attempt == 0 else max(1.0, manner.timeout_s * 2**attempt / len(manner.servers))
        for server in manner.servers:
            yield server, wait_s


def candidates(host: str, manner: Manner) -> list[bytes]:
    """The names that the host may mean, in the order in which they are tried. Raises Failed if it can be none."""
    try:
        absolute = wire_name(host)
    except ValueError:
        raise Failed(Reason.DNS_NXDOMAIN, f"looking up {host}: it is no name that a host can have") from None
    if host.endswith("."):
        return [absolute]
    longer: list[bytes] = []
    for domain in manner.search:
        try:
            longer.append(wire_name(f"{host}.{domain}"))
        except ValueError:
            continue
    return [absolute, *longer] if host.count(".") >= manner.ndots else [*longer, absolute]


def _numeric(host: str, family: str) -> list[Address]:
    """The address that a host is in a way of writing that only the system knows, such as 127.1 or fe80::1%eth0."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except OSError:
        raise Failed(Reason.DNS_NXDOMAIN, f"looking up {host}: it is neither a name nor an address") from None
    addresses = [Address(str(a[0]), VERSIONS[number]) for number, *_, a in found if number in VERSIONS]
    fitting = [one for one in addresses if family not in ("4", "6") or family == str(one.version)]
    if not fitting:
        raise Failed(Reason.DNS_NO_ADDRESS, f"{host} is no IPv{family} address")
    return fitting


def _without_address(host: str, types: Sequence[int], said: Iterable[Answer]) -> Failed:
    if not all(answer.exists for answer in said):
        return Failed(Reason.DNS_NXDOMAIN, f"looking up {host}: there is no such name")
    wanted = f"IPv{_VERSION_OF[types[0]]} address" if len(types) == 1 else "address"
    return Failed(Reason.DNS_NO_ADDRESS, f"looking up {host}: the name has no {wanted}")
