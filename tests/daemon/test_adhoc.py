"""Probes on demand: what is allowed is probed, and nothing else."""

from pathlib import Path

import pytest

from prober.cli.check_config import read_config
from prober.clock import Clock
from prober.core.model import Outcome
from prober.core.reason import Reason
from prober.daemon.adhoc import AdHoc, allows
from prober.errors import ConfigError
from tests.acceptance.scene import served
from tests.ports import free_port

pytestmark = pytest.mark.anyio

CONFIG = """
[prober]
probe_targets = ["127.0.0.0/8", "*.Example.com"]
[modules.http_2xx]
kind = "http"
timeout = "5s"
[modules.teapot]
kind = "http"
expect_status = [418]
[modules.tcp_connect]
kind = "tcp"
"""


def adhoc(folder: Path, text: str = CONFIG) -> AdHoc:
    path = folder / "config.toml"
    path.write_text(text)
    return AdHoc(read_config(path, {}), Clock())


async def test_an_allowed_target_is_probed_by_the_module(tmp_path: Path) -> None:
    it = adhoc(tmp_path)
    with served() as target:
        place = f"127.0.0.1:{target.server_address[1]}"
        kind, seen = await it.probe("http_2xx", place)
        assert (kind, seen.outcome, seen.facts["status_code"]) == ("http", Outcome.UP, 200)
        assert (await it.probe("teapot", f"http://{place}/"))[1].reason is Reason.HTTP_STATUS
        kind, seen = await it.probe("tcp_connect", place, 3_000)
        assert (kind, seen.outcome) == ("tcp", Outcome.UP)
    assert (await it.probe("tcp_connect", f"127.0.0.1:{free_port()}"))[1].outcome is Outcome.DOWN


@pytest.mark.parametrize(
    ("module", "target", "told"),
    [
        ("none", "127.0.0.1", "Expected module=<one of http_2xx, teapot, tcp_connect>"),
        ("http_2xx", "http://192.0.2.1/", "prober.probe_targets allows"),
        ("http_2xx", "http://127.0.0.1@192.0.2.1/", "prober.probe_targets allows"),
        ("http_2xx", "http://127.0.0.1.nip.io/", "prober.probe_targets allows"),
        ("http_2xx", "file:///etc/passwd", "can probe"),
        ("tcp_connect", "127.0.0.1", "can probe"),
    ],
)
async def test_everything_else_is_refused(tmp_path: Path, module: str, target: str, told: str) -> None:
    with pytest.raises(ValueError, match=r"^Expected") as refused:
        await adhoc(tmp_path).probe(module, target)
    assert told in str(refused.value)


async def test_redirects_are_followed_to_allowed_targets_only(tmp_path: Path) -> None:
    with served() as target:
        target.status, target.location = 302, "http://localhost:1/"
        _, seen = await adhoc(tmp_path).probe("http_2xx", f"127.0.0.1:{target.server_address[1]}")
        assert seen.reason is Reason.REDIRECT_REFUSED


@pytest.mark.parametrize(
    ("patterns", "host", "is_allowed"),
    [
        ([], "a.example", False),
        (["*"], "a.example", True),
        (["a.example"], "A.example.", True),
        (["a.example"], "b.a.example", False),
        (["*.a.example"], "b.a.example", True),
        (["*.a.example"], "a.example", False),
        (["*.a.example"], "ba.example", False),
        (["10.0.0.0/8"], "10.1.2.3", True),
        (["10.0.0.0/8"], "::ffff:10.1.2.3", False),
        (["fd00::/8"], "fd00::1", True),
    ],
)
async def test_patterns_mean_hosts(patterns: list[str], host: str, is_allowed: bool) -> None:
    assert allows(patterns, host) is is_allowed


async def test_a_module_has_no_target_and_no_key_of_judgement(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        adhoc(tmp_path, '[modules.a]\nkind = "http"\nurl = "http://a.example/"\nfailures = 3\nexpect_bod = "x"\n')
    told = "\n".join(refused.value.mistakes)
    assert "modules.a.url: expected no such key" in told
    assert "modules.a.failures: expected no such key" in told
    assert 'did you mean "expect_body"' in told
    with pytest.raises(ConfigError, match=r"modules\.a\.kind"):
        adhoc(tmp_path, '[modules.a]\nkind = "command"\n')


HOSTED = CONFIG + '[modules.hosted]\nkind = "http"\nhost = "shop.test"\n'


async def test_a_target_is_asked_by_another_name(tmp_path: Path) -> None:
    it = adhoc(tmp_path, HOSTED)
    with served() as target:
        place = f"127.0.0.1:{target.server_address[1]}"
        for module, hostname in (("http_2xx", "shop.test"), ("hosted", "SHOP.test"), ("tcp_connect", "shop.test")):
            assert (await it.probe(module, place, None, hostname))[1].outcome is Outcome.UP
        assert target.hosts == ["shop.test", "SHOP.test"]
        with pytest.raises(ValueError, match="Expected no hostname, or the one that the module has"):
            await it.probe("hosted", place, None, "other.test")
        with pytest.raises(ValueError, match="Expected a target and a hostname that a module of kind http can probe"):
            await it.probe("http_2xx", place, None, "a b")
