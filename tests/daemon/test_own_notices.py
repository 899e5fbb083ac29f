"""Prober's own notices: every kind of channel can carry them."""

from prober.core.model import NoticeReason
from prober.daemon import own_notices
from prober.notifiers import Parcel, Site
from prober.notifiers.text import telling
from tests.builders import T0
from tests.notifiers.parcels import PARCELS

SITE = Site("main", "slug", "Main", "http://status.example")


def test_a_disabled_channel_is_told_to_each_of_the_others_and_ended_as_the_same() -> None:
    begun = own_notices.disabled("hook", ["mail", "chat"], "main", T0 - 9, T0, "answered 410")
    ended = own_notices.enabled("hook", ["mail", "chat"], "main", T0, T0 + 5)
    assert [n.channel for n in begun] == ["mail", "chat"]
    assert len({n.id for n in [*begun, *ended]}) == 4
    assert len({n.incident.slug for n in [*begun, *ended] if n.incident}) == 1
    assert [n.reason for n in ended] == [NoticeReason.RESOLVED] * 2
    said = telling(Parcel(begun[0], SITE, begun[0].headline, {}, 1, T0)).said[0]
    assert "answered 410" in said
    assert "prober channels enable hook" in said
    assert all(own_notices.is_own(one) for one in [*begun, *ended, own_notices.test("hook", "main", T0)])
    assert not any(own_notices.is_own(one.notice) for one in PARCELS.values())


def test_a_test_notice_says_so_in_its_subject() -> None:
    notice = own_notices.test("hook", "main", T0)
    assert "[TEST]" in telling(Parcel(notice, SITE, notice.headline, {}, 1, T0)).subject
