"""The keys that a blackbox.yml may have, as of blackbox_exporter 0.24 and some that came later."""

from prober.config.yaml_tables import Shape, flag, listed, named, size, span_ms, table, text, whole

_TLS: Shape = {
    "insecure_skip_verify": flag,
    **dict.fromkeys(("ca_file", "cert_file", "key_file", "server_name", "min_version", "max_version"), text),
    **dict.fromkeys(("ca", "cert", "key"), text),
}
_PROXY: Shape = {
    "proxy_url": text,
    "no_proxy": text,
    "proxy_from_environment": flag,
    "proxy_connect_header": named(listed(text)),
}
_FAMILY: Shape = {"preferred_ip_protocol": text, "ip_protocol_fallback": flag}
_SOURCE: Shape = {**_FAMILY, "source_ip_address": text}
_HEADER: Shape = {"header": text, "regexp": text, "allow_missing": flag}

_HTTP: Shape = {
    **_FAMILY,
    **_PROXY,
    "skip_resolve_phase_with_proxy": flag,
    "valid_status_codes": listed(whole),
    "valid_http_versions": listed(text),
    "method": text,
    "headers": named(text),
    "http_headers": named(table({"values": listed(text), "secrets": listed(text), "files": listed(text)})),
    "body": text,
    "body_file": text,
    "body_size_limit": size,
    "compression": text,
    "follow_redirects": flag,
    "no_follow_redirects": flag,
    "fail_if_ssl": flag,
    "fail_if_not_ssl": flag,
    "fail_if_body_matches_regexp": listed(text),
    "fail_if_body_not_matches_regexp": listed(text),
    "fail_if_header_matches": listed(table(_HEADER)),
    "fail_if_header_not_matches": listed(table(_HEADER)),
    "fail_if_body_json_matches_cel": text,
    "fail_if_body_json_not_matches_cel": text,
    "enable_http2": flag,
    "enable_http3": flag,
    "tls_config": table(_TLS),
    "basic_auth": table(dict.fromkeys(("username", "username_file", "password", "password_file"), text)),
    "authorization": table(dict.fromkeys(("type", "credentials", "credentials_file"), text)),
    "bearer_token": text,
    "bearer_token_file": text,
    "oauth2": table(
        {
            **_PROXY,
            **dict.fromkeys(("client_id", "client_secret", "client_secret_file", "token_url"), text),
            "scopes": listed(text),
            "endpoint_params": named(text),
            "tls_config": table(_TLS),
        }
    ),
}
_TCP: Shape = {
    **_SOURCE,
    "tls": flag,
    "tls_config": table(_TLS),
    "query_response": listed(
        table(
            {
                **dict.fromkeys(("expect", "expect_bytes", "send"), text),
                "starttls": flag,
                "labels": listed(table({"name": text, "value": text})),
            }
        )
    ),
}
_ICMP: Shape = {**_SOURCE, "payload_size": whole, "dont_fragment": flag, "ttl": whole}
_RECORDS: Shape = dict.fromkeys(
    (
        "fail_if_matches_regexp",
        "fail_if_all_match_regexp",
        "fail_if_not_matches_regexp",
        "fail_if_none_matches_regexp",
    ),
    listed(text),
)
_DNS: Shape = {
    **_SOURCE,
    **dict.fromkeys(("transport_protocol", "query_name", "query_type", "query_class"), text),
    "dns_over_tls": flag,
    "tls_config": table(_TLS),
    "recursion_desired": flag,
    "valid_rcodes": listed(text),
    **dict.fromkeys(("validate_answer_rrs", "validate_authority_rrs", "validate_additional_rrs"), table(_RECORDS)),
}
_GRPC: Shape = {
    **_FAMILY,
    "service": text,
    "metadata": named(listed(text)),
    "tls": flag,
    "tls_config": table(_TLS),
}
_ANYTHING = named(lambda reader, node, path: True)

FILE: Shape = {
    "modules": named(
        table(
            {
                "prober": text,
                "timeout": span_ms,
                "http": table(_HTTP),
                "tcp": table(_TCP),
                "icmp": table(_ICMP),
                "dns": table(_DNS),
                "grpc": table(_GRPC),
                "unix": _ANYTHING,
                "websocket": _ANYTHING,
            }
        )
    )
}
"""Of the whole file."""
