"""Kind dns: asks one name server one question, and judges the answer.

The order of judgement: the code of the answer, then how many records of the type there are, then what they say. Only
records of the type that was asked for count, whatever aliases led to them. A truncated answer is asked for anew by TCP.
"""

import re
from collections.abc import Sequence
from typing import Any, Literal, get_args
from urllib.parse import parse_qsl

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
from pydantic import Field, ValidationInfo, field_validator

from prober.clock import Clock
from prober.core.model import Due, Observation, Outcome
from prober.core.reason import Reason
from prober.options import CheckOptions, mistake
from prober.probes.base import Kind
from prober.probes.boundary import Attempt, Judgement, observe
from prober.probes.keys import CaFile, Family, Host, fitting, place
from prober.probes.reach import ReachOptions, reached
from prober.probes.stream import Line, connected, talking
from prober.wire import doh, tls
from prober.wire.datagram import LARGEST
from prober.wire.http1 import Exchange
from prober.wire.nameserver import NO_ANSWER, ask_by_tcp, ask_by_udp, ask_on, question
from prober.wire.url import Url, parse_place

Type = Literal[
    "A", "AAAA", "CAA", "CNAME", "DNSKEY", "DS", "HTTPS", "MX",
    "NAPTR", "NS", "PTR", "SOA", "SRV", "SVCB", "TLSA", "TXT",
]  # fmt: skip
Code = Literal["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"]

_PORT = 53
_TLS_PORT = 853
_HTTPS_PORT = 443
_TARGET = re.compile(r"dns://([^/?#]+)/([^/?#]+)(?:\?([^#]*))?", re.IGNORECASE)
_SHOWN = 256  # characters
_EXPECTED_TEMPLATE = 'a URL such as "https://dns.example/dns-query{?dns}"'
_BY_CODE = {dns.rcode.NXDOMAIN: Reason.DNS_NXDOMAIN, dns.rcode.SERVFAIL: Reason.DNS_SERVFAIL}


class DnsOptions(ReachOptions):
    """The keys of a check of kind dns."""

    host: Host
    """The name server that is asked: its name or address."""
    port: int | None = Field(default=None, ge=1, le=65_535)
    """The port that is asked; without it 53, 853 by TLS, or by HTTPS that of `url_template`."""
    query: str
    """The name that is asked for."""
    type: Type = "A"
    """The type of the records that are asked for."""
    transport: Literal["udp", "tcp", "tls", "https"] = "udp"
    """How it is asked. A truncated answer by UDP is asked for again by TCP."""
    url_template: str | None = None
    """By HTTPS, the URL that is asked (RFC 8484); without it `https://<host>/dns-query{?dns}`."""
    method: Literal["POST", "GET"] = "POST"
    """By HTTPS, how it is asked: with the question as body, or in the URL."""
    server_name: Host | None = None
    """The name that TLS asks for and the certificate must be for, if it differs from the host, or that of the URL."""
    verify: bool = True
    """Whether the certificate must be valid for the name and signed by a trusted authority."""
    ca: CaFile | None = None
    """A PEM file with the authorities to trust instead of the system's."""
    recursive: bool = True
    """Whether the server is asked to look further for an answer that it does not have."""
    expect_rcode: Code = "NOERROR"
    """The code that the answer must have."""
    min_answers: int = Field(default=1, ge=0, le=1000)
    """Fewer records of the type are a failure, if the code is NOERROR."""
    expect_answers: list[str] = Field(default=[], max_length=100)
    """Each of these must be among the records of the type."""
    expect_answers_in: list[str] = Field(default=[], max_length=100)
    """Each of the records of the type must be one of these."""
    family: Family = "any"
    """By which addresses the server is asked: "4", "6", "4 first", "6 first", or "any", in the system's order."""

    @field_validator("query", mode="after")
    @classmethod
    def _is_name(cls, text: str) -> str:
        try:
            dns.name.from_text(text)
        except (dns.exception.DNSException, UnicodeError):
            raise mistake('a name such as "example.com"') from None
        return text

    @field_validator("url_template", mode="after")
    @classmethod
    def _is_template(cls, template: str | None, info: ValidationInfo) -> str | None:
        if template is None:
            return None
        if info.data.get("transport", "https") != "https":
            raise mistake('transport = "https" with it', f'"{info.data["transport"]}"')
        try:
            url = doh.expanded(template, b"")
        except ValueError as error:
            raise mistake(_EXPECTED_TEMPLATE, str(error)) from None
        if url.scheme != "https" or url.userinfo is not None:
            raise mistake(_EXPECTED_TEMPLATE, "something else")
        return template

    @field_validator("method", mode="after")
    @classmethod
    def _has_its_place(cls, method: str, info: ValidationInfo) -> str:
        template = info.data.get("url_template")
        if method == "GET" and template is not None and not doh.has_variable(template):
            raise mistake('"POST", as url_template has no {?dns} for the question')
        return method

    @field_validator("expect_answers", "expect_answers_in", mode="after")
    @classmethod
    def _are_records(cls, texts: list[str], info: ValidationInfo) -> list[str]:
        type_: str = info.data.get("type", "TXT")  # without one, which is a mistake itself, anything can be said
        for text in texts:
            try:
                _said(_read(text, dns.rdatatype.from_text(type_)))
            except (dns.exception.DNSException, ValueError):
                raise mistake(f"what a record of type {type_} can say", f'"{text}"') from None
        return texts

    @field_validator("family", mode="after")
    @classmethod
    def _fits_host(cls, family: Family, info: ValidationInfo) -> Family:
        return fitting(family, info.data.get("host"))

    @property
    def used_port(self) -> int:
        """The port, wherever it was told."""
        if self.transport == "https":
            return self.port or self.asked_url().port
        return self.port or (_TLS_PORT if self.transport == "tls" else _PORT)

    @property
    def template(self) -> str:
        """The template of the URL that is asked by HTTPS."""
        return self.url_template or f"https://{place(self.host, self.port or _HTTPS_PORT)}{doh.USUAL}"

    def asked_url(self) -> Url:
        """The URL that is asked by HTTPS, without the question."""
        return doh.expanded(self.template, None)

    def vouched(self) -> str:
        return self.vouches_for or "dns"

    def shares(self) -> tuple[tuple[str, str], ...]:
        return (("resolver", self.host.lower()),)

    def target(self) -> str:
        server = place(self.host, self.used_port).removesuffix(f":{_PORT}")
        return f"dns://{server}/{self.query}?type={self.type}"


class DnsProbe:
    """Prepared once: the name, and what is expected of the records."""

    def __init__(self, options: DnsOptions, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._names = options.names()
        self._line = self._prepared_line() if options.transport in ("tls", "https") else None
        self._name = dns.name.from_text(options.query)
        self._type = dns.rdatatype.from_text(options.type)
        self._code = dns.rcode.from_text(options.expect_rcode)
        self._wanted = {_said(_read(text, self._type)): text for text in options.expect_answers}
        self._allowed = {_said(_read(text, self._type)) for text in options.expect_answers_in}

    async def probe(self, due: Due) -> Observation:
        return await observe(due, self._clock, self._options.timeout, self._run, NO_ANSWER)

    async def _run(self, attempt: Attempt) -> Judgement | None:
        asked = question(self._name, self._type, self._options.recursive)
        if self._line is None:
            transport, answer = await self._in_plain(asked, attempt)
        else:
            transport, answer = self._options.transport, await self._by_tls(self._line, asked, attempt)
        records = [record for rrset in answer.answer if rrset.rdtype == self._type for record in rrset]
        attempt.facts.update(_facts(answer, records), dns_transport=transport)
        return self._judged(answer.rcode(), records)

    async def _in_plain(self, asked: dns.message.Message, attempt: Attempt) -> tuple[str, dns.message.Message]:
        """By what it came, and the answer. Raises Failed."""
        options, enter = self._options, attempt.watch.enter
        address = await reached(attempt, options.host, options.family, self._names)
        if options.transport == "udp":
            answer = await ask_by_udp(asked, address, options.used_port, enter, attempt.doubts)
            attempt.doubt = None
            if not answer.flags & dns.flags.TC:
                return "udp", answer
        return "tcp", await ask_by_tcp(asked, address, options.used_port, enter)

    async def _by_tls(self, line: Line, asked: dns.message.Message, attempt: Attempt) -> dns.message.Message:
        """The answer by TLS, or by HTTPS on it. Raises Failed."""
        options, facts = self._options, attempt.facts
        if options.transport == "tls":
            async with talking(attempt, line) as talk:
                return await ask_on(talk, asked, attempt.watch.enter)
        sent = doh.asking(options.template, options.method, asked)
        facts["status_code"] = 0
        async with connected(attempt, line, lambda: Exchange(attempt.watch, doh.READING, False)) as (wire, exchange):
            try:
                return await doh.ask_by_https(exchange, wire, sent, asked)
            finally:
                facts["status_code"] = exchange.heard.status if exchange.heard else 0

    def _prepared_line(self) -> Line:
        options, is_https = self._options, self._options.transport == "https"
        policy = tls.context(options.verify, options.ca, ("http/1.1",) if is_https else ())
        host = options.asked_url().host if is_https else options.host
        name = (options.server_name or host).removesuffix(".")
        return Line(
            options.host,
            options.used_port,
            options.family,
            self._names,
            policy,
            name,
            Reason.DNS_MALFORMED,
            2 + LARGEST,
        )

    def _judged(self, code: dns.rcode.Rcode, records: Sequence[dns.rdata.Rdata]) -> Judgement | None:
        options = self._options
        if code != self._code:
            found = dns.rcode.to_text(code)
            return _down(_BY_CODE.get(code, Reason.DNS_RCODE), f"expected {options.expect_rcode}, found {found}")
        if code == dns.rcode.NOERROR and len(records) < options.min_answers:
            wanted = f"at least {options.min_answers} of type {options.type}"
            return _down(Reason.EXPECT_ANSWER, f"expected {wanted}, found {len(records)}")
        said = {_said(record): record for record in records}
        for one, text in self._wanted.items():
            if one not in said:
                return _down(Reason.EXPECT_ANSWER, f'expected "{text}", found {_shown(records)}')
        for one, record in said.items():
            if self._allowed and one not in self._allowed:
                return _down(Reason.EXPECT_ANSWER, f"found {_shown([record])}, which is not in expect_answers_in")
        return None


def _down(reason: Reason, detail: str) -> Judgement:
    return Judgement(Outcome.DOWN, reason, detail)


def _read(text: str, type_: dns.rdatatype.RdataType) -> dns.rdata.Rdata | str:
    """A record as people write it: texts stand for themselves, names need no dot. DNSException, ValueError."""
    if type_ == dns.rdatatype.TXT:
        return text
    return dns.rdata.from_text(dns.rdataclass.IN, type_, text, origin=dns.name.root, relativize=False)


def _said(record: Any) -> bytes:
    """What a record says, however it is written: the strings of a text as one, names in lower case."""
    if isinstance(record, str):
        return record.encode()
    if record.rdtype == dns.rdatatype.TXT:
        return b"".join(record.strings)
    said: bytes = record.to_digestable()
    return said


def _shown(records: Sequence[dns.rdata.Rdata]) -> str:
    """What records say, for people: not all of it if it is long."""
    text = ", ".join(record.to_text() for record in records) or "none"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _facts(answer: dns.message.Message, records: Sequence[Any]) -> dict[str, float | int | str | bool]:
    found: dict[str, float | int | str | bool] = {
        "rcode": dns.rcode.to_text(answer.rcode()),
        "authoritative": int(bool(answer.flags & dns.flags.AA)),
        "answer_count": sum(map(len, answer.answer)),
        "authority_count": sum(map(len, answer.authority)),
        "additional_count": sum(map(len, answer.additional)),
        "answers": _shown(records),
    }
    if records and records[0].rdtype == dns.rdatatype.SOA:
        found["serial"] = records[0].serial
    return found


def build(options: CheckOptions, clock: Clock) -> DnsProbe:
    """The prober of one check of kind dns."""
    if not isinstance(options, DnsOptions):
        raise TypeError(type(options).__name__)
    return DnsProbe(options, clock)


def guesses(target: str) -> dict[str, object] | None:
    """`dns://server/name` and `dns://server:port/name?type=MX` mean this kind (RFC 4501, with a server)."""
    found = _TARGET.fullmatch(target)
    if found is None:
        return None
    try:
        host, port = parse_place(found[1])
    except ValueError:
        return None
    asked = {name.lower(): value.upper() for name, value in parse_qsl(found[3] or "")}
    keys: dict[str, object] = {"host": host, "query": found[2]}
    if port is not None:
        keys["port"] = port
    if asked.get("type") in get_args(Type):
        keys["type"] = asked["type"]
    return keys if asked.keys() <= {"type"} and ("type" in keys) == ("type" in asked) else None


KIND = Kind(options=DnsOptions, build=build, guesses=guesses, example="dns://192.0.2.53/example.com?type=A")
