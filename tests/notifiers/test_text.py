"""The words of a notice say what happened, to what, since when, and where to look; and they fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prober.core.model import Affected, Incident, Indicator, NoticeReason, Status
from prober.notifiers.base import Seen, Words
from prober.notifiers.text import COLOR, MARK, MARKDOWN, MARKUP, PLAIN, Table, fitted, octets, telling, units, variables
from prober.template import NOTICE, parsed
from tests.builders import T0
from tests.notifiers.parcels import CHANGED, KNOWN, NOTHING, OPEN, PARCELS, POSTED_MS, RESOLVED, parcel


@pytest.mark.parametrize(
    ("name", "line", "badness"),
    [
        ("incident_opened", "[Main] Opened: Shop is down", Indicator.CRITICAL),
        ("incident_changed", "[Main] Changed: Shop is down", Indicator.MAJOR),
        ("incident_monitoring", "[Main] Monitoring: Shop is down", Indicator.MAJOR),
        ("incident_reopened", "[Main] Reopened: Shop is down", Indicator.CRITICAL),
        ("incident_resolved", "[Main] Resolved: Shop is down", Indicator.NONE),
        ("component", "[Main] Now: Shop is down", Indicator.CRITICAL),
        ("maintenance_started", "[Main] Maintenance started: Upgrade", Indicator.MAINTENANCE),
        ("maintenance_completed", "[Main] Maintenance completed: Upgrade", Indicator.NONE),
    ],
)
def test_the_subject_says_what_happened_to_what(name: str, line: str, badness: Indicator) -> None:
    told = telling(PARCELS[name])
    assert (told.subject, told.badness) == (line, badness)


@pytest.mark.parametrize("reason", [reason for reason in NoticeReason if reason is not NoticeReason.DIGEST])
def test_every_reason_has_a_subject(reason: NoticeReason) -> None:
    assert telling(parcel(reason, incident=OPEN)).subject.endswith(": Shop is down")


def test_a_digest_is_a_line_for_each_thing() -> None:
    notices = tuple(PARCELS[name].notice for name in ("incident_resolved", "incident_opened", "maintenance_started"))
    one = PARCELS["incident_opened"]
    digest = one.notice._replace(reason=NoticeReason.DIGEST, incident=None, digest=notices)
    told = telling(one._replace(notice=digest))
    assert told.subject == "[Main] Digest: 3 more things happened"
    assert told.said == (
        "🟢 Resolved: Shop is down",
        "🔴 Opened: Shop is down",
        "🔵 Maintenance started: Upgrade",
    )
    assert told.badness is Indicator.CRITICAL
    assert "1 more thing happened" in telling(one._replace(notice=digest._replace(digest=notices[:1]))).subject


def test_each_badness_has_its_mark_and_colour() -> None:
    assert set(MARK) == set(COLOR) == set(Indicator)


def test_a_subject_is_one_line() -> None:
    torn = parcel(NoticeReason.OPENED, incident=OPEN._replace(name="Shop\r\nBcc: all\tis down"))
    assert telling(torn).subject == "[Main] Opened: Shop Bcc: all is down"


def test_an_incident_is_told_with_its_latest_update_first() -> None:
    assert telling(PARCELS["incident_resolved"]).lines == [
        "Shop is operational again.",
        "Impact: critical",
        "Began: 2023-11-14 22:13:20 UTC, lasted 10 min",
        "Main: All Systems Operational",
        "https://status.example/incidents/q1w2e3r4t5y6",
    ]


def test_what_its_components_show_is_told_where_the_news_does_not_say_it() -> None:
    assert telling(PARCELS["incident_updated"]).said == ("A disk is full.", "Shop is partially down")
    two = CHANGED._replace(affected=(*CHANGED.affected, Affected("blog", Status.DEGRADED, Status.DEGRADED)))
    told = telling(parcel(NoticeReason.CHANGED, incident=two))
    assert told.said == ("Shop is partially down now.", "Shop is partially down; Blog is degraded")


@pytest.mark.parametrize("name", ["incident_reminder", "incident_escalated"])
def test_what_nobody_has_taken_says_for_how_long(name: str) -> None:
    assert telling(PARCELS[name]).said[0] == "Open for 3 min 30 s, and nobody has acknowledged it."


@pytest.mark.parametrize(
    ("incident", "told"),
    [
        (KNOWN, "by ann until 2023-11-14 23:16:50 UTC"),
        (KNOWN._replace(acknowledged_until_ms=None), "by ann"),
        (KNOWN._replace(acknowledged_until_ms=T0), None),
        (RESOLVED._replace(acknowledged_by="ann"), None),
        (OPEN, None),
    ],
)
def test_who_knows_of_an_incident_is_told_while_it_lasts(incident: Incident, told: str | None) -> None:
    one = parcel(NoticeReason.ACKNOWLEDGED, at_ms=POSTED_MS, incident=incident)
    assert dict(telling(one).facts).get("Acknowledged") == told


def test_what_was_cancelled_is_told_as_it_was_planned() -> None:
    when = dict(telling(PARCELS["maintenance_cancelled"]).facts)["When"]
    assert when == "2023-11-14 22:13:20 UTC to 2023-11-14 23:43:20 UTC"


def test_what_was_seen_is_said_if_it_is_to_be() -> None:
    seen = (
        Seen("shop", "expected status 200, found 503", 120, "processing", "10.0.0.3"),
        Seen("worker", "no report came", 0, "", ""),
    )
    one = PARCELS["incident_opened"]
    assert [value for label, value in telling(one._replace(seen=seen)).facts if label == "Seen"] == [
        "shop: expected status 200, found 503, after 120 ms from 10.0.0.3, in phase processing",
        "worker: no report came, after 0 ms",
    ]
    assert "Seen" not in dict(telling(one).facts)


def test_a_maintenance_is_told_with_its_times_and_components() -> None:
    assert telling(PARCELS["maintenance_started"]).lines == [
        "The maintenance has started.",
        "A new database für alle.",
        "When: 2023-11-14 22:13:20 UTC to 2023-11-14 23:43:20 UTC",
        "Affected: Shop, Blog",
        "Main: Service Under Maintenance",
        "https://status.example",
    ]


def test_a_change_is_told_with_what_was_before() -> None:
    assert telling(PARCELS["component"]).lines == [
        "Before, it was operational",
        "Since: 2023-11-14 22:13:20 UTC",
        "Main: Partial System Outage",
        "https://status.example",
    ]


@pytest.mark.parametrize("name", PARCELS)
def test_nothing_leads_to_a_site_that_is_no_longer_configured(name: str) -> None:
    one = PARCELS[name]
    assert telling(one._replace(site=one.site._replace(url=""))).url == ""


@pytest.mark.parametrize(
    ("text", "limit", "table", "wanted"),
    [
        ("short", 5, PLAIN, "short"),
        ("longer", 5, PLAIN, "long…"),
        ("a<b", 6, MARKUP, "a&lt;b"),
        ("a<bc", 6, MARKUP, "a&lt;…"),
        ("a<bc", 5, MARKUP, "a…"),
        ("😀😀😀", 5, PLAIN, "😀😀…"),
        ("a_b", 4, MARKDOWN, "a\\_b"),
    ],
)
def test_a_text_is_cut_where_it_is_too_long(text: str, limit: int, table: Table, wanted: str) -> None:
    assert fitted(text, limit, table) == wanted


def test_bytes_can_be_the_measure() -> None:
    assert fitted("üüüü", 7, size=octets) == "üü…"


@given(st.text(), st.integers(3, 30), st.sampled_from([PLAIN, MARKUP, MARKDOWN]), st.sampled_from([units, octets]))
def test_a_text_never_exceeds_its_limit(text: str, limit: int, table: Table, size: type) -> None:
    cut = fitted(text, limit, table, size)
    assert size(cut) <= limit
    assert cut == text.translate(table) or cut.endswith("…")


@pytest.mark.parametrize("name", PARCELS)
def test_every_variable_of_a_template_has_a_value(name: str) -> None:
    values = variables(PARCELS[name], telling(PARCELS[name]))
    assert values.keys() == NOTICE.keys()
    for list_, keys in NOTICE.items():
        found = values[list_]
        if keys and not isinstance(found, str | bool):
            assert all(set(item) == set(keys) for item in found)


def test_a_channel_may_say_it_in_its_own_words() -> None:
    words = Words(
        parsed("{{happened}}: {{name}}", NOTICE),
        parsed("{{#is_over}}over{{/is_over}}{{^is_over}}{{impact}} since {{began}}{{/is_over}}", NOTICE),
    )
    told = telling(PARCELS["incident_opened"]._replace(words=words))
    assert told.subject == "Opened: Shop is down"
    assert told.lines == [
        "critical since 2023-11-14 22:13:20 UTC",
        "https://status.example/incidents/q1w2e3r4t5y6",
    ]
    assert telling(PARCELS["incident_resolved"]._replace(words=words)).said == ("over",)


def test_a_template_of_one_half_leaves_the_other() -> None:
    one = PARCELS["maintenance_started"]
    words = Words(parsed("Work at\n{{site}}", NOTICE), None)
    assert telling(one._replace(words=words)) == telling(one)._replace(subject="Work at Main")
    assert telling(one._replace(words=Words(NOTHING, None))) == telling(one)


def test_a_digest_is_in_our_own_words() -> None:
    one = PARCELS["incident_opened"]
    digest = one.notice._replace(reason=NoticeReason.DIGEST, incident=None, digest=(one.notice,))
    words = Words(parsed("other", NOTICE), parsed("other", NOTICE))
    assert telling(one._replace(notice=digest, words=words)) == telling(one._replace(notice=digest))
