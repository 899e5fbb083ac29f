"""A mail arrives whole and encrypted, or it is told why it did not."""

import json
import ssl
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import trustme
from pydantic import ValidationError

from prober.core.model import NoticeReason
from prober.errors import DeliveryError
from prober.notifiers import Receipt, kind
from prober.notifiers.email import EmailOptions, message
from tests.notifiers.mailservers import PASSWORD, USER, mail_server, scripted
from tests.notifiers.parcels import EVERY, HEAVY, OPEN, PARCELS, parcel

PARCEL = PARCELS["incident_opened"]
SENDER, TO = "Acme Status <status@acme.example>", ["ops@acme.example", "boss@acme.example"]
KEYS = {"kind": "email", "host": "localhost", "sender": SENDER, "to": TO}
PLAIN = {"host": "127.0.0.1", "encryption": "none"}


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture
def ca(authority: trustme.CA, tmp_path: Path) -> str:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return str(tmp_path / "ca.pem")


def options(**keys: Any) -> EmailOptions:
    return EmailOptions.model_validate({**KEYS, **keys})


async def sent(port: int, **keys: Any) -> Receipt:
    return await kind("email").build(options(port=port, **keys)).send(PARCEL)


async def failure(port: int, **keys: Any) -> DeliveryError:
    with pytest.raises(DeliveryError) as failed:
        await sent(port, **keys)
    assert PASSWORD not in str(failed.value)
    return failed.value


def parsed(content: Any) -> EmailMessage:
    found = message_from_bytes(content, policy=default)
    assert isinstance(found, EmailMessage)
    return found


@pytest.mark.anyio
async def test_a_mail_goes_through_starttls_and_a_password(ca: str, server_tls: ssl.SSLContext) -> None:
    async with mail_server(starttls=server_tls) as box:
        assert await sent(box.port, ca=ca, username=USER, password=PASSWORD) == Receipt()
    (envelope,) = box.taken
    assert (box.users, box.was_encrypted) == ([USER], [True])
    assert (envelope.mail_from, envelope.rcpt_tos) == ("status@acme.example", TO)


@pytest.mark.anyio
async def test_a_mail_goes_through_tls_from_the_start(ca: str, server_tls: ssl.SSLContext) -> None:
    async with mail_server(tls=server_tls) as box:
        assert await sent(box.port, ca=ca, encryption="tls") == Receipt()
    assert len(box.taken) == 1


@pytest.mark.anyio
async def test_a_relay_next_door_needs_no_encryption() -> None:
    async with mail_server() as box:
        assert await sent(box.port, **PLAIN) == Receipt()
    mail = parsed(box.taken[0].content)
    assert mail["Subject"] == "[Main] Opened: Shop is down"


@pytest.mark.anyio
async def test_nothing_is_sent_in_clear_if_starttls_is_gone() -> None:
    async with mail_server() as box:
        error = await failure(box.port, host="127.0.0.1")
    assert (error.permanent, box.taken) == (False, [])
    assert "STARTTLS extension not supported" in str(error)


@pytest.mark.anyio
async def test_a_certificate_that_nobody_vouches_for_is_refused(server_tls: ssl.SSLContext) -> None:
    async with mail_server(starttls=server_tls) as box:
        error = await failure(box.port, username=USER, password=PASSWORD)
    assert (error.permanent, box.taken) == (False, [])
    assert "unable to get local issuer certificate" in str(error)


@pytest.mark.anyio
async def test_a_wrong_password_is_final_and_not_repeated(ca: str, server_tls: ssl.SSLContext) -> None:
    async with mail_server(starttls=server_tls) as box:
        with pytest.raises(DeliveryError, match="answered 535") as failed:
            await sent(box.port, ca=ca, username=USER, password="another-hush")
    assert failed.value.permanent
    assert "another-hush" not in str(failed.value)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("refuses", "is_final", "told"),
    [
        ({TO[0]: "550 no such user", TO[1]: "550 no such user"}, True, "answered 550: no such user"),
        ({TO[0]: "550 no such user", TO[1]: "450 greylisted"}, False, "answered 450: greylisted"),
        ({TO[1]: "450 greylisted"}, False, "not yet taken for boss@acme.example"),
    ],
)
async def test_recipients_that_are_refused_are_told(refuses: dict[str, str], is_final: bool, told: str) -> None:
    async with mail_server(refuses=refuses) as box:
        error = await failure(box.port, **PLAIN)
    assert (error.permanent, str(error)) == (is_final, f"smtp://127.0.0.1:{box.port}: {told}")


@pytest.mark.anyio
async def test_who_can_be_reached_is_reached(caplog: pytest.LogCaptureFixture) -> None:
    async with mail_server(refuses={TO[1]: "550 no such user"}) as box:
        receipt = await sent(box.port, **PLAIN)
    assert receipt.detail == "refused for boss@acme.example"
    assert box.taken[0].rcpt_tos == TO[:1]
    assert "mail for boss@acme.example was refused" in caplog.text


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answer", "verb", "is_final", "told"),
    [
        (b"554 no service here\r\n", "GREETING", False, "answered 554: no service here"),
        (b"421 too busy\r\n", "EHLO", False, "answered 421: too busy"),
        (b"552 too big\r\n", "DATA", True, "answered 552: too big"),
        (b"", "GREETING", False, "no connection: it was closed at once"),
        (b"250-" + b"x" * 100_000, "EHLO", False, ""),
    ],
)
async def test_what_goes_wrong_at_each_step_is_told(answer: bytes, verb: str, is_final: bool, told: str) -> None:
    async with scripted(answer, verb) as server:
        error = await failure(int(server.url.rpartition(":")[2]), **PLAIN)
    assert error.permanent is is_final
    assert str(error).startswith(f"{server.url}: {told}")


@pytest.mark.anyio
@pytest.mark.parametrize("about", EVERY)
async def test_every_notice_is_a_mail_that_servers_take(about: str) -> None:
    async with mail_server(enable_SMTPUTF8=False, decode_data=True) as box:
        await kind("email").build(options(port=box.port, **PLAIN)).send(EVERY[about])
    assert len(box.taken) == 1


@pytest.mark.parametrize("about", EVERY)
def test_a_mail_has_short_lines_of_ascii(about: str) -> None:
    lines = message(EVERY[about], SENDER, TO).as_bytes().split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert all(line.isascii() and b"\n" not in line for line in lines)


def test_a_mail_says_what_happened_as_text_and_as_html() -> None:
    mail = parsed(message(PARCEL, SENDER, TO).as_bytes())
    assert (mail["From"], mail["To"]) == (SENDER, ", ".join(TO))
    assert mail["Message-ID"] == "<msg_0123456789@acme.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime.isoformat() == "2023-11-14T22:13:20+00:00"
    text, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert isinstance(text, EmailMessage)
    assert isinstance(html, EmailMessage)
    assert text.get_content().splitlines() == [
        "Shop is down: requests time out. We are investigating.",
        "Impact: critical",
        "Began: 2023-11-14 22:13:20 UTC",
        "Main: Partial System Outage",
        "https://status.example/incidents/q1w2e3r4t5y6",
    ]
    assert '<a href="https://status.example/incidents/q1w2e3r4t5y6">' in html.get_content()


def test_what_a_mail_quotes_cannot_be_html_of_its_own() -> None:
    torn = parcel(NoticeReason.OPENED, incident=OPEN._replace(name='<script>alert("1")</script>'))
    for one in (torn, *HEAVY.values()):
        html = parsed(message(one, SENDER, TO).as_bytes()).get_body(("html",))
        assert isinstance(html, EmailMessage)
        assert not {"<script>", "<!here>"} & set(html.get_content().split())


def test_mails_about_one_thing_are_a_thread_and_an_attempt_again_is_the_same_mail() -> None:
    opened, resolved = (message(PARCELS[f"incident_{name}"], SENDER, TO) for name in ("opened", "resolved"))
    assert opened["References"] == resolved["References"]
    again = parcel(NoticeReason.OPENED, attempt=3, incident=OPEN)
    assert message(again, SENDER, TO).as_bytes() == opened.as_bytes()


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"host": "not a host"}, "a host name or address"),
        ({"host": 5}, "a host name or address"),
        ({"sender": "nobody"}, 'an address such as "status@example.com"'),
        ({"sender": "A <a@b.example>\r\nBcc: c@d.example"}, 'an address such as "status@example.com"'),
        ({"to": ["a@b.example, c@d.example"]}, 'an address such as "ops@example.com"'),
        ({"to": []}, "addresses in `to` beside it, or true"),
        ({"subscribers": True}, "no `to` beside it"),
        ({"encryption": "ssl"}, "'starttls', 'tls' or 'none'"),
        ({"ca": "/no/such.pem"}, "a readable PEM file"),
        ({"username": "u", "password": "hush", "encryption": "none"}, "it would be sent in clear"),
        ({"password": "hush"}, "a username beside the password"),
    ],
)
def test_a_mistake_says_what_was_expected(keys: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValidationError) as refused:
        options(**keys)
    (error,) = refused.value.errors()
    assert expected in error["msg"]
    assert "hush" not in json.dumps([error["msg"], str(error.get("ctx"))])


@pytest.mark.parametrize(("encryption", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_the_port_goes_with_the_encryption(encryption: str, port: int) -> None:
    assert options(encryption=encryption).target() == f"smtp://localhost:{port}"
    assert options(host="[::1]", port=26).target() == "smtp://[::1]:26"


@pytest.mark.parametrize("address", ["https://example.com/leave?id=1", "mailto:ops@example.com?subject=leave"])
def test_a_mail_says_where_to_ask_to_be_left_out(address: str) -> None:
    mail = parsed(message(PARCEL, SENDER, TO, address).as_bytes())
    assert mail["List-Unsubscribe"] == f"<{address}>"
    assert parsed(message(PARCEL, SENDER, TO).as_bytes())["List-Unsubscribe"] is None


@pytest.mark.parametrize(("address", "is_one_click"), [("https://status.example", True), ("http://10.0.0.1", False)])
def test_a_long_address_to_leave_at_stands_whole_on_one_line(address: str, is_one_click: bool) -> None:
    leave = f"{address}/unsubscribe?t={'a' * 20}.{'b' * 40}"
    head = message(PARCEL, SENDER, TO[:1], leave=leave).as_bytes().partition(b"\r\n\r\n")[0].decode()
    assert f"\r\nList-Unsubscribe: <{leave}>\r\n" in head
    assert ("\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in head) is is_one_click
    given = message(PARCEL, SENDER, TO, f"mailto:{'o' * 200}@example.com").as_bytes()
    assert f"\r\nList-Unsubscribe: <mailto:{'o' * 200}@example.com>\r\n".encode() in given


@pytest.mark.parametrize("address", ["http://example.com/leave", "https://a b", "mailto:", "https://a/>\r\nBcc: x"])
def test_another_address_to_be_left_out_at_is_refused(address: str) -> None:
    keys = {"kind": "email", "host": "mail.example", "sender": SENDER, "to": TO, "unsubscribe": address}
    with pytest.raises(ValidationError, match="an address such as"):
        EmailOptions.model_validate(keys)


def test_an_address_to_be_left_out_at_beside_the_links_of_subscribers_is_refused() -> None:
    keys = {"kind": "email", "host": "mail.example", "sender": SENDER, "subscribers": True}
    with pytest.raises(ValidationError, match="none beside `subscribers`"):
        EmailOptions.model_validate(keys | {"unsubscribe": "mailto:ops@example.com"})


@pytest.mark.anyio
async def test_a_channel_to_subscribers_is_tested_without_a_mail() -> None:
    async with mail_server() as box:
        keys = {"kind": "email", "host": "localhost", "sender": SENDER, "subscribers": True, "port": box.port}
        one = kind("email").options.model_validate(keys | {"encryption": "none"})
        assert "no subscriber" in (await kind("email").build(one).send(PARCEL)).detail
    assert box.taken == []
