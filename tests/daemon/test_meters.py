"""The daemon's own figures."""

from prober.daemon.meters import Meters


def channels(meters: Meters) -> set[str]:
    return {s.labels["channel"] for m in meters.collect() for s in m.samples if "channel" in s.labels}


def test_what_is_no_longer_watched_has_no_series_and_what_stays_keeps_its_figures() -> None:
    meters = Meters(["shop", "blog"], ["hook", "mail"])
    meters.missed.labels("shop").inc(3)
    meters.watch(["shop", "new"])
    missed = {s.labels["check"]: s.value for m in meters.collect() for s in m.samples if s.name.endswith("slots_total")}
    assert missed == {"shop": 3, "new": 0}
    meters.end("mail")
    assert channels(meters) == {"hook"}
    meters.begin("mail")
    assert channels(meters) == {"hook", "mail"}


def test_series_known_in_advance_start_at_zero() -> None:
    samples = {(s.name, *s.labels.values()): s.value for m in Meters(["shop"], ["hook"]).collect() for s in m.samples}
    assert samples["uptime_scheduler_missed_slots_total", "shop"] == 0
    assert samples["uptime_deliveries_total", "hook", "failed"] == 0
    assert samples["uptime_notices_owed", "hook"] == 0
