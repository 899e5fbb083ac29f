"""What the verbs that ask a running daemon have in common: where it is, the key, and its refusals."""

import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

import typer

from prober.cli.places import control_socket

if TYPE_CHECKING:
    import httpx

BAD_USAGE = 2
REFUSED = 1

Server = Annotated[
    str,
    typer.Option(
        envvar="PROBER_SERVER",
        help="Where the daemon is: the URL of its public listener, or the path of its control socket. Without it, the "
        "one on this host.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print exactly one JSON object.")]
HERE = ""
API = "/api/prober/v1"
_NUMBER = re.compile(r"\[Errno -?\d+\] ")
_LONGEST_FOUND = 60  # characters of a value that is told
PUBLIC = "http://127.0.0.1:8080"


class Way(NamedTuple):
    """How the daemon is reached. socket: its control socket, by which no key is needed; None = by the URL."""

    url: str
    socket: Path | None = None

    def __str__(self) -> str:
        return self.url if self.socket is None else str(self.socket)


def ask(server: str, method: str, path: str, fields: dict[str, Any] | None = None) -> Any:
    """The daemon's answer; its refusal, or that it can't be reached, in one sentence and an exit status."""
    way = _way(server)
    return _answer(way, method, f"{API}/{path}", fields, _authorized(way, server))


def ask_if_allowed(server: str, path: str) -> Any:
    """The daemon's answer; None if the key is not the admin's."""
    way = _way(server)
    return _answer(way, "GET", f"{API}/{path}", None, _authorized(way, server), spared=403)


def reloaded(socket: Path) -> tuple[bool, str]:
    """Whether the daemon of that control socket has applied its configuration file, and what it says of that."""
    import httpx

    way = Way("http://prober", socket)
    try:
        with _transport(way) as transport, httpx.Client(transport=transport, trust_env=False, timeout=60) as client:
            answer = client.post(f"{way.url}/-/reload")
    except (httpx.HTTPError, OSError) as error:
        raise _unreached(way, error) from None
    return answer.is_success, answer.text


def look(server: str, path: str) -> Any:
    """What the daemon shows everybody at that path; refusals as for `ask`."""
    return _answer(_way(server), "GET", path, None, {})


def _way(server: str) -> Way:
    """By what is said; else by the key in the environment, if there is one, or by a control socket that is there."""
    if server.startswith(("http://", "https://")):
        return Way(server.rstrip("/"))
    if "://" in server:
        raise _refuse(f"--server: expected an http or https URL, or a path, found {server!r}", BAD_USAGE)
    if server:
        return Way("http://prober", Path(server))
    found = None if os.environ.get("PROBER_KEY") else control_socket()
    return Way(PUBLIC) if found is None else Way("http://prober", found)


def _authorized(way: Way, server: str) -> dict[str, str]:
    key = os.environ.get("PROBER_KEY", "")
    if key:
        return {"Authorization": f"Bearer {key}"}
    if way.socket is None:
        if not server:
            wanted = "a daemon on this host, or a key in PROBER_KEY for one elsewhere"
            raise _refuse(f"expected {wanted}, found neither a control socket nor a key; see --server", BAD_USAGE)
        raise _refuse("PROBER_KEY: expected a key of the API in the environment, found none", BAD_USAGE)
    return {}


def _answer(
    way: Way,
    method: str,
    path: str,
    fields: dict[str, Any] | None,
    headers: dict[str, str],
    spared: int | None = None,
) -> Any:
    """spared: the status of a refusal that is None."""
    import httpx

    try:
        with _transport(way) as transport, httpx.Client(transport=transport, trust_env=False, timeout=10) as client:
            answer = client.request(method, way.url + path, json=fields, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeEncodeError, OSError) as error:
        raise _unreached(way, error) from None
    try:
        said = answer.json()
    except ValueError:
        raise _refuse(f"{way}: expected the daemon's API, found something else", REFUSED) from None
    if answer.is_success:
        return said
    if answer.status_code == spared:
        return None
    refusal = said.get("error") if isinstance(said, dict) else None
    message = refusal.get("message") if isinstance(refusal, dict) else f"HTTP {answer.status_code}"
    if answer.status_code == 400:
        message = _with_found(str(message), fields or dict(parse_qsl(urlsplit(path).query)))
    if answer.status_code == 404:
        message = _absent(path) or message
    raise _refuse(str(message), BAD_USAGE if answer.status_code == 400 else REFUSED)


def _unreached(way: Way, error: Exception) -> typer.Exit:
    wanted = "the daemon's public listener" if way.socket is None else "a daemon that listens at its control socket"
    return _refuse(f"{way}: expected {wanted}, found: {_NUMBER.sub('', str(error))}", REFUSED)


@contextmanager
def _transport(way: Way) -> Iterator["httpx.BaseTransport | None"]:
    """None: the usual one. A socket is reached by its folder's descriptor: a path may be longer than it may be."""
    import httpx

    if way.socket is None:
        yield None
        return
    folder = os.open(way.socket.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        path = f"/proc/self/fd/{folder}/{way.socket.name}"
        with socket.socket(socket.AF_UNIX) as knock:  # httpx would leave its own open if nobody is there
            knock.connect(path)
        yield httpx.HTTPTransport(uds=path, verify=False, trust_env=False)
    finally:
        os.close(folder)


def _with_found(message: str, given: dict[str, Any]) -> str:
    """The daemon's refusal with what was given: it repeats nothing itself, since others may read what it says."""
    told = []
    for one in message.split("; "):
        field, _, wanted = one.partition(": ")
        is_told = field not in given or ", found" in wanted or not wanted.startswith("expected ")
        found = repr(given.get(field))
        shown = found if len(found) <= _LONGEST_FOUND else f"{found[:_LONGEST_FOUND]}..."
        told.append(one if is_told else f"{one}, found {shown}")
    return "; ".join(told)


def _absent(path: str) -> str | None:
    """What of the API's path isn't there, and which verb lists what is; None for a path that names nothing."""
    named = re.match(API + r"/(\w+)/([^/?]+)", path)
    if named is None:
        return None
    verb = "maintenance" if named[1] == "maintenances" else named[1]
    return f"{verb}: expected one that is there, found {unquote(named[2])!r}; see prober {verb} list"


def _refuse(sentence: str, status: int) -> typer.Exit:
    typer.echo(f"prober: {sentence}", err=True)
    return typer.Exit(status)


def short(moment: str) -> str:
    """A moment of the API, for people."""
    return datetime.fromisoformat(moment).strftime("%Y-%m-%d %H:%M:%S UTC")
