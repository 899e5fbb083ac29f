"""Logs: for people, for journald, for machines; never a secret."""

import json
import logging
from collections.abc import Iterator

import pytest

from prober.cli.logs import Redaction, start_logs


def redact(text: str) -> str:
    return text.replace("hunter2", "***")


def test_secrets_of_every_configuration_so_far_are_hidden() -> None:
    redaction = Redaction(["hunter2"])
    redaction.know(["hunter3"])
    assert redaction("hunter2 or hunter3") == "*** or ***"


@pytest.fixture(autouse=True)
def kept_logging() -> Iterator[None]:
    """The root logger as it was, whatever a test does to it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def logged(capsys: pytest.CaptureFixture[str]) -> str:
    log = logging.getLogger("prober.test")
    log.info("calling %s", "http://me:hunter2@a.test")
    try:
        raise ValueError("hunter2")
    except ValueError:
        log.exception("it failed")
    log.debug("not written")
    return capsys.readouterr().err


@pytest.mark.parametrize("style", ["text", "json"])
def test_no_secret_is_written_not_even_in_a_traceback(style: str, capsys: pytest.CaptureFixture[str]) -> None:
    start_logs(style, "info", redact)
    text = logged(capsys)
    assert "hunter2" not in text
    assert text.count("***") >= 2
    assert "ValueError" in text
    assert "not written" not in text


def test_people_get_the_time_and_the_level(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    start_logs("text", "info", redact)
    first = logged(capsys).splitlines()[0]
    assert first[:2] == "20"
    assert first.endswith("INFO    calling http://me:***@a.test")


def test_journald_gets_priorities(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "1:2")
    start_logs("text", "info", redact)
    lines = logged(capsys).splitlines()
    assert lines[0] == "<6>calling http://me:***@a.test"
    assert lines[1] == "<3>it failed"


def test_machines_get_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    start_logs("json", "info", redact)
    first, second = map(json.loads, logged(capsys).splitlines())
    assert (first["levelname"], first["name"], first["message"]) == (
        "INFO",
        "prober.test",
        "calling http://me:***@a.test",
    )
    assert "ValueError" in second["exc_info"]


@pytest.mark.parametrize("level", ["debug", "warning"])
def test_the_mildest_line_that_is_written_can_be_chosen(level: str, capsys: pytest.CaptureFixture[str]) -> None:
    start_logs("text", level, redact)
    text = logged(capsys)
    assert ("not written" in text) == ("calling" in text) == (level == "debug")
    assert "it failed" in text


def test_libraries_are_heard_from_warnings_on(capsys: pytest.CaptureFixture[str]) -> None:
    start_logs("text", "debug", redact)
    for name in ("httpx", "aiosqlite", "asyncio"):
        logging.getLogger(name).info("chatter of %s", name)
        logging.getLogger(name).warning("warning of %s", name)
    text = capsys.readouterr().err
    assert "chatter" not in text
    assert text.count("warning of ") == 3


def test_readers_can_not_fill_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    start_logs("text", "info", redact)
    log = logging.getLogger("uvicorn.error")
    log.warning("Invalid HTTP request received.")
    log.error("Exception in ASGI application")
    assert capsys.readouterr().err.splitlines()[0].endswith("Exception in ASGI application")
