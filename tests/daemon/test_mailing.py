"""A channel to subscribers, with a real mail server: each gets a notice once, and none goes to who did not confirm."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import anyio
import pytest

from prober.clock import Clock
from prober.daemon import mailing, own_notices
from prober.daemon.mailing import Mailing
from prober.daemon.meters import Meters
from prober.errors import DeliveryError, StoreError
from prober.notifiers import Parcel, Site, kind
from prober.store import ChannelState, Pending, Store
from prober.store.subscribers import REFUSALS
from tests.builders import T0
from tests.notifiers.mailservers import Mailbox, mail_server
from tests.notifiers.parcels import PARCELS
from tests.worlds import recording

pytestmark = pytest.mark.anyio

ANN, BOB, CYD = (f"{name}@mail.example" for name in ("ann", "bob", "cyd"))
SITE = Site("main", "kx3m9qv7t2ab", "Acme", "https://status.example")


@pytest.fixture
def anyio_backend() -> str:
    """The mail server is asyncio's."""
    return "asyncio"


class Scene:
    """A mailing to a box. send: a notice that was owed after all confirmed."""

    def __init__(self, made: Mailing, box: Mailbox, ticks: list[None], store: Store) -> None:
        self.mailing = made
        self.store = store
        self.box = box
        self.ticks = ticks
        self._them = made._subscribers
        made.parcel = self._parcel

    async def _parcel(self, one: Pending, number: int, at_ms: int) -> Parcel:
        return told()._replace(notice=one.notice, attempt=number, sent_ms=at_ms)

    async def owe(self, *ids: str) -> None:
        """Have these in the store, as if they had been decided."""
        await self.store.outbox.put_channel(ChannelState("readers"), [told(id_).notice for id_ in ids])

    async def try_again(self) -> None:
        """What was put off, until nothing is."""
        far_ms = Clock().now_ms() + 86_400_000
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.mailing.keep_trying)
            with anyio.fail_after(20):
                while await self._them.late("readers", far_ms, 1):
                    await anyio.sleep(0.01)
            tasks.cancel_scope.cancel()

    def got(self) -> list[str]:
        """To whom, and which notice, in order."""
        return [f"{to} {mail['Message-ID'].strip('<').partition('@')[0]}" for to, mail in self.mails()]

    async def confirmed(self, *addresses: str) -> None:
        for address in addresses:
            await self._them.ask("main", address, T0)
        for one in await self._them.all():
            await self._them.confirm(one.id, T0)

    async def send(self, id_: str = "msg_1") -> str:
        return (await self.mailing.send(told(id_))).detail

    async def execute(self, sql: str) -> None:
        await self._them._engine.call(lambda connection: connection.execute(sql))

    def mails(self) -> list[tuple[str, EmailMessage]]:
        """To whom, and what."""
        return [
            (to, message_from_bytes(bytes(one.original_content or b""), policy=policy.default))
            for one in self.box.taken
            for to in one.rcpt_tos
        ]

    def to(self) -> list[str]:
        return sorted(to for to, _ in self.mails())


def told(id_: str = "msg_1") -> Parcel:
    made = PARCELS["incident_opened"]
    return made._replace(
        notice=made.notice._replace(id=id_, seq=1, at_ms=T0 + 1, site="main", channel="readers"), site=SITE
    )


@asynccontextmanager
async def scene(folder: Path, refuses: dict[str, str] | None = None) -> AsyncIterator[Scene]:
    async with mail_server(refuses=refuses) as box, recording(folder) as (_, store):
        keys = {
            "kind": "email",
            "host": "localhost",
            "port": box.port,
            "encryption": "none",
            "sender": "s@acme.example",
        }
        of_kind = kind("email")
        sender = of_kind.build(of_kind.options.model_validate({"name": "Readers", "subscribers": True, **keys}))
        meters = Meters((), ("readers",))
        ticks: list[None] = []
        made = Mailing("readers", sender, store, Clock(), meters, lambda: ticks.append(None))
        made.sites = {"main": SITE}
        yield Scene(made, box, ticks, store)


async def test_each_gets_a_mail_of_its_own_with_a_way_out_of_one_click(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.confirmed(ANN, BOB)
        assert await it.send() == "taken for 2 subscribers"
        assert (it.to(), len(it.ticks)) == ([ANN, BOB], 2)  # each is progress
        links = set()
        for to, mail in it.mails():
            assert mail["To"] == to
            assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
            link = mail["List-Unsubscribe"].strip("<>")
            assert link.startswith("https://status.example/unsubscribe?t=")
            for part in ("plain", "html"):
                body = mail.get_body((part,))
                assert body is not None
                assert link in body.get_content()
            links.add(link)
        assert len(links) == 2


async def test_a_mail_of_a_page_that_is_gone_has_no_link_that_leads_nowhere(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.confirmed(ANN)
        await it.mailing.send(told()._replace(site=Site("main", "", "main", "")))
        ((_, mail),) = it.mails()
        assert (mail["List-Unsubscribe"], "nsubscribe" in mail.as_string()) == (None, False)


async def test_a_mailbox_that_is_full_gets_all_later_in_order_and_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailing, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(mailing, "retry_delay_ms", lambda *_: 1)
    refuses = {BOB: f"452 4.2.2 <{BOB.title()}> is full"}
    async with scene(tmp_path, refuses) as it:
        await it.confirmed(ANN, BOB, CYD)
        await it.owe("msg_1", "msg_2")
        for n in (1, 2):
            assert await it.send(f"msg_{n}") == "taken for 2 subscribers"
        assert it.to() == [ANN, ANN, CYD, CYD]
        refuses.clear()
        await it.try_again()
        assert [got for got in it.got() if got.startswith(BOB)] == [f"{BOB} msg_1", f"{BOB} msg_2"]
        assert len(it.got()) == 6


async def test_what_is_put_off_is_given_up_in_the_end_and_a_mailbox_that_is_gone_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuses = {BOB: "452 4.2.2 full", CYD: "452 4.2.2 full"}
    async with scene(tmp_path, refuses) as it:
        await it.confirmed(ANN, BOB, CYD)
        await it.owe("msg_1")
        await it.send()
        far_ms = Clock().now_ms() + 3_600_000
        late = dict(await it.store.subscribers.late("readers", far_ms, 10))
        bob, cyd = late
        monkeypatch.setattr(mailing, "GIVEN_UP_MS", 0)
        await it.mailing._try_again(bob, late[bob])
        refuses.update({BOB: "550 5.1.1 gone", CYD: "550 5.1.1 gone"})
        await it.mailing._try_again(cyd, late[cyd])
        assert await it.store.subscribers.late("readers", far_ms, 10) == []
        assert it.to() == [ANN]


async def test_several_notices_share_the_connections(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.confirmed(*(f"{n}@mail.example" for n in range(8)))
        it.box.may_take = anyio.Event()
        async with anyio.create_task_group() as tasks:
            for n in range(3):
                tasks.start_soon(it.send, f"msg_{n}")
            with anyio.fail_after(20):
                while it.box.at_once < mailing.AT_ONCE:
                    await anyio.sleep(0.01)
            it.box.may_take.set()
        assert (len(it.to()), it.box.most_at_once) == (24, mailing.AT_ONCE)


async def test_a_channel_that_has_changed_leaves_the_rest_to_the_new_one(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        them = [f"{n}@mail.example" for n in range(30)]
        await it.confirmed(*them)
        it.box.may_take = anyio.Event()
        failed = []

        async def send() -> None:
            with pytest.raises(DeliveryError, match="the new one sends the rest") as error:
                await it.send()
            failed.append(error.value.permanent)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send)
            with anyio.fail_after(20):
                while it.box.at_once < mailing.AT_ONCE:
                    await anyio.sleep(0.01)
            it.mailing.retire()
            it.box.may_take.set()
        assert (failed, len(it.to())) == ([False], mailing.AT_ONCE)
        it.mailing._is_retired = False
        await it.send()
        assert it.to() == sorted(them)


async def test_a_message_that_one_server_behind_refuses_when_it_has_it_hurts_no_other(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        it.box.refuses_data[BOB] = "554 5.7.1 looks like spam"
        await it.confirmed(ANN, BOB, *(f"{n}@mail.example" for n in range(10)))
        assert await it.send() == "taken for 11 subscribers"


async def test_a_long_row_of_refusals_is_our_trouble_and_costs_nobody_the_notice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailing, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(mailing, "retry_delay_ms", lambda *_: 1)
    them = [f"{n}@mail.example" for n in range(mailing.GIVES_UP_AFTER + 5)]
    refuses = dict.fromkeys(them, "550 5.4.5 daily quota exceeded")
    async with scene(tmp_path, refuses) as it:
        await it.confirmed(ANN)
        await it.owe("msg_1")
        await it.send()
        await it.confirmed(*them)
        await it.send()
        assert it.to() == [ANN]
        refuses.clear()
        await it.try_again()
        assert it.to() == sorted([ANN, *them])


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("550 <Ann@Mail.Example>: no", "<***>: no"),
        ("550 no user ann here", "no user *** here"),
        ("550 an annual ban", "an annual ban"),
    ],
)
async def test_no_refusal_is_kept_with_whom_it_is_for(tmp_path: Path, said: str, kept: str) -> None:
    async with scene(tmp_path, {ANN: said}) as it:
        await it.confirmed(ANN)
        with pytest.raises(DeliveryError) as failed:
            await it.send()
        assert str(failed.value).endswith(f"answered 550: {kept}")


async def test_one_that_is_refused_for_ever_gives_nothing_up_while_the_others_are_to_be_tried_again(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path, {ANN: "451 4.3.0 busy", BOB: "550 5.7.1 no"}) as it:
        await it.confirmed(ANN, BOB)
        with pytest.raises(DeliveryError) as failed:
            await it.send()
        assert (failed.value.permanent, str(failed.value).endswith("answered 451: 4.3.0 busy")) == (False, True)


async def test_who_has_it_does_not_get_it_again_if_we_are_killed_before_that_is_written_of_the_notice(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path) as it:
        await it.confirmed(ANN, BOB)
        for _ in range(2):
            await it.send()
        assert it.to() == [ANN, BOB]


async def test_a_mailbox_that_is_not_there_hurts_nobody_and_is_let_go(tmp_path: Path) -> None:
    async with scene(tmp_path, {BOB: "550 5.1.1 nobody"}) as it:
        await it.confirmed(ANN, BOB)
        for n in range(REFUSALS):
            await it.send(f"msg_{n}")
        assert it.to() == [ANN] * REFUSALS
        assert sorted(one.refusals for one in await it.mailing._subscribers.all()) == [0, 1]


async def test_a_server_that_knows_nobody_any_more_is_told_and_costs_no_subscriber(tmp_path: Path) -> None:
    them = [ANN, BOB, CYD]
    async with scene(tmp_path, dict.fromkeys(them, "550 5.1.1 nobody")) as it:
        await it.confirmed(*them)
        for n in range(REFUSALS + 1):
            with pytest.raises(DeliveryError, match="nobody"):
                await it.send(f"msg_{n}")
        assert [one.refusals for one in await it.mailing._subscribers.all()] == [0, 0, 0]


async def test_the_only_subscriber_may_be_gone_without_being_a_failure(tmp_path: Path) -> None:
    async with scene(tmp_path, {ANN: "550 5.1.1 nobody"}) as it:
        await it.confirmed(ANN)
        assert await it.send() == "taken for 0 subscribers"


async def test_a_mailbox_that_is_refused_alone_gives_way(tmp_path: Path) -> None:
    async with scene(tmp_path, {BOB: "550 no"}) as it:
        await it.confirmed(ANN, BOB)
        await it.send()
        assert (it.to(), len(await it.mailing._subscribers.all())) == ([ANN], 2)


async def test_where_one_is_unknown_and_the_others_are_refused_it_is_we_who_are_not_liked(tmp_path: Path) -> None:
    async with scene(tmp_path, {ANN: "550 5.1.1 nobody", BOB: "554 5.7.1 go away"}) as it:
        await it.confirmed(ANN, BOB)
        with pytest.raises(DeliveryError, match="go away"):
            await it.send()


async def test_a_store_that_takes_nothing_stops_the_mails_and_repeats_none(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        them = [f"{n}@mail.example" for n in range(20)]
        await it.confirmed(*them)
        await it.execute("CREATE TRIGGER full BEFORE INSERT ON mailed BEGIN SELECT RAISE(FAIL, 'full'); END")
        for _ in range(3):
            with pytest.raises(DeliveryError, match="full") as failed:
                await it.send()
            assert not failed.value.permanent
        assert 0 < len(it.to()) <= mailing.AT_ONCE
        await it.execute("DROP TRIGGER full")
        await it.send()
        assert it.to() == sorted(them)


async def test_a_store_that_takes_nothing_has_nobody_asked_or_tried_again_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailing, "retry_delay_ms", lambda *_: 0)
    refuses = {BOB: "452 4.2.2 full"}
    async with scene(tmp_path, refuses) as it:
        await it.confirmed(ANN, BOB)
        await it.owe("msg_1")
        await it.send()
        refuses.clear()
        await it.store.subscribers.ask("main", CYD, Clock().now_ms())
        for table in ("subscriber", "mailed"):
            sql = f"CREATE TRIGGER full_{table} BEFORE UPDATE ON {table} BEGIN SELECT RAISE(FAIL, 'full'); END"
            await it.execute(sql)
        for _ in range(3):
            with pytest.raises(StoreError):
                await it.mailing._ask_some()
            with pytest.raises(StoreError):
                await it.mailing._try_some()
        assert it.to() == [ANN, BOB]
        for table in ("subscriber", "mailed"):
            await it.execute(f"DROP TRIGGER full_{table}")
        await it.mailing._ask_some()
        await it.mailing._try_some()
        assert it.to() == [ANN, BOB, CYD]


async def test_a_server_that_takes_nothing_of_us_is_told_and_costs_no_subscriber(tmp_path: Path) -> None:
    refuses = {ANN: "554 5.7.1 go away", BOB: "554 5.7.1 go away"}
    async with scene(tmp_path, refuses) as it:
        await it.confirmed(ANN, BOB)
        with pytest.raises(DeliveryError, match="go away") as failed:
            await it.send()
        assert failed.value.permanent
        refuses.clear()
        await it.send()
        assert it.to() == [ANN, BOB]


async def test_what_is_prober_s_own_is_sent_to_no_reader(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        await it.confirmed(ANN)
        await it.execute("UPDATE installation SET seq = 7")  # something was decided before
        test = own_notices.test("readers", "main", T0 + 1)
        trouble = own_notices.disabled("ops", ["readers"], "main", T0, T0 + 1, "http://10.0.0.3: refused")
        back = own_notices.enabled("ops", ["readers"], "main", T0, T0 + 1)
        await it.store.outbox.owe([test, *trouble, *back])
        owed = await it.store.outbox.pending("readers", 9)
        assert [one.notice.seq for one in owed] == [7] * 3
        for one in owed:
            parcel = await it.mailing.parcel(one, 1, T0)
            assert "no subscriber" in (await it.mailing.send(parcel)).detail
        assert it.to() == []


async def test_what_is_hidden_from_the_public_is_sent_to_no_reader_not_even_later(tmp_path: Path) -> None:
    async with scene(tmp_path, {BOB: "452 4.2.2 full"}) as it:
        await it.confirmed(ANN, BOB)
        await it.owe("msg_1")
        await it.send()
        it.mailing.unseen = {("events", "1")}
        assert await it.send("msg_2") == "not public: sent to no subscriber"
        far_ms = Clock().now_ms() + 3_600_000
        ((bob, pending),) = await it.store.subscribers.late("readers", far_ms, 9)
        await it.mailing._try_again(bob, pending)
        assert (it.to(), await it.store.subscribers.late("readers", far_ms, 9)) == ([ANN], [])


async def test_who_asks_is_asked_once_and_nothing_else_goes_there(tmp_path: Path) -> None:
    async with scene(tmp_path) as it, anyio.create_task_group() as tasks:
        tasks.start_soon(it.mailing.keep_asking)
        await it.mailing._subscribers.ask("main", ANN, Clock().now_ms())
        await it.mailing._subscribers.ask("other", BOB, Clock().now_ms())
        with anyio.fail_after(20):
            while not it.mails():
                await anyio.sleep(0.01)
        ((to, mail),) = it.mails()
        assert (to, mail["To"], mail["Subject"]) == (ANN, ANN, "Confirm: mails of Acme")
        assert "https://status.example/subscribe/confirm?t=" in mail.get_content()
        await it.send()
        assert len(it.mails()) == 1
        tasks.cancel_scope.cancel()


async def test_those_whom_another_channel_asks_keep_nobody_waiting(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        them = it.mailing._subscribers
        for n in range(mailing.TOGETHER):
            await them.ask("other", f"{n}@mail.example", T0)
        assert not await it.mailing._ask_some()
        await them.ask("main", ANN, Clock().now_ms())
        await it.mailing._ask_some()
        assert it.to() == [ANN]


async def test_how_many_there_are_is_told_down_to_none(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        told = it.mailing._meters.subscribers.labels("main")
        await it.confirmed(ANN)
        await it.mailing._ask_some()
        assert told._value.get() == 1
        await it.mailing._subscribers.leave((await it.mailing._subscribers.all())[0].id)
        await it.mailing._ask_some()
        assert told._value.get() == 0


@pytest.mark.parametrize("answer", ["451 later", "554 5.7.1 go away"])
async def test_who_could_not_be_asked_is_asked_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr(mailing, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(mailing, "retry_delay_ms", lambda *_: 1)
    refuses = {ANN: answer}
    async with scene(tmp_path, refuses) as it, anyio.create_task_group() as tasks:
        await it.mailing._subscribers.ask("main", ANN, Clock().now_ms())
        tasks.start_soon(it.mailing.keep_asking)
        with anyio.fail_after(20):
            while (await it.mailing._subscribers.all())[0].attempts < 2:
                await anyio.sleep(0.01)
            refuses.clear()
            while not it.mails():
                await anyio.sleep(0.01)
        tasks.cancel_scope.cancel()
        assert it.to() == [ANN]
