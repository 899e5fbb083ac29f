"""`prober subscribers`, against a real daemon with a real mail server; nothing is lost by `kill -9`."""

import json
import re
import sqlite3
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from typer.testing import CliRunner

from prober.cli.main import app
from prober.daemon.mailing import AT_ONCE
from tests.acceptance.scene import Daemon, Server, alive, eventually, served
from tests.ports import free_port

KEY = "admin-secret-0123456789"
ANN, BOB = "ann@mail.example", "bob@mail.example"
READERS = """
[channels.readers]
kind = "email"
host = "127.0.0.1"
port = {port}
encryption = "none"
sender = "status@acme.example"
subscribers = true
[subscriptions.readers]
channel = "readers"
"""


class Box:
    """Keeps what it takes; while it is shut it takes nothing, and nothing for a mailbox that is full."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.is_shut = False
        self.full = ""

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, to: str, options: list[str]) -> str:
        envelope.rcpt_tos.append(to)
        return "451 shut" if self.is_shut else "452 4.2.2 full" if to == self.full else "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        mail = message_from_bytes(bytes(envelope.original_content or b""), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        body = mail.get_body(("plain",))
        assert isinstance(body, EmailMessage)
        self.taken.append(f"{mail['To']}: {mail['Subject']}\n{body.get_content()}")
        return "250 OK"

    def has(self, count: int) -> bool:
        return len(self.taken) >= count

    def next(self, what: str, one: Daemon) -> str:
        """The next mail, which has to come."""
        eventually(lambda: self.taken, what, one.log)
        return self.taken.pop(0)


def post(one: Daemon, path: str, content: bytes = b"") -> int:
    request = urllib.request.Request(f"http://127.0.0.1:{one.public}{path}", content, method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        status: int = answer.status
        return status


def linked(mail: str) -> str:
    """The path of the link in it."""
    found = re.search(r"https?://[^/\s]+(/\S+\?t=\S+)", mail)
    assert found, mail
    return found[1]


@contextmanager
def mailed(folder: Path) -> Iterator[tuple[Box, Daemon, Server]]:
    """A mail server, a daemon that sends by it to subscribers, and what that watches."""
    box, port = Box(), free_port()
    mail = Controller(box, hostname="127.0.0.1", port=port)
    mail.start()
    try:
        with served() as target:
            one = Daemon(folder, target.server_port, 9)
            one.config.write_text(one.config.read_text() + READERS.format(port=port))
            with alive(one):
                yield box, one, target
    finally:
        mail.stop()


def test_a_reader_who_has_confirmed_is_told_until_he_leaves_and_a_kill_loses_nothing(tmp_path: Path) -> None:
    with mailed(tmp_path) as (box, one, target):

        def run(*arguments: str) -> str:
            server = f"http://127.0.0.1:{one.public}"
            found = CliRunner().invoke(app, ["subscribers", *arguments, "--server", server], env={"PROBER_KEY": KEY})
            assert found.exit_code == 0, found.output
            return found.stdout

        assert run("list") == "Nobody has subscribed.\n"
        box.is_shut = True
        assert post(one, "/subscribe", f"address={ANN}".encode()) == 202
        assert f"main  {ANN}  asked " in run("list")
        one.kill()
        box.is_shut = False
        one.start()
        question = box.next("the question", one)
        assert post(one, linked(question)) == 200
        assert f"main  {ANN}  since " in run("list", "--site", "main")
        target.status = 503
        told = box.next("the outage", one)
        assert told.startswith(f"{ANN}: ")
        assert "Unsubscribe: " in told
        (listed,) = json.loads(run("list", "--json"))["subscribers"]
        assert run("remove", listed["id"]) == f"{ANN} gets no more mails of main\n"
        assert post(one, linked(told[told.index("Unsubscribe: ") :])) == 200
        target.status = 200
        eventually(lambda: "(resolved, incident:1) attempt 1: delivered" in one.log(), "the end", one.log)
        assert box.taken == []
        assert ANN not in one.log()
        figures = urllib.request.urlopen(f"http://127.0.0.1:{one.public}/metrics", timeout=10).read().decode()
        assert re.search(r"^uptime_subscriber_mails_total\{.*result=\"sent\".*\} 1$", figures, re.MULTILINE)


def test_a_full_mailbox_gets_the_notices_in_order_after_a_kill_and_the_others_get_them_at_once(tmp_path: Path) -> None:
    with mailed(tmp_path) as (box, one, target):
        for address in (ANN, BOB):
            assert post(one, "/subscribe", f"address={address}".encode()) == 202
            assert post(one, linked(box.next("the question", one))) == 200
        box.full = BOB
        for status, what in ((503, "Opened"), (200, "Resolved")):
            target.status = status
            assert f"{ANN}: [Acceptance] {what}" in box.next(what, one)
        eventually(lambda: "(resolved, incident:1) attempt 1: delivered" in one.log(), "the end", one.log)
        one.kill()
        box.full = ""
        one.start()
        for what in ("Opened", "Resolved"):
            assert f"{BOB}: [Acceptance] {what}" in box.next(what, one)
        assert BOB not in one.log()


def test_killed_while_it_sends_to_many_it_leaves_out_nobody_and_repeats_few(tmp_path: Path) -> None:
    them, kills = {f"{n}@mail.example" for n in range(200)}, (10, 90)
    with mailed(tmp_path) as (box, one, target):
        one.kill()
        with closing(sqlite3.connect(tmp_path / "state" / "prober.db")) as connection, connection:
            rows = [(f"{n}", "main", address, 1, 1) for n, address in enumerate(them)]
            connection.executemany(
                "INSERT INTO subscriber (id, site, address, asked_ms, confirmed_ms) VALUES (?, ?, ?, ?, ?)", rows
            )
        one.start()
        target.status = 503
        for count in kills:
            eventually(partial(box.has, count), f"{count} mails", one.log)
            one.kill()
            one.start()
        eventually(lambda: "(opened, incident:1) attempt 1: delivered" in one.log(), "the end", one.log)
        to = [mail.partition(":")[0] for mail in box.taken]
        assert set(to) == them
        assert len(to) - len(them) <= AT_ONCE * len(kills)
