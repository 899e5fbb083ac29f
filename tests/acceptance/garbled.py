"""Requests by HTTP that have gone wrong in random ways, each known by its number: the same number, the same bytes."""

import json
import random
from collections.abc import Sequence
from typing import Any, NamedTuple

ADMIN = "admin-secret-0123456789"
METRICS = "metrics-secret-0123456789"

# Paths of each listener; <id> is one of those below.
PUBLIC = (
    "/", "/history", "/s/main", "/s/<id>", "/incidents/<id>", "/incidents/<id>.json", "/feed.atom", "/history.rss",
    "/history.atom", "/calendar.ics", "/badge.svg", "/badge/<id>.svg", "/static/<id>", "/favicon.svg", "/live",
    "/summary.json", "/v2/components.json", "/v3/summary.json", "/v3/components.json", "/api/v2/summary.json",
    "/api/v2/incidents.json", "/api/v2/<id>.json", "/api/v1/", "/api/v1/event/list/", "/api/v1/event/list/<id>/",
    "/api/v1/event/list/set/<id>;<id>/", "/api/v1/event/list/schema/", "/api/v1/event/service/", "/api/v1/service/",
    "/api/v1/event/update/<id>/", "/api/v1/status/", "/api/v1/type/<id>/", "/api/v1/severity/", "/api/v1/user/",
    "/api/v1/public/dashboard/", "/api/prober/v1/", "/api/prober/v1/openapi.json", "/api/prober/v1/status",
    "/api/prober/v1/checks/<id>", "/api/prober/v1/checks/<id>/latency", "/api/prober/v1/checks/<id>/observations",
    "/api/prober/v1/incidents", "/api/prober/v1/incidents/<id>", "/api/prober/v1/incidents/<id>/updates",
    "/api/prober/v1/components/<id>/explain", "/api/prober/v1/components/<id>/uptime", "/api/prober/v1/keys",
    "/api/prober/v1/components/<id>/pin", "/api/prober/v1/maintenances", "/api/prober/v1/maintenances/<id>/next",
    "/api/prober/v1/maintenances/<id>/end", "/api/prober/v1/notices/<id>", "/api/prober/v1/notices/<id>/replay",
    "/api/prober/v1/channels", "/api/prober/v1/alertmanager",
    "/api/prober/v1/transitions", "/api/prober/v1/stream", "/api/prober/v1/checks/<id>/probe",
    "/ping/<id>", "/ping/<id>/<id>", "/-/healthy", "/config",
)  # fmt: skip
UP = (
    "/", "/accounts", "/accounts/<id>", "/sites/<id>", "/site/<id>/", "/components/<id>", "/incidents/<id>",
    "/maintenance/<id>", "/metrics/<id>", "/subscriptions/<id>",
)  # fmt: skip
SCRAPED = ("/metrics", "/probe", "/probe?target=shop&module=http_2xx", "/sd/prometheus", "/-/healthy", "/-/ready", "/")

_IDS = (
    "shop", "main", "acme", "ops", "upgrade", "none", "1", "0", "-1", "1.5", "99999999999999999999", "shop:uptime",
    "..", "%2e%2e", "%00", "%ff", "%F0%9F%98%80", "a" * 300, "1;2", "*", "@alerts", "' OR 1=1--", "{id}",
)  # fmt: skip
_QUERIES = (
    "at", "from", "to", "step", "limit", "offset", "count", "open", "format", "hours", "zone", "order_by", "username",
    "api_key", "target", "module", "debug", "form", "year", "lang", "id__in", "start__gte", "month", "maintenance",
    "after",
)  # fmt: skip
_VALUES: Sequence[Any] = (
    "", "shop", "main", "acme", "open", "MAJOROUTAGE", "RESOLVED", "resolved", "true", "2026-03-01T12:00:00Z",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-03-01", "1h", "366d", "Mo-Fr 08:00-18:00", "Europe/Berlin",
    "http://127.0.0.1:9/", "https://example.com/", "x" * 11_000, "\u202e\u0000", "\ud800", "<script>",
    "/api/v1/status/1/", "1-0", "2023-11-14T22:13:20Z",
    0, 1, -1, 1.5, 1e308, 2**53, 2**63, 10**400, True, False, None, [], {}, ["shop"], [{}], [[["x"]]], {"id": "x"},
)  # fmt: skip
_FIELDS = (
    "id", "name", "site", "account", "component", "components", "status", "body", "impact", "duration", "start", "end",
    "started_at", "resolved_at", "description", "endpoint", "format", "secret", "data", "key", "sites", "incidents",
    "position", "parent", "url", "scope", "expires_in", "instead_of", "auto_end", "auto_start", "version", "alerts",
    "type", "severity", "service", "event", "updates", "text", "objects", "timestamp", "value", "until", "title",
)  # fmt: skip
_HEADERS = (
    b"Accept-Encoding: gzip;q=x", b"Accept: application/openmetrics-text;version=9", b"If-None-Match: *",
    b"If-Match: x",
    b"Range: bytes=0-1", b"Cookie: a=b", b"Accept-Language: de-CH-1996, *;q=0", b"Expect: 100-continue",
    b"Transfer-Encoding: chunked", b"Content-Length: 5", b"Host: [::1", b"Upgrade: websocket", b"Connection: upgrade",
    b"X-Prometheus-Scrape-Timeout-Seconds: nan", b"X-Forwarded-For: x", b"Idempotency-Key: a",
    b"Content-Type: text/xml", b"Last-Event-ID: 9999999999999999999", b"X-HTTP-Method-Override: PUT",
)  # fmt: skip
_PIECES = (
    b"\r\n", b"\n", b"\0", b"\xff", b":", b" ", b"\t", b"%", b"?", b"#", b"/", b"//", b"-1", b"[" * 200, b'"',
    b"\\u0000",
    b"HTTP/9.9", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"A" * 70_000, b"X: y\r\n" * 300,
    b"\r\n\r\n",
    b"NaN", b"1e999", b"\xed\xa0\x80", b"\xe2\x80\xae", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"0\r\n\r\n",
)  # fmt: skip


class Garbled(NamedTuple):
    """listener: of which it is asked."""

    listener: str
    content: bytes


def garbled(number: int) -> Garbled:
    """The request of that number, or two in one go. One in five is well-formed: what it asks is odd all the same."""
    dice = random.Random(number)
    listener = dice.choice(("public", "public", "up", "metrics"))
    content = bytearray(b"".join(_request(dice, listener) for _ in range(dice.choice((1, 1, 1, 2)))))
    for _ in range(dice.choice((0, 1, 1, 2, 8))):
        _mutate(content, dice)
    return Garbled(listener, bytes(content))


def _request(dice: random.Random, listener: str) -> bytes:
    paths = {"public": PUBLIC, "up": UP, "metrics": SCRAPED}[listener]
    path = dice.choice(paths)
    while "<id>" in path:
        path = path.replace("<id>", dice.choice(_IDS), 1)
    if dice.random() < 0.4:
        path += ("&" if "?" in path else "?") + "&".join(
            f"{dice.choice(_QUERIES)}={_asked(dice.choice(_VALUES))}" for _ in range(dice.choice((1, 1, 2, 5)))
        )
    method = dice.choice(("GET", "GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS", "TRACE"))
    body = b"" if method in ("GET", "HEAD") else json.dumps(_fields(dice, 2)).encode()
    address = ".".join(str(dice.randrange(256)) for _ in range(4))
    headers = [b"Host: 127.0.0.1", b"X-Forwarded-For: " + address.encode(), _key(path, listener)]
    headers += [b"Content-Length: %d" % len(body)] if body else []
    headers += [dice.choice(_HEADERS)] if dice.random() < 0.3 else []
    return b"\r\n".join([f"{method} {path} HTTP/1.1".encode("utf-8", "replace"), *headers, b"", body])


def _key(path: str, listener: str) -> bytes:
    if listener == "up":
        return f"Auth: {ADMIN}".encode()
    if listener == "metrics":
        return f"Authorization: Bearer {METRICS}".encode()
    scheme = f"ApiKey admin:{ADMIN}" if path.startswith("/api/v1/") else f"Bearer {ADMIN}"
    return f"Authorization: {scheme}".encode()


def _fields(dice: random.Random, levels: int) -> dict[str, Any]:
    def value() -> Any:
        if levels and dice.random() < 0.2:
            return dice.choice((lambda it: it, lambda it: [it], lambda it: [it, it]))(_fields(dice, levels - 1))
        return dice.choice(_VALUES)

    return {dice.choice(_FIELDS): value() for _ in range(dice.choice((0, 1, 2, 3, 6)))}


def _asked(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return "".join(c if (c.isascii() and c.isalnum()) or c in ":-." else f"%{ord(c) % 256:02x}" for c in text[:2_000])


def _mutate(content: bytearray, dice: random.Random) -> None:
    at = dice.randrange(len(content) + 1)
    end = min(len(content), at + dice.choice((1, 1, 2, 5, 20, 200)))
    match dice.randrange(6):
        case 0:
            content[at:end] = dice.randbytes(end - at)
        case 1:
            del content[at:end]
        case 2:
            content[at:at] = content[at:end]
        case 3:
            content[at:at] = dice.choice(_PIECES)
        case 4 if dice.random() < 0.2:  # what never ends, keeps a connection waiting
            del content[at:]
        case _ if at < len(content):
            content[at] ^= 1 << dice.randrange(8)
