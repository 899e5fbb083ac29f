"""Sockets that systemd holds are taken over; the rest are our own."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from prober.daemon import listeners as room
from prober.daemon.listeners import inherited, listeners
from prober.errors import ProberError

FIRST = 200  # descriptors that nobody else has


@contextmanager
def handed_over(monkeypatch: pytest.MonkeyPatch, *sockets: socket.socket) -> Iterator[dict[str, str]]:
    """As systemd would leave them, from a descriptor on that is not taken in a test."""
    monkeypatch.setattr(room, "FIRST_DESCRIPTOR", FIRST)
    for n, one in enumerate(sockets):
        os.dup2(one.fileno(), FIRST + n)
        one.close()
    yield {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(sockets))}


def test_each_listener_gets_the_socket_of_its_port(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = socket.create_server(("127.0.0.1", 0)), socket.create_server(("127.0.0.1", 0))
    places = {"up": first.getsockname(), "public": second.getsockname()}
    with handed_over(monkeypatch, first, second) as env, listeners(places, env) as found:
        assert [one.getsockname() for one in found] == list(places.values())
        assert [one.fileno() for one in found] == [FIRST, FIRST + 1]
        assert not any(one.get_inheritable() or one.getblocking() for one in found)


def test_a_name_goes_before_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    one = socket.create_server(("127.0.0.1", 0))
    place = one.getsockname()
    with handed_over(monkeypatch, one) as env:
        env["LISTEN_FDNAMES"] = "up"
        with listeners({"up": ("127.0.0.1", 1)}, env) as found:
            assert [one.getsockname() for one in found] == [place]


def test_what_was_not_handed_over_is_bound(monkeypatch: pytest.MonkeyPatch, free_port: int) -> None:
    one = socket.create_server(("127.0.0.1", 0))
    places = {"public": ("127.0.0.1", free_port), "up": one.getsockname()}
    with handed_over(monkeypatch, one) as env, listeners(places, env) as found:
        assert [one.getsockname() for one in found] == list(places.values())


def test_a_socket_for_nobody_is_told_of(
    monkeypatch: pytest.MonkeyPatch, free_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    one = socket.create_server(("127.0.0.1", 0))
    port = one.getsockname()[1]
    with handed_over(monkeypatch, one) as env, listeners({"public": ("127.0.0.1", free_port)}, env):
        expected = f"expected one for public (127.0.0.1:{free_port}); nobody answers there"
        assert f"a socket on 127.0.0.1:{port} was handed over, {expected}" in caplog.text


def test_what_was_handed_to_another_process_is_not_ours() -> None:
    assert inherited({"LISTEN_PID": "1", "LISTEN_FDS": "2"}) == []
    assert inherited({}) == []


def test_what_does_not_listen_is_refused_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with handed_over(monkeypatch, socket.socket()) as env, pytest.raises(ProberError, match="one that does not listen"):
        inherited(env)
    with pytest.raises(ProberError, match=f"descriptor {FIRST}: expected a socket to listen on, found: bad file"):
        inherited(env)
