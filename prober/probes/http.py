"""Kind http: asks an http or https URL, follows redirects by hand, and judges the answer.

The order of judgement: the status, headers, the body's text, its JSON, then the certificate's age. A redirect is
followed whatever `expect_status` says of it; where no more redirects are followed, the redirect itself is judged.
"""

import functools
import ssl
from collections.abc import Callable
from typing import NamedTuple

from anyio import to_thread

from prober.clock import Clock
from prober.core.model import Due, Observation, Outcome, Phase
from prober.core.reason import Reason
from prober.options import CheckOptions
from prober.probes.base import Kind
from prober.probes.boundary import Attempt, Judgement
from prober.probes.capsule import Witness
from prober.probes.every import Target, observe_addresses
from prober.probes.expectations import COMPARISONS, OF_TEXTS, unmet_by_any, unmet_json, wanted
from prober.probes.expiry import expiring
from prober.probes.http_auth import CHALLENGE, READING, Client, Tokens, digest
from prober.probes.http_more import More
from prober.probes.http_options import HttpOptions, statuses
from prober.probes.reach import reached
from prober.wire import quick_tls, tls
from prober.wire.address import Address
from prober.wire.connect import connect
from prober.wire.failure import Failed
from prober.wire.http1 import REDIRECTS, Exchange, Reading, Response
from prober.wire.request import fields, request
from prober.wire.url import Url, joined, parse, parse_place

# What is known of a response before there is one.
_NOTHING = {"status_code": 0, "http_version": 0.0, "content_length": -1, "body_length": 0, "redirects": 0, "ssl": 0}

# Told to nobody but the origin that the operator named.
_PRIVATE = frozenset({"authorization", "proxy-authorization", "cookie"})
_ABOUT_BODY = frozenset({"content-type", "content-encoding", "content-language", "content-location"})
_SHORT = 16 * 1024  # bytes of JSON: looked at within a few milliseconds
_KEEP_METHOD = frozenset({307, 308})
_UNAUTHORIZED = 401


class Hop(NamedTuple):
    """One request, ready to be sent. fields: all headers of it, but of its body. policy: None without TLS."""

    url: Url
    method: str
    headers: dict[str, str]
    body: bytes | None
    wire: bytes
    fields: dict[str, str]
    server_name: str
    policy: ssl.SSLContext | None


class HttpProbe:
    """Prepared once: the first request's bytes, the TLS policy, what is to be read of an answer.

    rustls shakes hands while all is well; OpenSSL does from a handshake that failed to the next one that succeeds.
    """

    def __init__(self, options: HttpOptions, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._names = options.names()
        self.may_follow: Callable[[str], bool] | None = None
        url = parse(options.url)
        self._target = Target(options.resolve_to or url.host, options.family, self._names, options.addresses)
        needs_tls = url.scheme == "https" or options.follow_redirects
        self._policy = tls.context(options.verify, options.ca) if needs_tls else None
        self._own_policy = tls.context(options.verify, options.ca, client=options.client_cert) if needs_tls else None
        # A certificate of our own is shown by OpenSSL only.
        may_be_quick = needs_tls and options.verify and options.client_cert is None
        self._quick = quick_tls.policy(options.ca) if may_be_quick else None
        self._asks_openssl = self._is_proven = self._is_beyond = False
        expected = statuses(options.expect_status)
        self._headers = {name: wanted(written, name, OF_TEXTS) for name, written in options.expect_header.items()}
        self._json = {path: wanted(written, path, COMPARISONS) for path, written in options.expect_json.items()}
        self._more = More(
            options.expect_version,
            options.expect_address_in,
            options.expect_schema,
            options.expect_within,
            options.any,
            options.severity,
            [(text, True) for text in options.expect_body_matches]
            + [(text, False) for text in options.expect_not_body_matches],
        )
        self._reading = Reading(
            expected,
            options.follow_redirects,
            (options.expect_body or "").encode(),
            options.body_limit,
            (options.expect_not_body or "").encode(),
            bool(self._json) or self._more.needs_body,
            frozenset(name.lower().encode() for name in self._headers)
            | self._more.fields
            | (frozenset({CHALLENGE}) if options.digest else frozenset()),
            options.hash_body,
        )
        body, kind = options.content()
        headers = dict(options.headers)
        if kind is not None and "content-type" not in map(str.lower, headers):
            headers["Content-Type"] = kind
        if options.compression:
            headers["Accept-Encoding"] = ", ".join(options.compression)
        if options.bearer is not None:
            headers["Authorization"] = f"Bearer {options.bearer.get_secret_value()}"
        self._origin = url.origin
        self._proxy = None if options.proxy is None else options.proxy.get_secret_value()
        self._first = self._hop(url, options.method, headers, body, options.host)
        self._tokens, self._asking = self._prepared_tokens()
        self._witness = Witness(options.hidden)

    def _hop(self, url: Url, method: str, headers: dict[str, str], body: bytes | None, host: str | None = None) -> Hop:
        told = url._replace(userinfo=None) if self._options.digest else url  # by Digest a password is never sent
        wire = request(method, told, host or url.authority, headers, body)
        sent = fields(told, host or url.authority, headers)
        server_name = parse_place(host)[0] if host else url.host
        known = self._own_policy if url.origin == self._origin else self._policy
        policy = known if url.scheme == "https" else None
        return Hop(url, method, headers, body, wire, sent, server_name.removesuffix("."), policy)

    def _prepared_tokens(self) -> tuple[Tokens | None, Hop | None]:
        """Of a check that authorizes by OAuth2: what keeps its token, and the request for one."""
        options = self._options
        if options.oauth_token_url is None or options.oauth_client_id is None or options.oauth_client_secret is None:
            return None, None
        secret = options.oauth_client_secret.get_secret_value()
        tokens = Tokens(
            Client(options.oauth_token_url, options.oauth_client_id, secret, options.oauth_scope), self._clock
        )
        url = parse(options.oauth_token_url)
        needs_tls = url.scheme == "https"
        asking = self._hop(url, "POST", tokens.headers, tokens.body)
        return tokens, asking._replace(policy=tls.context(options.verify, options.ca) if needs_tls else None)

    async def probe(self, due: Due) -> Observation:
        return await observe_addresses(due, self._clock, self._options.timeout, self._target, self._run, self._witness)

    async def _run(self, attempt: Attempt) -> Judgement | None:
        facts, options, hop = attempt.facts, self._options, await self._authorized(attempt)
        facts.update(_NOTHING)
        response = await self._challenged(hop, attempt)
        if self._tokens is not None and response.status == _UNAUTHORIZED:
            self._tokens.forget()
        while options.follow_redirects and response.location is not None and response.status in REDIRECTS:
            if facts["redirects"] == options.max_redirects:
                raise Failed(Reason.HTTP_TOO_MANY_REDIRECTS, f"more than {options.max_redirects} redirects")
            hop = self._following(hop, response.status, response.location)
            facts["redirects"] = int(facts["redirects"]) + 1
            response = await self._challenged(hop, attempt)
        unmet = self._unmet(response) or await self._unmet_json(response) or await self._more.unmet(response, attempt)
        expiry_s = facts.get("cert_expiry_s") if hop.policy else None
        return unmet or expiring(expiry_s, options.cert_expiring_within, self._clock.now_ms())

    async def _authorized(self, attempt: Attempt) -> Hop:
        """The first request, with a token if the check has one. A token server's failure is not the target's."""
        tokens, asking, first = self._tokens, self._asking, self._first
        if tokens is None or asking is None:
            return first
        aside = Attempt(attempt.watch, {})
        attempt.doubts(Failed(Reason.SELF_TOKEN, "the token server does not answer in time"))
        token = await tokens.token(lambda: self._fetch(asking, aside, READING))
        attempt.doubt = None
        attempt.secrets += (token,)
        headers = first.headers | {"Authorization": f"Bearer {token}"}
        return self._hop(first.url, first.method, headers, first.body, self._options.host)

    async def _challenged(self, hop: Hop, attempt: Attempt) -> Response:
        """The response; if it is a challenge of Digest that can be answered, the one to that answer."""
        response = await self._fetch(hop, attempt)
        if not self._options.digest or hop.url.userinfo is None or response.status != _UNAUTHORIZED:
            return response
        answer = digest(hop.url.userinfo, hop.method, str(hop.url), response.fields.get(CHALLENGE, []))
        if answer is None:
            return response
        headers = hop.headers | {"Authorization": answer}
        return await self._fetch(self._hop(hop.url, hop.method, headers, hop.body, self._options.host), attempt)

    def _following(self, hop: Hop, status: int, location: bytes) -> Hop:
        """The request that a redirect asks for."""
        try:
            url = joined(hop.url, location)
        except ValueError as error:
            raise Failed(Reason.REDIRECT_REFUSED, f"it redirects to a URL that is not followed: {error}") from None
        if self.may_follow is not None and not self.may_follow(url.host):
            raise Failed(Reason.REDIRECT_REFUSED, "it redirects to a host that may not be probed on demand")
        method, headers, body = hop.method, hop.headers, hop.body
        if status not in _KEEP_METHOD and method not in ("GET", "HEAD"):
            method, body = "GET", None
            headers = {name: value for name, value in headers.items() if name.lower() not in _ABOUT_BODY}
        if url.origin == hop.url.origin:
            host = self._options.host if url.origin == self._first.url.origin else None
            return self._hop(url._replace(userinfo=hop.url.userinfo), method, headers, body, host)
        headers = {name: value for name, value in headers.items() if name.lower() not in _PRIVATE}
        return self._hop(url, method, headers, body)

    async def _fetch(self, hop: Hop, attempt: Attempt, reading: Reading | None = None) -> Response:
        """One response. What is learned on the way stands in the facts, also when it fails."""
        watch, facts = attempt.watch, attempt.facts
        if self._proxy is not None or self._options.http2:
            return await self._fetch_by_stock(hop, attempt, reading or self._reading)
        address = await self._address(hop, attempt)
        facts["ssl"] = 0
        watch.enter(Phase.CONNECT)
        is_unsure = False
        if hop.policy is not None and self._quick is not None and not self._asks_openssl:
            try:
                return await self._fetch_quickly(hop, attempt, address, self._quick, reading or self._reading)
            except quick_tls.Unsure:
                is_unsure = True
                watch.enter(Phase.CONNECT)
        exchange = Exchange(watch, reading or self._reading, hop.method == "HEAD")
        attempt.answer = exchange.shown
        transport, _ = await connect(lambda: exchange, address, hop.url.port)
        secured = transport
        try:
            if hop.policy is not None:
                watch.enter(Phase.TLS)
                exchange.expect_quiet()
                secured = await tls.secure(transport, exchange, hop.policy, hop.server_name)
                facts.update(tls.facts(secured), ssl=1)
                attempt.chain = functools.partial(tls.chain, secured.get_extra_info("ssl_object"))
                self._is_beyond = self._is_beyond or is_unsure  # OpenSSL can what rustls cannot, and keeps it
                self._asks_openssl = self._is_beyond
            response = await exchange.ask(secured, hop.wire)
        except tls.CertificateFailed as failed:
            transport.abort()
            await _learn_expiry(failed, attempt, address, hop)
            raise
        finally:
            if secured is not transport:
                secured.abort()
            transport.abort()
        _note(response, facts)
        return response

    async def _fetch_quickly(
        self, hop: Hop, attempt: Attempt, address: Address, quick: quick_tls.Policy, reading: Reading
    ) -> Response:
        """The same by rustls. Raises Unsure if OpenSSL must be asked for a handshake."""
        watch, facts = attempt.watch, attempt.facts
        exchange = Exchange(watch, reading, hop.method == "HEAD")
        attempt.answer = exchange.shown
        tunnel = quick_tls.Tunnel(exchange, quick, hop.server_name)
        transport, _ = await connect(lambda: tunnel, address, hop.url.port)
        try:
            watch.enter(Phase.TLS)
            try:
                facts.update(await tunnel.secure(), ssl=1)
            except (quick_tls.Unsure, Failed):
                self._asks_openssl = True
                if self._is_proven:
                    raise
                raise quick_tls.Unsure from None  # some hang up on a hello that they cannot answer
            attempt.chain = tunnel.chain
            self._is_proven = True
            response = await exchange.ask(tunnel, hop.wire)
        finally:
            transport.abort()
        _note(response, facts)
        return response

    async def _fetch_by_stock(self, hop: Hop, attempt: Attempt, reading: Reading) -> Response:
        """One response by httpx's own transport, which speaks HTTP/2 and to proxies."""
        from prober.wire.httpx_stock import Asked, Seen, fetch

        watch, facts, address, seen = attempt.watch, attempt.facts, None, Seen()
        attempt.answer, attempt.chain = seen.shown, lambda: seen.chain
        facts["ssl"] = 0
        if self._proxy is None:
            address = await self._address(hop, attempt)
        policy = None if hop.policy is None else self._stock_policy(hop)
        sent = {name: value for name, value in hop.fields.items() if name.lower() != "connection"}  # HTTP/2 has none
        asked = Asked(
            hop.method, hop.url, sent, hop.body, address, hop.server_name, policy,
            self._proxy, self._options.http2,
        )  # fmt: skip
        try:
            response = await fetch(asked, reading, watch.enter, facts, attempt.doubts, seen)
        except tls.CertificateFailed as failed:
            if address is not None:  # a proxy's tunnel is not dug again for it
                await _learn_expiry(failed, attempt, address, hop)
            raise
        _note(response, facts)
        return response

    def _stock_policy(self, hop: Hop) -> ssl.SSLContext:
        """Its own: the transport sets on it what is asked for."""
        options = self._options
        client = options.client_cert if hop.url.origin == self._origin else None
        alpn = ("http/1.1", "h2") if options.http2 else ("http/1.1",)
        return tls.context(options.verify, options.ca, alpn, client)

    async def _address(self, hop: Hop, attempt: Attempt) -> Address:
        is_first = hop.url.host == self._first.url.host
        host = self._options.resolve_to if is_first and self._options.resolve_to else hop.url.host
        address = await reached(attempt, host, self._options.family, self._names)
        attempt.tried += (address.ip,)
        return address

    def _unmet(self, response: Response) -> Judgement | None:
        """What is wrong with status, headers or the text of the body."""
        options = self._options
        if response.status not in self._reading.body_for:
            wanted_ = ", ".join(map(str, options.expect_status))
            return Judgement(Outcome.DOWN, Reason.HTTP_STATUS, f"expected status {wanted_}, found {response.status}")
        for name, want in self._headers.items():
            said = [value.decode("latin-1").strip() for value in response.fields.get(name.lower().encode(), ())]
            why = unmet_by_any(want, said)
            if why is not None:
                return self._judgement(Reason.EXPECT_HEADER, f"header {name}: {why}")
        if self._reading.text and not response.has_text:
            return self._judgement(Reason.EXPECT_BODY, "the body does not contain the expected text")
        if response.has_banned:
            return self._judgement(Reason.EXPECT_BODY, "the body contains the text of expect_not_body")
        return None

    async def _unmet_json(self, response: Response) -> Judgement | None:
        """What is wrong with the JSON of the body. Looking for it may take long: then a thread does it."""
        if not self._json:
            return None
        if len(response.content) < _SHORT:
            why = unmet_json(response.content, self._json)
        else:
            why = await to_thread.run_sync(unmet_json, response.content, self._json, abandon_on_cancel=True)
        return None if why is None else self._judgement(Reason.EXPECT_JSON, why)

    def _judgement(self, reason: Reason, detail: str) -> Judgement:
        return Judgement(Outcome(self._options.severity), reason, detail)


def _note(response: Response, facts: tls.Facts) -> None:
    facts["status_code"], facts["http_version"] = response.status, float(response.version)
    facts["content_length"], facts["body_length"] = response.content_length, response.body_length
    if response.digest:
        facts["body_sha256"], facts["body_hash"] = response.digest, int(response.digest[:12], 16)


async def _learn_expiry(failed: Failed, attempt: Attempt, address: Address, hop: Hop) -> None:
    """Asks again without verifying, so that the expiry is known of the very certificates that were refused."""
    attempt.failed = failed
    attempt.watch.stop()
    expiry_s = await tls.peer_expiry_s(address, hop.url.port, hop.server_name)
    if expiry_s is not None:
        attempt.facts["cert_expiry_s"] = expiry_s


def build(options: CheckOptions, clock: Clock) -> HttpProbe:
    """The prober of one check of kind http."""
    if not isinstance(options, HttpOptions):
        raise TypeError(type(options).__name__)
    return HttpProbe(options, clock)


def guesses(target: str) -> dict[str, object] | None:
    """URLs mean this kind."""
    return {"url": target} if target.lower().startswith(("http://", "https://")) else None


KIND = Kind(options=HttpOptions, build=build, guesses=guesses, example="https://example.com/")
