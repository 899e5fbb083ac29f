"""Kind tls: the handshake, and what the certificates say."""

import datetime as dt
import ssl

import pytest

from prober.clock import Clock
from prober.core.model import Phase
from prober.core.reason import Reason
from prober.probes.tls import build, guesses
from tests.probes.scene import mistakes, options, probed
from tests.wire.certificates import Certificates
from tests.wire.hostile import Act, Peer, answers_tls_with_http, hangs_up, serving, silent, speaks_first
from tests.wire.starttls_servers import OPENINGS, secured
from tests.wire.test_dialogue import says

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"), dt.datetime.now(dt.UTC))


async def test_a_good_certificate_is_up_with_what_it_says(certificates: Certificates) -> None:
    async with serving(silent, certificates.context("good")) as port:
        seen = await probed("tls", host="127.0.0.1", port=port, ca=str(certificates.ca))
    assert (seen.outcome, seen.reason, seen.detail) == ("up", None, "")
    assert [phase for phase, _ in seen.phases_us] == [Phase.RESOLVE, Phase.CONNECT, Phase.TLS]
    facts = seen.facts
    assert (facts["ip"], facts["tls_version"]) == ("127.0.0.1", "TLS 1.3")
    assert round((int(facts["cert_expiry_s"]) - seen.started_ms / 1000) / 86_400) == 30
    assert facts["leaf_expiry_s"] == facts["cert_expiry_s"]
    assert "O=trustme" in str(facts["cert_subject"])


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("expired", Reason.TLS_EXPIRED),
        ("not yet valid", Reason.TLS_NOT_YET_VALID),
        ("wrong name", Reason.TLS_NAME),
        ("self-signed", Reason.TLS_UNTRUSTED),
        ("unknown authority", Reason.TLS_UNTRUSTED),
    ],
)
async def test_a_refused_certificate_is_known_all_the_same(
    name: str, reason: Reason, certificates: Certificates
) -> None:
    async with serving(silent, certificates.context(name)) as port:
        seen = await probed("tls", host="127.0.0.1", port=port, ca=str(certificates.ca))
        assert (seen.outcome, seen.reason) == ("down", reason)
        assert [phase for phase, _ in seen.phases_us] == [Phase.RESOLVE, Phase.CONNECT, Phase.TLS]
        assert int(seen.facts["cert_expiry_s"]) > 0
        assert seen.facts["cert_fingerprint"]
        unjudged = await probed("tls", host="127.0.0.1", port=port, verify=False)
    assert unjudged.outcome == "up"
    assert unjudged.facts["cert_fingerprint"] == seen.facts["cert_fingerprint"]


async def test_the_name_may_differ_from_the_host(certificates: Certificates) -> None:
    keys = {"host": "127.0.0.1", "ca": str(certificates.ca), "server_name": "elsewhere.test"}
    async with serving(silent, certificates.context("wrong name")) as port:
        assert (await probed("tls", port=port, **keys)).outcome == "up"


@pytest.mark.parametrize(("within", "outcome"), [("29d", "up"), ("31d", "degraded")])
async def test_a_certificate_is_judged_by_the_time_it_has_left(
    within: str, outcome: str, certificates: Certificates
) -> None:
    keys = {"ca": str(certificates.ca), "cert_expiring_within": within}
    async with serving(silent, certificates.context("good")) as port:
        seen = await probed("tls", host="127.0.0.1", port=port, **keys)
    assert seen.outcome == outcome
    assert seen.reason is (Reason.CERT_EXPIRING if outcome == "degraded" else None)


@pytest.mark.parametrize("protocol", OPENINGS)
async def test_tls_begins_within_every_protocol(protocol: str, certificates: Certificates) -> None:
    keys = {"host": "127.0.0.1", "starttls": protocol, "ca": str(certificates.ca)}
    async with serving(secured(OPENINGS[protocol], certificates.context("good"))) as port:
        seen = await probed("tls", port=port, **keys)
    assert (seen.outcome, seen.detail, seen.facts["tls_version"]) == ("up", "", "TLS 1.3")
    async with serving(secured(OPENINGS[protocol], certificates.context("expired"))) as port:
        seen = await probed("tls", port=port, **keys)
    assert seen.reason is Reason.TLS_EXPIRED
    assert int(seen.facts["cert_expiry_s"]) * 1000 < seen.started_ms


async def stalls(peer: Peer) -> None:
    await peer.say(b"220 ready\r\n")
    await peer.line()
    await peer.stall()


@pytest.mark.parametrize(
    ("act", "keys", "reason"),
    [
        (answers_tls_with_http, {}, Reason.TLS_HANDSHAKE),
        (hangs_up, {}, Reason.TLS_HANDSHAKE),
        (speaks_first, {}, Reason.TLS_HANDSHAKE),
        (silent, {"timeout": "300ms"}, Reason.TLS_TIMEOUT),
        (stalls, {"timeout": "300ms", "starttls": "smtp"}, Reason.TLS_TIMEOUT),
        (says(b"554 no\r\n"), {"starttls": "smtp"}, Reason.STARTTLS_REFUSED),
        (says(b"N"), {"starttls": "postgres"}, Reason.STARTTLS_REFUSED),
    ],
)
async def test_a_server_that_does_not_shake_hands_is_down(act: Act, keys: dict[str, object], reason: Reason) -> None:
    async with serving(act) as port:
        seen = await probed("tls", host="127.0.0.1", port=port, **keys)
    assert (seen.outcome, seen.reason, seen.phases_us[-1][0]) == ("down", reason, Phase.TLS), seen.detail


async def test_a_server_that_shows_its_refused_certificate_only_once_is_judged_by_it(
    certificates: Certificates,
) -> None:
    times = 0

    async def once(peer: Peer) -> None:
        nonlocal times
        times += 1
        await OPENINGS["postgres"](peer)
        if times == 1:
            await peer.secure(certificates.context("expired"))

    async with serving(once) as port:
        seen = await probed("tls", host="127.0.0.1", port=port, starttls="postgres", ca=str(certificates.ca))
    assert (seen.reason, times) == (Reason.TLS_EXPIRED, 2)
    assert "cert_expiry_s" not in seen.facts


async def test_an_older_tls_is_told(certificates: Certificates) -> None:
    context = Certificates(certificates.ca.parent, dt.datetime.now(dt.UTC)).context("good")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    async with serving(silent, context) as port:
        seen = await probed("tls", host="127.0.0.1", port=port, verify=False)
    assert seen.facts["tls_version"] == "TLS 1.2"


async def test_a_refused_connection_is_told_apart_from_a_refused_handshake(free_port: int) -> None:
    seen = await probed("tls", host="127.0.0.1", port=free_port)
    assert (seen.reason, seen.phases_us[-1][0]) == (Reason.CONNECT_REFUSED, Phase.CONNECT)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"host": "a b"}, "host: a host name or address"),
        ({"host": "a.test", "port": 0}, "port: "),
        ({"host": "a.test", "starttls": "http"}, "starttls: "),
        ({"host": "a.test", "server_name": "a b"}, "server_name: a host name"),
        ({"host": "a.test", "ca": "/none.pem"}, "ca: a readable PEM file with certificates"),
        ({"host": "::1", "family": "4"}, 'family: "any" or "6", as the target is an IPv6 address'),
    ],
)
async def test_mistakes_are_found_before_anything_is_probed(keys: dict[str, object], said: str) -> None:
    (found,) = mistakes("tls", **keys)
    assert found.startswith(said)


@pytest.mark.parametrize(
    ("target", "keys"),
    [
        ("tls://db.test", {"host": "db.test"}),
        ("TLS://[::1]:8443", {"host": "::1", "port": 8443}),
        ("tls://a b", None),
        ("db.test:443", None),
        ("https://db.test", None),
    ],
)
async def test_what_a_target_on_the_command_line_means(target: str, keys: dict[str, object] | None) -> None:
    assert guesses(target) == keys


@pytest.mark.parametrize(
    ("keys", "target"),
    [({}, "[::1]:443"), ({"port": 8443}, "[::1]:8443"), ({"starttls": "smtp"}, "[::1]:25")],
)
async def test_the_port_is_the_protocols_own_unless_it_is_told(keys: dict[str, object], target: str) -> None:
    assert options("tls", host="::1", **keys).target() == target


async def test_a_check_of_another_kind_is_refused() -> None:
    with pytest.raises(TypeError, match="TcpOptions"):
        build(options("tcp", host="a.test", port=1), Clock())
