"""What is allowed, yet is probably not meant."""

from pathlib import Path

import pytest

from prober.cli.check_config import read_config
from prober.cli.lint import warnings

START = """
[components.shop]
[checks.shop]
kind = "http"
url = "http://shop.example/"
{}
"""
HOOK = '[channels.ops]\nkind = "webhook"\nurl = "https://hooks.example/"\n'
CANARY = '[components.net]\n[checks.net]\nkind = "tcp"\nhost = "192.0.2.1"\nport = 53\n'
NOBODY = "there is no subscription: nobody will be told"

CASES = {
    "retry_interval = '5s'\nfailures = 1": "checks.shop: retry_interval has no use: one failure decides",
    "flap_high = 100": "checks.shop: flap_high = 100 can hardly be reached",
    "redundancy_group = 'a'": "checks.shop: it is alone in its redundancy_group a",
    "failures = 1\ncanaries = ['net']\n" + CANARY: "checks.shop: failures = 1 leaves its canaries no time",
    HOOK + "[subscriptions.x]\nchannel = 'ops'\nsites = ['b']\n[sites.b]\n": "subscriptions.x fits no component",
    HOOK + "[subscriptions.x]\nchannel = 'ops'\nhours = 'Mo-Fr 08:00-18:00, Sa-Su 00:00-24:00'\n": (
        "components.shop: nobody hears of it Mo 18:00 to Tu 08:00, Tu 18:00 to We 08:00, We 18:00 to Th 08:00, "
        "Th 18:00 to Fr 08:00, Fr 18:00 to Sa 00:00, Mo 00:00 to Mo 08:00 (UTC); what is open then"
    ),
    HOOK + "[subscriptions.x]\nchannel = 'ops'\nseverity = ['low']\n": "subscriptions.x fits no component",
    HOOK + "[subscriptions.x]\nchannel = 'ops'\ngroups = ['g']\n[groups.g]\n": "subscriptions.x fits no component",
}


def found(folder: Path, text: str) -> list[str]:
    (folder / "config.toml").write_text(text)
    return list(warnings(read_config(folder / "config.toml")))


@pytest.mark.parametrize("keys", CASES)
def test_each_is_told_with_its_place(tmp_path: Path, keys: str) -> None:
    text = START.format(keys)
    if "sites.b" in keys:
        text = text.replace("[components.shop]", "[sites.a]\n[components.shop]\nsite = 'a'")
    assert [line for line in found(tmp_path, text) if line.startswith(CASES[keys])], found(tmp_path, text)


def test_of_a_sober_file_nothing_is_told(tmp_path: Path) -> None:
    assert found(tmp_path, START.format("")) == [NOBODY]


def test_certificates_that_nobody_looks_at_are_told(tmp_path: Path) -> None:
    secure = START.replace("http:", "https:")
    expires = "checks.shop: nobody is told before its certificate expires; set cert_expiring_within"
    assert found(tmp_path, secure.format("")) == [NOBODY, expires]
    assert found(tmp_path, secure.format("cert_expiring_within = '14d'")) == [NOBODY]
    unverified = "checks.shop: verify = false, so that any certificate is taken for good"
    assert found(tmp_path, secure.format("verify = false")) == [NOBODY, unverified]
