"""Every option of blackbox_exporter has its equal, or is refused in words."""

import tomllib
from pathlib import Path

import pytest

from prober.config.blackbox import FromFile, converted, written

FOLDER = Path("/etc/blackbox")
ICMP = {"kind": "icmp", "timeout": "2m", "count": 1}
HTTP = {"kind": "http", "timeout": "2m", "http2": True}


def keys(block: str, prober: str = "http") -> tuple[dict[str, object], list[str], list[str]]:
    """What a module with that block becomes, and what is refused and noted of it, without places."""
    text = f"modules:\n  a:\n    prober: {prober}\n    {prober}: {block}\n"
    found = converted("b.yml", text, FOLDER)
    assert found.mistakes == []
    paths = [[line.split(": ")[1] for line in lines] for lines in (found.refused, found.noted)]
    return dict(found.modules["a"].keys), paths[0], paths[1]


EQUAL: dict[str, dict[str, object]] = {
    "{}": {},
    "{valid_status_codes: [200, 301]}": {"expect_status": [200, 301]},
    "{valid_status_codes: []}": {},
    '{valid_http_versions: ["HTTP/1.1", "HTTP/2.0"]}': {"expect_version": ["1.1", "2"]},
    "{method: POST, body: '{}'}": {"method": "POST", "body": "{}"},
    "{body_file: b.json}": {"body": FromFile(FOLDER / "b.json")},
    "{headers: {Accept: a/b, Host: x.example}}": {"headers": {"Accept": "a/b"}, "host": "x.example"},
    "{follow_redirects: false}": {"follow_redirects": False},
    "{no_follow_redirects: true}": {"follow_redirects": False},
    "{enable_http2: false}": {"http2": False},
    "{preferred_ip_protocol: ip4, ip_protocol_fallback: false}": {"family": "4"},
    "{ip_protocol_fallback: false}": {"family": "6"},
    "{fail_if_body_not_matches_regexp: [a]}": {"expect_body_matches": ["a"], "body_limit": 16_777_216},
    "{fail_if_body_matches_regexp: [a], body_size_limit: 1KB}": {"expect_not_body_matches": ["a"], "body_limit": 1024},
    "{fail_if_header_not_matches: [{header: X, regexp: a}]}": {"expect_header": {"X": {"matches": "a"}}},
    "{fail_if_header_not_matches: [{header: X, regexp: a, allow_missing: true}]}": {
        "any": [{"expect_header": {"X": {"matches": "a"}}}, {"expect_header": {"X": {"exists": False}}}]
    },
    "{basic_auth: {username: u, password: p}}": {"headers": {"Authorization": "Basic dTpw"}},
    "{authorization: {credentials: t}}": {"bearer": "t"},
    "{authorization: {credentials_file: t}}": {"bearer": FromFile(FOLDER / "t")},
    "{authorization: {type: Key, credentials: t}}": {"headers": {"Authorization": "Key t"}},
    "{bearer_token: t}": {"bearer": "t"},
    "{bearer_token_file: /t}": {"bearer": FromFile(Path("/t"))},
    "{oauth2: {client_id: i, client_secret_file: s, token_url: http://t.example/, scopes: [a, b]}}": {
        "oauth_client_id": "i",
        "oauth_client_secret": FromFile(FOLDER / "s"),
        "oauth_token_url": "http://t.example/",
        "oauth_scope": "a b",
    },
    "{proxy_url: http://p.example:3128}": {"proxy": "http://p.example:3128"},
    "{tls_config: {insecure_skip_verify: true, ca_file: ca.pem, min_version: TLS12}}": {
        "verify": False,
        "ca": "/etc/blackbox/ca.pem",
    },
    "{tls_config: {cert_file: c.pem, key_file: c.pem}}": {"client_cert": "/etc/blackbox/c.pem"},
    "{headers: {Host: x.example}, tls_config: {server_name: x.example}}": {"host": "x.example"},
    "{fail_if_ssl: false, fail_if_header_matches: [], enable_http3: false, body_size_limit: 0}": {},
}


@pytest.mark.parametrize("block", EQUAL)
def test_what_has_an_equal_becomes_it(block: str) -> None:
    found = {**HTTP, **EQUAL[block]}
    if not found["http2"]:
        del found["http2"]
    assert keys(block) == (found, [], [])


REFUSED = {
    "fail_if_ssl: true": "fail_if_ssl",
    "fail_if_not_ssl: true": "fail_if_not_ssl",
    "fail_if_header_matches: [{header: X, regexp: a}]": "fail_if_header_matches",
    "fail_if_body_json_matches_cel: body.a == 1": "fail_if_body_json_matches_cel",
    "enable_http3: true": "enable_http3",
    "http_headers: {X: {values: [a]}}": "http_headers",
    "no_proxy: a": "no_proxy",
    "proxy_from_environment: true": "proxy_from_environment",
    'valid_http_versions: ["HTTP/3.0"]': "valid_http_versions",
    "preferred_ip_protocol: ip5": "preferred_ip_protocol",
    "basic_auth: {username: u, password_file: p}": "basic_auth.password_file",
    "authorization: {type: Key, credentials_file: t}": "authorization.credentials_file",
    "oauth2: {endpoint_params: {a: b}}": "oauth2.endpoint_params",
    "tls_config: {server_name: x.example}": "tls_config.server_name",
    "tls_config: {min_version: TLS13}": "tls_config.min_version",
    "tls_config: {max_version: TLS12}": "tls_config.max_version",
    "tls_config: {ca: text}": "tls_config.ca",
    "fail_if_header_not_matches: [{header: X, regexp: a}, {header: X, regexp: b}]": "fail_if_header_not_matches",
    "fail_if_header_not_matches: [{header: X, allow_missing: on}, {header: Y, allow_missing: on}]":
        "fail_if_header_not_matches",
}  # fmt: skip


@pytest.mark.parametrize("block", REFUSED)
def test_what_has_none_is_refused(block: str) -> None:
    assert keys(f"{{{block}}}")[1] == [f"modules.a.http.{REFUSED[block]}"]


def test_a_certificate_and_a_key_must_be_one_file() -> None:
    refused = keys("{tls_config: {cert_file: c.pem, key_file: k.pem}}")[1]
    assert refused == ["modules.a.http.tls_config.cert_file", "modules.a.http.tls_config.key_file"]


@pytest.mark.parametrize(
    "block",
    [
        "preferred_ip_protocol: ip4",
        "compression: gzip",
        "skip_resolve_phase_with_proxy: true",
        "body_size_limit: 1GB",
        "tls_config: {min_version: TLS10}",
    ],
)
def test_what_cannot_turn_bad_into_good_is_noted(block: str) -> None:
    _, refused, noted = keys(f"{{{block}}}")
    assert (refused, noted) == (
        [],
        [f"modules.a.http.{'tls_config.min_version' if 'tls' in block else block.split(':')[0]}"],
    )


OTHERS = [
    ("tcp", "{}", {"kind": "tcp", "timeout": "2m"}, []),
    ("tcp", "{tls: true, tls_config: {server_name: a.example}}",
     {"kind": "tls", "timeout": "2m", "server_name": "a.example"}, []),
    ("tcp", "{query_response: [{expect: '^220', send: 'EHLO ${1}'}, {starttls: true}, {send: QUIT}], tls: false}",
     {"kind": "tcp", "timeout": "2m",
      "query_response": [{"expect": "^220", "send": "EHLO ${1}"}, {"starttls": True}, {"send": "QUIT"}]}, []),
    ("tcp", "{query_response: [{expect: a}], tls: true, tls_config: {server_name: n}}",
     {"kind": "tcp", "timeout": "2m", "query_response": [{"expect": "a"}], "tls": True, "server_name": "n"}, []),
    ("tcp", "{query_response: [{expect_bytes: a}]}", {"kind": "tcp", "timeout": "2m", "query_response": [{}]},
     ["query_response[0].expect_bytes"]),
    ("tcp", "{source_ip_address: 127.0.0.1}", {"kind": "tcp", "timeout": "2m"}, ["source_ip_address"]),
    ("tcp", "{tls: true, tls_config: {cert_file: c}}", {"kind": "tls", "timeout": "2m"}, ["tls_config.cert_file"]),
    ("icmp", "{payload_size: 64, ttl: 64}", {**ICMP, "size": 64}, []),
    ("icmp", "{dont_fragment: true, ttl: 1}", ICMP, ["dont_fragment", "ttl"]),
    ("dns", "{query_name: a.example, query_type: mx, transport_protocol: tcp, recursion_desired: false}",
     {"kind": "dns", "timeout": "2m", "query": "a.example", "transport": "tcp", "type": "MX", "recursive": False,
      "min_answers": 0}, []),
    ("dns", "{query_name: a, query_type: A, valid_rcodes: [NXDOMAIN]}",
     {"kind": "dns", "timeout": "2m", "query": "a", "type": "A", "expect_rcode": "NXDOMAIN", "min_answers": 0}, []),
    ("dns", "{query_name: a, query_class: CH, valid_rcodes: [A, B], dns_over_tls: true}",
     {"kind": "dns", "timeout": "2m", "query": "a", "transport": "tls", "min_answers": 0},
     ["dns_over_tls", "query_type", "query_class", "valid_rcodes"]),
    ("dns", "{query_name: a, query_type: A, transport_protocol: tcp, dns_over_tls: true, tls_config: {server_name: n}}",
     {"kind": "dns", "timeout": "2m", "query": "a", "type": "A", "transport": "tls", "server_name": "n",
      "min_answers": 0}, []),
    ("dns", "{query_name: a, query_type: A, validate_answer_rrs: {fail_if_matches_regexp: [a]}}",
     {"kind": "dns", "timeout": "2m", "query": "a", "type": "A", "min_answers": 0}, ["validate_answer_rrs"]),
    ("grpc", "{service: s, tls: true, metadata: {k: [v]}}",
     {"kind": "grpc", "timeout": "2m", "service": "s", "tls": True, "metadata": {"k": "v"}}, []),
    ("grpc", "{metadata: {k: [v, w]}}", {"kind": "grpc", "timeout": "2m"}, ["metadata.k"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("prober", "block", "made", "refused"), OTHERS, ids=lambda one: one if isinstance(one, str) else ""
)
def test_the_other_kinds(prober: str, block: str, made: dict[str, object], refused: list[str]) -> None:
    assert keys(block, prober) == (made, [f"modules.a.{prober}.{key}" for key in refused], [])


def test_places_and_what_is_no_module_are_told() -> None:
    text = (
        "modules:\n  a: {prober: unix}\n  'b c': {prober: http}\n  d: {prober: http, timeout: 5s, tcp: {}, htp: {}}\n"
    )
    found = converted("b.yml", text, FOLDER)
    assert found.refused == [
        'b.yml:2:7: modules.a.prober: no equal here: expected one of http, tcp, icmp, dns, grpc, found "unix"',
        "b.yml:3:3: modules.b c: no equal here: ids are of 1 to 64 letters, digits, '.', '_', ':' and '-'",
    ]
    assert found.noted == ["b.yml:4:34: modules.d.tcp: has no effect on a module of http"]
    assert found.mistakes[0].startswith("b.yml:4:43: modules.d.htp: expected one of prober, timeout, http")
    assert found.modules["d"].keys == {"kind": "http", "timeout": "5s", "http2": True}
    assert (found.modules["d"].line, found.modules["d"].column) == (4, 3)


def test_what_is_written_is_toml() -> None:
    text = """
modules:
  a.b:
    prober: http
    http:
      body_file: b.json
      headers: {X: 'a "quoted" ${HOME} text'}
      fail_if_body_matches_regexp: ['\\d+\\.']
"""
    made = tomllib.loads(written(converted("b.yml", text, FOLDER).modules))
    assert made["modules"]["a.b"] == {
        "kind": "http",
        "timeout": "2m",
        "body": {"file": "/etc/blackbox/b.json"},
        "headers": {"X": 'a "quoted" $${HOME} text'},
        "expect_not_body_matches": ["\\d+\\."],
        "http2": True,
        "body_limit": 16_777_216,
    }
