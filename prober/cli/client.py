"""What the verbs that ask a running daemon have in common: where it is, the key, and its refusals."""

import os
from datetime import datetime
from typing import Annotated, Any

import typer

BAD_USAGE = 2
REFUSED = 1

Server = Annotated[str, typer.Option(help="Where the daemon's public listener is.")]
Json = Annotated[bool, typer.Option("--json", help="Print exactly one JSON object.")]
HERE = "http://127.0.0.1:8080"


def ask(server: str, method: str, path: str, fields: dict[str, Any] | None = None) -> Any:
    """The daemon's answer; its refusal, or that it can't be reached, in one sentence and an exit status."""
    key = os.environ.get("PROBER_KEY", "")
    if not key:
        raise _refuse("PROBER_KEY: expected a key of the API in the environment, found none", BAD_USAGE)
    return _answer(server, method, f"/api/prober/v1/{path}", fields, {"Authorization": f"Bearer {key}"})


def ask_if_allowed(server: str, path: str) -> Any:
    """The daemon's answer; None if the key is not the admin's."""
    key = os.environ.get("PROBER_KEY", "")
    return _answer(server, "GET", f"/api/prober/v1/{path}", None, {"Authorization": f"Bearer {key}"}, spared=403)


def look(server: str, path: str) -> Any:
    """What the daemon shows everybody at that path; refusals as for `ask`."""
    return _answer(server, "GET", path, None, {})


def _answer(
    server: str,
    method: str,
    path: str,
    fields: dict[str, Any] | None,
    headers: dict[str, str],
    spared: int | None = None,
) -> Any:
    """spared: the status of a refusal that is None."""
    import httpx

    try:
        with httpx.Client(trust_env=False, timeout=10) as client:
            answer = client.request(method, server.rstrip("/") + path, json=fields, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeEncodeError) as error:
        raise _refuse(f"{server}: expected the daemon's public listener, found: {error}", REFUSED) from None
    try:
        said = answer.json()
    except ValueError:
        raise _refuse(f"{server}: expected the daemon's API, found something else", REFUSED) from None
    if answer.is_success:
        return said
    if answer.status_code == spared:
        return None
    refusal = said.get("error") if isinstance(said, dict) else None
    message = refusal.get("message") if isinstance(refusal, dict) else f"HTTP {answer.status_code}"
    raise _refuse(str(message), BAD_USAGE if answer.status_code == 400 else REFUSED)


def _refuse(sentence: str, status: int) -> typer.Exit:
    typer.echo(f"prober: {sentence}", err=True)
    return typer.Exit(status)


def short(moment: str) -> str:
    """A moment of the API, for people."""
    return datetime.fromisoformat(moment).strftime("%Y-%m-%d %H:%M:%S UTC")
