"""Restarts under load behind sockets that systemd holds: nobody is refused, nobody's connection is reset."""

import http.client
import threading
from collections import Counter
from pathlib import Path

import pytest

from tests.acceptance.activator import Activated
from tests.acceptance.scene import PATIENCE_S, eventually, served

RESTARTS = 10
READERS = 4


class Load:
    """Readers that ask as fast as they are answered, each request by a connection of its own."""

    def __init__(self, *ports: int) -> None:
        self.outcomes: Counter[str] = Counter()
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(port,)) for port in ports for _ in range(READERS)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, port: int) -> None:
        while not self._ended.wait(0.002):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
            try:
                connection.request("GET", "/")
                answer = connection.getresponse()
                answer.read()
                self.outcomes["answered"] += 1
            except OSError as error:  # a reset, a refusal; an early end is one as well
                self.outcomes[type(error).__name__] += 1
            finally:
                connection.close()


@pytest.mark.parametrize("restarts", [RESTARTS, pytest.param(100, marks=[pytest.mark.slow, pytest.mark.timeout(900)])])
def test_restarts_under_load_refuse_nobody_and_reset_nobody(tmp_path: Path, restarts: int) -> None:
    with served() as target:
        one = Activated(tmp_path, target.server_address[1], 9)
        one.config.write_text(one.config.read_text().replace("[prober]", "[prober]\nsafe_mode_after = 0"))
        one.hold()
        try:
            one.start()
            with Load(one.public, one.up) as load:
                for _ in range(restarts):
                    before = load.outcomes["answered"]
                    eventually(lambda before=before: load.outcomes["answered"] > before + 20, "readers")  # type: ignore[misc]
                    assert one.stop() == 0
                    one.start()
            assert set(load.outcomes) == {"answered"}, load.outcomes
            assert "Traceback" not in one.log()
            assert one.stop() == 0
        finally:
            one.release()
            if one.process and one.process.poll() is None:
                one.kill()
