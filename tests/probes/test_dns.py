"""Kind dns: what is asked, and what is made of the answer."""

from typing import Any

import pytest

from prober.clock import Clock
from prober.core.model import Phase
from prober.core.reason import Reason
from prober.probes.dns import build, guesses
from tests.probes.scene import mistakes, options, probed
from tests.wire.certificates import Certificates
from tests.wire.conftest import certificates as certificates  # the same, for this room
from tests.wire.dns_server import Answer, answers, name_server, says, truncated, with_id
from tests.wire.doh_server import doh_server
from tests.wire.hostile import serving
from tests.wire.hostile import stalls as stalls_behind

pytestmark = pytest.mark.anyio

A1, A2 = "shop.test. 60 IN A 192.0.2.1", "shop.test. 60 IN A 192.0.2.2"
SOA = "shop.test. 60 IN SOA ns.test. admin.test. 2026010203 1 2 3 4"
KEYS = {"host": "127.0.0.1", "query": "shop.test"}


async def test_a_good_answer_is_up_with_its_phases_and_facts() -> None:
    async with name_server(answers(A1, A2, authority=("shop.test. 60 IN NS ns.test.",))) as port:
        seen = await probed("dns", port=port, **KEYS)
    assert (seen.outcome, seen.reason, seen.detail) == ("up", None, "")
    assert [phase for phase, _ in seen.phases_us] == [Phase.RESOLVE, Phase.SEND, Phase.PROCESSING]
    assert seen.facts == {
        "ip": "127.0.0.1", "ip_protocol": 4, "rcode": "NOERROR", "authoritative": 1, "answer_count": 2,
        "authority_count": 1, "additional_count": 0, "answers": "192.0.2.1, 192.0.2.2", "dns_transport": "udp",
    }  # fmt: skip


async def test_a_truncated_answer_is_asked_for_again_by_tcp() -> None:
    async with name_server(truncated(answers(A1))) as port:
        seen = await probed("dns", port=port, **KEYS)
    assert (seen.outcome, seen.facts["dns_transport"], seen.facts["answers"]) == ("up", "tcp", "192.0.2.1")
    assert seen.phases_us[-1][0] is Phase.PROCESSING


async def test_tcp_may_be_used_at_once() -> None:
    async with name_server(answers(A1)) as port:
        seen = await probed("dns", port=port, transport="tcp", recursive=False, **KEYS)
    assert (seen.outcome, seen.facts["dns_transport"]) == ("up", "tcp")


async def test_by_tls_the_certificate_must_be_good(certificates: Certificates) -> None:
    keys = {"transport": "tls", "ca": str(certificates.ca), **KEYS}
    async with name_server(answers(A1), certificates.context("good")) as port:
        seen = await probed("dns", port=port, **keys)
        named = await probed("dns", port=port, server_name="elsewhere.test", **keys)
        unverified = await probed("dns", port=port, verify=False, server_name="elsewhere.test", **keys)
    assert (seen.outcome, seen.facts["dns_transport"], seen.facts["answers"]) == ("up", "tls", "192.0.2.1")
    assert [phase for phase, _ in seen.phases_us] == [
        Phase.RESOLVE, Phase.CONNECT, Phase.TLS, Phase.SEND, Phase.PROCESSING,
    ]  # fmt: skip
    assert (named.outcome, named.reason) == ("down", Reason.TLS_NAME)
    assert unverified.outcome == "up"
    async with name_server(answers(A1), certificates.context("expired")) as port:
        expired = await probed("dns", port=port, **keys)
    assert (expired.outcome, expired.reason) == ("down", Reason.TLS_EXPIRED)
    assert "cert_expiry_s" in expired.facts


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (says(), Reason.DNS_MALFORMED),
        (says(b"x"), Reason.DNS_MALFORMED),
        (with_id(answers(A1), 1), Reason.DNS_MALFORMED),
        (answers(rcode="SERVFAIL"), Reason.DNS_SERVFAIL),
    ],
)
async def test_by_tls_answers_are_judged_as_ever(certificates: Certificates, said: Answer, reason: Reason) -> None:
    async with name_server(said, certificates.context("good")) as port:
        seen = await probed("dns", port=port, transport="tls", ca=str(certificates.ca), **KEYS)
    assert (seen.outcome, seen.reason) == ("down", reason)


async def test_a_port_that_does_not_speak_tls_is_told(certificates: Certificates) -> None:
    async with name_server(answers(A1)) as port:
        seen = await probed("dns", port=port, transport="tls", ca=str(certificates.ca), timeout="1s", **KEYS)
    assert seen.outcome == "down"
    assert seen.phases_us[-1][0] is Phase.TLS


async def test_by_https_it_is_asked_by_post_or_get(certificates: Certificates) -> None:
    heard: list[str] = []
    keys = {"transport": "https", "ca": str(certificates.ca), **KEYS}
    async with doh_server(answers(A1), certificates.context("good"), heard) as port:
        posted = await probed("dns", port=port, **keys)
        got = await probed("dns", port=port, method="GET", **keys)
        named = f"https://localhost:{port}/q?ct{{&dns}}"
        by_name = await probed("dns", url_template=named, verify=False, **keys)
    for seen in (posted, got, by_name):
        assert (seen.outcome, seen.reason, seen.detail) == ("up", None, "")
        assert (seen.facts["dns_transport"], seen.facts["answers"]) == ("https", "192.0.2.1")
        assert (seen.facts["status_code"], seen.facts["ssl"]) == (200, 1)
        assert seen.facts["cert_expiry_s"]
        assert [phase for phase, _ in seen.phases_us] == [
            Phase.RESOLVE, Phase.CONNECT, Phase.TLS, Phase.SEND, Phase.PROCESSING, Phase.TRANSFER,
        ]  # fmt: skip
    assert [line.split("?")[0] for line in heard] == [
        f"POST /dns-query HTTP/1.1 127.0.0.1:{port}",
        "GET /dns-query",
        "POST /q",
    ]
    assert heard[2].endswith(f"HTTP/1.1 localhost:{port}")


async def test_by_https_the_certificate_is_for_the_url(certificates: Certificates) -> None:
    keys = {"transport": "https", "ca": str(certificates.ca), **KEYS}
    async with doh_server(answers(A1), certificates.context("good")) as port:
        other = await probed("dns", url_template=f"https://elsewhere.test:{port}/q", **keys)
        told = await probed("dns", url_template=f"https://elsewhere.test:{port}/q", server_name="127.0.0.1", **keys)
    assert (other.outcome, other.reason, told.outcome) == ("down", Reason.TLS_NAME, "up")
    async with doh_server(answers(A1), certificates.context("expired")) as port:
        expired = await probed("dns", port=port, **keys)
    assert (expired.outcome, expired.reason) == ("down", Reason.TLS_EXPIRED)
    assert "cert_expiry_s" in expired.facts


@pytest.mark.parametrize(
    ("said", "served", "reason", "detail"),
    [
        (answers(A1), {"status": "503 No"}, Reason.HTTP_STATUS, "expected status 200-299, found 503"),
        (answers(A1), {"status": "302 No"}, Reason.HTTP_STATUS, "expected status 200-299, found 302"),
        (
            answers(A1),
            {"media_type": b"text/html"},
            Reason.DNS_MALFORMED,
            'expected application/dns-message, found "text/html"',
        ),
        (says(b"x"), {}, Reason.DNS_MALFORMED, "the answer cannot be read: ShortHeader"),
        (with_id(answers(A1), 1), {}, Reason.DNS_MALFORMED, "the answer is to another question"),
        (says(b"x" * 65_536), {}, Reason.HTTP_TOO_LARGE, "the body is larger than body_limit"),
        (says(), {}, Reason.DNS_TIMEOUT, "no end of processing within 1000 ms"),
        (answers(rcode="NXDOMAIN"), {}, Reason.DNS_NXDOMAIN, "expected NOERROR, found NXDOMAIN"),
    ],
)
async def test_by_https_what_is_no_good_answer_is_down(
    certificates: Certificates, said: Answer, served: dict[str, Any], reason: Reason, detail: str
) -> None:
    async with doh_server(said, certificates.context("good"), **served) as port:
        seen = await probed("dns", port=port, transport="https", ca=str(certificates.ca), timeout="1s", **KEYS)
    assert (seen.outcome, seen.reason, seen.detail) == ("down", reason, detail)
    assert seen.facts["status_code"] == (0 if reason is Reason.DNS_TIMEOUT else int(served.get("status", "200")[:3]))


async def test_by_https_an_answer_that_drags_on_is_no_answer(certificates: Certificates) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/dns-message\r\nContent-Length: 9\r\n\r\nx"
    async with serving(stalls_behind(head), certificates.context("good")) as port:
        seen = await probed("dns", port=port, transport="https", verify=False, timeout="500ms", **KEYS)
    assert (seen.outcome, seen.reason) == ("down", Reason.DNS_TIMEOUT)
    assert seen.phases_us[-1][0] is Phase.TRANSFER


async def test_each_transport_has_its_port() -> None:
    assert options("dns", transport="https", **KEYS).target() == "dns://127.0.0.1:443/shop.test?type=A"
    template = "https://ns.test:8443/q{?dns}"
    shown = options("dns", transport="https", url_template=template, **KEYS).target()
    assert shown == "dns://127.0.0.1:8443/shop.test?type=A"
    assert options("dns", **KEYS).target() == "dns://127.0.0.1/shop.test?type=A"
    assert options("dns", transport="tls", **KEYS).target() == "dns://127.0.0.1:853/shop.test?type=A"


async def test_records_count_that_an_alias_leads_to() -> None:
    alias = "shop.test. 60 IN CNAME lb.test.", "lb.test. 60 IN A 192.0.2.9"
    async with name_server(answers(*alias)) as port:
        seen = await probed("dns", port=port, expect_answers=["192.0.2.9"], expect_answers_in=["192.0.2.9"], **KEYS)
        assert (seen.outcome, seen.facts["answers"], seen.facts["answer_count"]) == ("up", "192.0.2.9", 2)
    async with name_server(answers(alias[0])) as port:
        assert (await probed("dns", port=port, **KEYS)).reason is Reason.EXPECT_ANSWER


async def test_the_serial_of_a_zone_is_a_fact() -> None:
    async with name_server(answers(SOA)) as port:
        seen = await probed("dns", port=port, type="SOA", **KEYS)
    assert (seen.outcome, seen.facts["serial"]) == ("up", 2026010203)


@pytest.mark.parametrize(
    ("answer", "keys", "reason", "said"),
    [
        (answers(rcode="NXDOMAIN"), {}, Reason.DNS_NXDOMAIN, "expected NOERROR, found NXDOMAIN"),
        (answers(rcode="SERVFAIL"), {}, Reason.DNS_SERVFAIL, "expected NOERROR, found SERVFAIL"),
        (answers(rcode="REFUSED"), {}, Reason.DNS_RCODE, "expected NOERROR, found REFUSED"),
        (answers(A1), {"expect_rcode": "NXDOMAIN"}, Reason.DNS_RCODE, "expected NXDOMAIN, found NOERROR"),
        (answers(), {}, Reason.EXPECT_ANSWER, "expected at least 1 of type A, found 0"),
        (
            answers(A1),
            {"expect_answers": ["192.0.2.1", "192.0.2.2"]},
            Reason.EXPECT_ANSWER,
            'expected "192.0.2.2", found 192.0.2.1',
        ),
        (
            answers(A1, A2),
            {"expect_answers_in": ["192.0.2.1"]},
            Reason.EXPECT_ANSWER,
            "found 192.0.2.2, which is not in expect_answers_in",
        ),
    ],
)
async def test_an_answer_that_is_not_as_expected_is_down(
    answer: Answer, keys: dict[str, object], reason: Reason, said: str
) -> None:
    async with name_server(answer) as port:
        seen = await probed("dns", port=port, **KEYS, **keys)
    assert (seen.outcome, seen.reason, seen.detail) == ("down", reason, said)


async def test_what_is_expected_may_be_that_there_is_nothing() -> None:
    async with name_server(answers(rcode="NXDOMAIN")) as port:
        assert (await probed("dns", port=port, expect_rcode="NXDOMAIN", **KEYS)).outcome == "up"
    async with name_server(answers()) as port:
        assert (await probed("dns", port=port, min_answers=0, **KEYS)).outcome == "up"


@pytest.mark.parametrize(
    ("type_", "said", "expected"),
    [
        ("MX", "10 Mail.Test.", "10 mail.test"),
        ("CNAME", "lb.test.", "LB.test."),
        ("AAAA", "2001:db8::1", "2001:DB8:0::1"),
        ("TXT", '"v=spf1 " "-all"', "v=spf1 -all"),
        ("CAA", '0 issue "ca.test"', '0 issue "ca.test"'),
        ("SRV", "1 2 443 a.test.", "1 2 443 a.test"),
    ],
)
async def test_records_are_compared_by_what_they_say(type_: str, said: str, expected: str) -> None:
    async with name_server(answers(f"shop.test. 60 IN {type_} {said}")) as port:
        seen = await probed("dns", port=port, type=type_, expect_answers=[expected], **KEYS)
    assert seen.outcome == "up", seen.detail


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda asked, transport: [], Reason.DNS_TIMEOUT),
        (with_id(answers(A1), 1), Reason.DNS_MALFORMED),
        (says(b"nonsense"), Reason.DNS_MALFORMED),
        (lambda asked, transport: [asked.id.to_bytes(2) + b"\xff" * 30], Reason.DNS_MALFORMED),
        (lambda asked, transport: [asked.to_wire()], Reason.DNS_MALFORMED),
        (truncated(says(b"nonsense")), Reason.DNS_MALFORMED),
        (truncated(lambda asked, transport: []), Reason.DNS_MALFORMED),
    ],
)
async def test_a_server_that_does_not_answer_the_question_is_down(answer: Answer, reason: Reason) -> None:
    async with name_server(answer) as port:
        seen = await probed("dns", port=port, timeout="300ms", **KEYS)
    assert (seen.outcome, seen.reason) == ("down", reason), seen.detail
    assert seen.facts == {"ip": "127.0.0.1", "ip_protocol": 4}


async def test_a_server_that_is_not_there_refuses(free_port: int) -> None:
    for transport in ("udp", "tcp"):
        seen = await probed("dns", port=free_port, transport=transport, **KEYS)
        assert (seen.outcome, seen.reason) == ("down", Reason.CONNECT_REFUSED)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"query": "a..test"}, "query: a name such as"),
        ({"query": "x" * 64 + ".test"}, "query: a name such as"),
        ({"type": "ANY"}, "type: "),
        ({"expect_answers": ["shop"]}, "expect_answers: what a record of type A can say"),
        ({"type": "MX", "expect_answers_in": ["mail.test"]}, "expect_answers_in: what a record of type MX can say"),
        ({"expect_rcode": "OK"}, "expect_rcode: "),
        ({"host": "::1", "family": "4"}, 'family: "any" or "6"'),
        ({"url_template": "https://ns.test/q{?dns}"}, 'url_template: transport = "https" with it'),
        ({"transport": "https", "url_template": "http://ns.test/q{?dns}"}, "url_template: a URL such as"),
        ({"transport": "https", "url_template": "https://ns.test/{?name}"}, "url_template: a URL such as"),
        ({"transport": "https", "url_template": "https://a:b@ns.test/q"}, "url_template: a URL such as"),
        ({"transport": "https", "method": "GET", "url_template": "https://ns.test/q"}, 'method: "POST", as'),
        ({"transport": "quic"}, "transport: "),
    ],
)
async def test_mistakes_are_found_before_anything_is_probed(keys: dict[str, object], said: str) -> None:
    (found,) = mistakes("dns", **(KEYS | keys))
    assert found.startswith(said)


@pytest.mark.parametrize(
    ("target", "keys"),
    [
        ("dns://ns.test/shop.test", {"host": "ns.test", "query": "shop.test"}),
        ("dns://[::1]:5353/_x.test?type=txt", {"host": "::1", "port": 5353, "query": "_x.test", "type": "TXT"}),
        ("DNS://ns.test/shop.test?TYPE=MX", {"host": "ns.test", "query": "shop.test", "type": "MX"}),
        ("dns://ns.test/shop.test?type=ANY", None),
        ("dns://ns.test/shop.test?class=IN", None),
        ("dns://ns.test", None),
        ("dns://n s/shop.test", None),
        ("https://ns.test/shop.test", None),
    ],
)
async def test_what_a_target_on_the_command_line_means(target: str, keys: dict[str, object] | None) -> None:
    assert guesses(target) == keys


async def test_a_target_is_shown_as_it_would_be_written() -> None:
    assert options("dns", **KEYS).target() == "dns://127.0.0.1/shop.test?type=A"
    shown = options("dns", host="::1", port=5353, query="shop.test", type="MX").target()
    assert shown == "dns://[::1]:5353/shop.test?type=MX"
    assert guesses(shown) == {"host": "::1", "port": 5353, "query": "shop.test", "type": "MX"}


async def test_a_check_of_another_kind_is_refused() -> None:
    with pytest.raises(TypeError, match="TcpOptions"):
        build(options("tcp", host="a.test", port=1), Clock())
