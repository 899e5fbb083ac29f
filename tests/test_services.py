from pathlib import Path

import pytest

from tests.services import needs_service, presence


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which programs are looked for."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("tests.services.SBIN", ())
    return tmp_path


def install(place: Path, name: str) -> Path:
    program = place / name
    program.touch(mode=0o755)
    return program


def test_a_program_that_is_there_is_handed_over(place: Path) -> None:
    program = install(place, "nginx")
    assert needs_service("nginx") == program


@pytest.mark.usefixtures("place")
def test_without_it_a_laptop_skips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no nginx on this machine"):
        needs_service("nginx")


@pytest.mark.usefixtures("place")
def test_without_it_ci_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no nginx on this machine"):
        needs_service("nginx")


def test_one_line_says_which_are_there(place: Path) -> None:
    install(place, "nginx")
    assert presence() == (
        "services: nginx; missing: chromium, prometheus, prometheus-blackbox-exporter, node, systemd-analyze, strace"
        ", gcc, curl, unshare, ip (scripts/services installs them)"
    )
