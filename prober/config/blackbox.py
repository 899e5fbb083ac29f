"""A `blackbox.yml` of blackbox_exporter as modules of ours.

The rules:

1. Every option there is has its equal here, or is *refused*: told with its place and why, since a probe that leaves out
   a condition would call good what is not. One that is at its default has nothing to say, and is never refused.
2. What differs and cannot turn bad into good is *noted* only.
3. A key that blackbox_exporter does not know is a mistake, as it is there.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from prober.config.blackbox_shape import FILE
from prober.config.yaml_tables import Found, Reader
from prober.options import is_id, show_duration

LARGEST_BODY = 16 * 1024 * 1024
LARGEST_JSON = 1024 * 1024  # with alternatives
_NO_TIMEOUT_MS = 120_000  # the scrape's own is what counts, and this is the most that blackbox_exporter gives it

_VERSIONS = {"HTTP/1.0": "1.0", "HTTP/1.1": "1.1", "HTTP/2": "2", "HTTP/2.0": "2"}
Table = Mapping[str, Found]


class FromFile(NamedTuple):
    """A text that stands in a file."""

    path: Path


class Module(NamedTuple):
    """A module of ours. line, column: where it stands; keys: those of [modules.<id>]."""

    line: int
    column: int
    keys: Mapping[str, Any]


class Converted(NamedTuple):
    """What became of a file. mistakes: what is no blackbox.yml; refused, noted: see the rules. A line each."""

    modules: Mapping[str, Module]
    mistakes: list[str]
    refused: list[str]
    noted: list[str]


def converted(name: str, text: str, folder: Path) -> Converted:
    """The modules of a file. name: of the file, for messages; folder: where its relative paths begin."""
    reader = Reader()
    whole = reader.read(text, FILE)
    modules: dict[str, Module] = {}
    refused: list[str] = []
    noted: list[str] = []
    for id_, found in (whole["modules"].value if "modules" in whole else {}).items():
        one = _One(id_, folder)
        if is_id(id_):
            one.convert(found)
            modules[id_] = Module(found.line, found.column, one.keys)
        else:
            one.refuse(found, "", "ids are of 1 to 64 letters, digits, '.', '_', ':' and '-'")
        refused += one.refused
        noted += one.noted

    def placed(lines: list[str]) -> list[str]:
        return [f"{name}:{line}" if line[:1].isdigit() else f"{name}: {line}" for line in lines]

    return Converted(modules, placed(reader.mistakes), placed(refused), placed(noted))


def written(modules: Mapping[str, Module]) -> str:
    """As TOML."""
    lines = []
    for id_, module in modules.items():
        lines += [f"[modules.{json.dumps(id_)}]" if not id_.replace("_", "").isalnum() else f"[modules.{id_}]"]
        lines += [f"{key} = {_toml(value)}" for key, value in module.keys.items()]
        lines.append("")
    return "\n".join(lines)


def _toml(value: Any) -> str:
    match value:
        case FromFile():
            return f"{{ file = {_toml(str(value.path))} }}"
        case bool():
            return "true" if value else "false"
        case str():
            escaped = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
            return escaped.replace("${", "$${")
        case list():
            return f"[{', '.join(map(_toml, value))}]"
        case dict():
            return f"{{ {', '.join(f'{_toml(key)} = {_toml(item)}' for key, item in value.items())} }}"
        case _:
            return str(value)


class _One:
    """One module on its way."""

    def __init__(self, id_: str, folder: Path) -> None:
        self.keys: dict[str, Any] = {}
        self.refused: list[str] = []
        self.noted: list[str] = []
        self._id = id_
        self._folder = folder

    def refuse(self, found: Found, key: str, why: str) -> None:
        """It has no equal."""
        self.refused.append(self._told(found, key, f"no equal here: {why}"))

    def note(self, found: Found, key: str, why: str) -> None:
        """It has one that differs a little."""
        self.noted.append(self._told(found, key, why))

    def _told(self, found: Found, key: str, why: str) -> str:
        return f"{found.line}:{found.column}: {'.'.join(filter(None, ('modules', self._id, key)))}: {why}"

    def path(self, name: str) -> Path:
        """A file that is named there."""
        return self._folder / name

    def convert(self, found: Found) -> None:
        """All of it."""
        table: Table = found.value
        prober = table.get("prober", Found("", found.line, found.column))
        convert = _PROBERS.get(prober.value)
        if convert is None:
            known = ", ".join(_PROBERS)
            return self.refuse(prober, "prober", f"expected one of {known}, found {json.dumps(prober.value)}")
        self.keys["kind"] = prober.value
        timeout_ms = table["timeout"].value if "timeout" in table else _NO_TIMEOUT_MS
        self.keys["timeout"] = show_duration(timeout_ms)
        for other in _PROBERS.keys() & table.keys() - {prober.value}:
            self.note(table[other], other, f"has no effect on a module of {prober.value}")
        return convert(self, table[prober.value].value if prober.value in table else {})

    def sort_out(self, table: Table, above: str, without: Mapping[str, str]) -> None:
        """Refuse what has no equal, unless it says nothing. without: keys, and why."""
        for key, why in without.items():
            if key in table and table[key].value not in (False, 0, "", [], {}):
                self.refuse(table[key], f"{above}.{key}", why)

    def rename(self, table: Table, names: Mapping[str, str]) -> None:
        """Take over what is only called otherwise."""
        for theirs, ours in names.items():
            if theirs in table and table[theirs].value not in ("", [], {}):
                self.keys[ours] = _plain(table[theirs].value)

    def family(self, table: Table, above: str) -> None:
        """By which addresses."""
        preferred = table.get("preferred_ip_protocol")
        falls_back = _value(table, "ip_protocol_fallback", True)
        word = preferred.value if preferred is not None and preferred.value else "ip6"
        if word not in ("ip4", "ip6"):
            assert preferred is not None
            self.refuse(preferred, f"{above}.preferred_ip_protocol", "expected ip4 or ip6")
        elif not falls_back:
            self.keys["family"] = word[-1]
        elif preferred is not None:
            self.note(
                preferred,
                f"{above}.preferred_ip_protocol",
                "the system's preference goes first, as there is a fallback; family = "
                f'"{word[-1]}" would allow no other',
            )

    def trust(self, table: Table, above: str, without: Mapping[str, str]) -> None:
        """tls_config, but for the name."""
        tls, above = _value(table, "tls_config", {}), f"{above}.tls_config"
        if _value(tls, "insecure_skip_verify", False):
            self.keys["verify"] = False
        if _value(tls, "ca_file", ""):
            self.keys["ca"] = str(self.path(tls["ca_file"].value))
        for key, usual in (("min_version", ("", "TLS12")), ("max_version", ("", "TLS13"))):
            if key in tls and tls[key].value in ("TLS10", "TLS11") and key == "min_version":
                self.note(tls[key], f"{above}.{key}", "what is older than TLS 1.2 is not spoken")
            elif key in tls and tls[key].value not in usual:
                self.refuse(tls[key], f"{above}.{key}", "TLS 1.2 and 1.3 are spoken, whichever the target prefers")
        self.sort_out(tls, above, {**_INLINE, **without})


def _plain(value: Any) -> Any:
    """Without the places."""
    if isinstance(value, Found):
        return _plain(value.value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return {key: _plain(item) for key, item in value.items()} if isinstance(value, dict) else value


def _value(table: Table, key: str, default: Any) -> Any:
    return table[key].value if key in table else default


_INLINE = dict.fromkeys(("ca", "cert", "key"), "write it into a file and name that")
_NO_CLIENT = dict.fromkeys(("cert_file", "key_file"), "only kind http shows a certificate of its own")
_ONE_FILE = "write certificate and key into one file, and name it as both"
_NO_SOURCE = {"source_ip_address": "the system chooses the address to send from"}


# ------------------------------------------------------------ http

_HTTP_WITHOUT = {
    "fail_if_ssl": "no condition asks for plain HTTP",
    "fail_if_not_ssl": "no condition asks for TLS; let the target be an https URL",
    "fail_if_header_matches": "headers can be asked to match, not to not match",
    "fail_if_body_json_matches_cel": "there is no CEL; expect_json has comparisons by JSONPath",
    "fail_if_body_json_not_matches_cel": "there is no CEL; expect_json has comparisons by JSONPath",
    "enable_http3": "HTTP/3 is not spoken",
    "http_headers": "write them as headers",
    "no_proxy": "a module goes by its proxy or by none",
    "proxy_from_environment": "write the proxy as proxy_url",
    "proxy_connect_header": "none are sent to a proxy",
}


def _http(one: _One, table: Table) -> None:
    one.sort_out(table, "http", _HTTP_WITHOUT)
    one.rename(
        table,
        {
            "valid_status_codes": "expect_status",
            "method": "method",
            "body": "body",
            "fail_if_body_not_matches_regexp": "expect_body_matches",
            "fail_if_body_matches_regexp": "expect_not_body_matches",
            "proxy_url": "proxy",
        },
    )
    if _value(table, "body_file", ""):
        one.keys["body"] = FromFile(one.path(table["body_file"].value))
    _versions(one, table)
    _headers(one, table)
    _header_rules(one, table)
    _credentials(one, table)
    _oauth(one, table)
    _reading(one, table)
    one.family(table, "http")
    tls = _value(table, "tls_config", {})
    name, cert, key = (_value(tls, word, "") for word in ("server_name", "cert_file", "key_file"))
    if name and name != one.keys.get("host"):
        one.refuse(tls["server_name"], "http.tls_config.server_name", "TLS asks for the name that the header Host has")
    if cert and cert == key:
        one.keys["client_cert"] = str(one.path(cert))
    one.trust(table, "http", {} if cert == key else dict.fromkeys(("cert_file", "key_file"), _ONE_FILE))


def _versions(one: _One, table: Table) -> None:
    for found in _value(table, "valid_http_versions", []):
        if found.value in _VERSIONS:
            one.keys.setdefault("expect_version", []).append(_VERSIONS[found.value])
        else:
            one.refuse(found, "http.valid_http_versions", f"expected one of {', '.join(_VERSIONS)}")


def _headers(one: _One, table: Table) -> None:
    for name, found in _value(table, "headers", {}).items():
        if name.lower() == "host":
            one.keys["host"] = found.value
        else:
            one.keys.setdefault("headers", {})[name] = found.value


def _header_rules(one: _One, table: Table) -> None:
    """A header that must match, and may be missing in one case."""
    for found in _value(table, "fail_if_header_not_matches", []):
        rule, path = found.value, "http.fail_if_header_not_matches"
        name, wanted = _value(rule, "header", ""), {"matches": _value(rule, "regexp", "")}
        expected = one.keys.setdefault("expect_header", {})
        if _value(rule, "allow_missing", False):
            if "any" in one.keys:
                one.refuse(found, path, "one header may be missing, not several")
                continue
            one.keys["any"] = [{"expect_header": {name: wanted}}, {"expect_header": {name: {"exists": False}}}]
        elif name in expected:
            one.refuse(found, path, "a header has one rule; write both into one expression")
        else:
            expected[name] = wanted
    if one.keys.get("expect_header") == {}:
        del one.keys["expect_header"]


def _credentials(one: _One, table: Table) -> None:
    basic = _value(table, "basic_auth", {})
    if basic:
        for key in ("username_file", "password_file"):
            if _value(basic, key, ""):
                one.refuse(basic[key], f"http.basic_auth.{key}", 'write headers = { Authorization = "Basic ..." }')
        pair = f"{_value(basic, 'username', '')}:{_value(basic, 'password', '')}"
        value = f"Basic {base64.b64encode(pair.encode()).decode()}"
        one.keys.setdefault("headers", {})["Authorization"] = value
    given = _value(table, "authorization", {})
    scheme, credentials = _value(given, "type", "Bearer") or "Bearer", _value(given, "credentials", "")
    file = _value(given, "credentials_file", "") or _value(table, "bearer_token_file", "")
    token = credentials or _value(table, "bearer_token", "")
    if scheme.lower() == "bearer" and (token or file):
        one.keys["bearer"] = token or FromFile(one.path(file))
    elif file:
        one.refuse(given["credentials_file"], "http.authorization.credentials_file", "of type Bearer only")
    elif token:
        one.keys.setdefault("headers", {})["Authorization"] = f"{scheme} {token}"


def _oauth(one: _One, table: Table) -> None:
    if "oauth2" not in table:
        return
    given = table["oauth2"].value
    one.rename(
        given,
        {"client_id": "oauth_client_id", "client_secret": "oauth_client_secret", "token_url": "oauth_token_url"},
    )
    if _value(given, "client_secret_file", ""):
        one.keys["oauth_client_secret"] = FromFile(one.path(given["client_secret_file"].value))
    if _value(given, "scopes", []):
        one.keys["oauth_scope"] = " ".join(_plain(given["scopes"]))
    why = "the token server is asked as the target is"
    keys = ("endpoint_params", "tls_config", "proxy_url", "no_proxy", "proxy_from_environment", "proxy_connect_header")
    one.sort_out(given, "http.oauth2", dict.fromkeys(keys, why))


def _reading(one: _One, table: Table) -> None:
    """How the answer is got and read."""
    if not _value(table, "follow_redirects", True) or _value(table, "no_follow_redirects", False):
        one.keys["follow_redirects"] = False
    if _value(table, "enable_http2", True):
        one.keys["http2"] = True
    most = LARGEST_JSON if "any" in one.keys else LARGEST_BODY
    if _value(table, "body_size_limit", 0):
        one.keys["body_limit"] = min(table["body_size_limit"].value, most)
        if table["body_size_limit"].value > most:
            one.note(table["body_size_limit"], "http.body_size_limit", f"{most} is the most that is read")
    elif one.keys.keys() & {"expect_body_matches", "expect_not_body_matches"}:
        one.keys["body_limit"] = most
    for key, why in (
        ("compression", "an answer is asked for compressed, and decoded, by itself"),
        ("skip_resolve_phase_with_proxy", "a proxy always looks names up itself"),
    ):
        if _value(table, key, False):
            one.note(table[key], f"http.{key}", why)


# ------------------------------------------------------------ the others


def _tcp(one: _One, table: Table) -> None:
    one.sort_out(table, "tcp", _NO_SOURCE)
    one.family(table, "tcp")
    has_tls = _value(table, "tls", False)
    steps = [_step(one, found.value, f"tcp.query_response[{at}]") for at, found in enumerate(_steps(table))]
    if steps:
        one.keys["query_response"] = steps
        one.rename(table, {"tls": "tls"} if has_tls else {})
    elif has_tls:
        one.keys["kind"] = "tls"
    if has_tls or any("starttls" in step for step in steps):
        one.rename(_value(table, "tls_config", {}), {"server_name": "server_name"})
        one.trust(table, "tcp", _NO_CLIENT)


def _steps(table: Table) -> Sequence[Found]:
    found: Sequence[Found] = _value(table, "query_response", [])
    return found


def _step(one: _One, step: Table, above: str) -> dict[str, Any]:
    if _value(step, "expect_bytes", ""):
        one.refuse(step["expect_bytes"], f"{above}.expect_bytes", "lines are expected, not bytes")
    if _value(step, "labels", []):
        one.note(step["labels"], f"{above}.labels", "what an answer says becomes no label")
    return {key: step[key].value for key in ("expect", "send", "starttls") if _value(step, key, "")}


def _icmp(one: _One, table: Table) -> None:
    one.sort_out(table, "icmp", {**_NO_SOURCE, "dont_fragment": "packets may be fragmented"})
    if _value(table, "ttl", 64) != 64:
        one.refuse(table["ttl"], "icmp.ttl", "packets live as long as the system lets them")
    one.rename(table, {"payload_size": "size"} if _value(table, "payload_size", 0) else {})
    one.keys["count"] = 1
    one.family(table, "icmp")


_RECORDS = "records are compared as they stand: expect_answers and expect_answers_in"


def _dns(one: _One, table: Table) -> None:
    sections = ("validate_answer_rrs", "validate_authority_rrs", "validate_additional_rrs")
    one.sort_out(
        table,
        "dns",
        {**_NO_SOURCE, **dict.fromkeys(sections, _RECORDS)},
    )
    one.rename(table, {"query_name": "query", "transport_protocol": "transport"})
    if _value(table, "dns_over_tls", False):
        _dns_by_tls(one, table)
    kind = _value(table, "query_type", "ANY").upper() or "ANY"
    if kind == "ANY":
        at = table.get("query_type") or table.get("query_name") or Found("", 1, 1)
        one.refuse(at, "dns.query_type", "ANY, which is the default, is answered by few: name the type")
    else:
        one.keys["type"] = kind
    if _value(table, "query_class", "IN").upper() not in ("", "IN"):
        one.refuse(table["query_class"], "dns.query_class", "the class is IN")
    if not _value(table, "recursion_desired", True):
        one.keys["recursive"] = False
    codes = _value(table, "valid_rcodes", [])
    if len(codes) > 1:
        one.refuse(table["valid_rcodes"], "dns.valid_rcodes", "one code is expected")
    elif codes:
        one.keys["expect_rcode"] = codes[0].value
    one.keys["min_answers"] = 0
    one.family(table, "dns")


def _dns_by_tls(one: _One, table: Table) -> None:
    if _value(table, "transport_protocol", "udp") != "tcp":
        one.refuse(table["dns_over_tls"], "dns.dns_over_tls", "with transport_protocol: tcp only")
    one.keys["transport"] = "tls"
    one.rename(_value(table, "tls_config", {}), {"server_name": "server_name"})
    one.trust(table, "dns", _NO_CLIENT)


def _grpc(one: _One, table: Table) -> None:
    one.rename(table, {"service": "service"})
    if _value(table, "tls", False):
        one.keys["tls"] = True
        one.rename(_value(table, "tls_config", {}), {"server_name": "server_name"})
        one.trust(table, "grpc", _NO_CLIENT)
    for name, found in _value(table, "metadata", {}).items():
        values = found.value if isinstance(found.value, list) else [found]
        if len(values) == 1:
            one.keys.setdefault("metadata", {})[name] = values[0].value
        else:
            one.refuse(found, f"grpc.metadata.{name}", "one value is sent")
    one.family(table, "grpc")


_PROBERS: Mapping[str, Callable[[_One, Table], None]] = {
    "http": _http,
    "tcp": _tcp,
    "icmp": _icmp,
    "dns": _dns,
    "grpc": _grpc,
}
