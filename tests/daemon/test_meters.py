"""The daemon's own figures."""

from prober.daemon.meters import Meters


def channels(meters: Meters) -> set[str]:
    return {s.labels["channel"] for m in meters.collect() for s in m.samples if "channel" in s.labels}


def test_what_is_no_longer_watched_has_no_series_and_what_stays_keeps_its_figures() -> None:
    meters = Meters(["shop", "blog"], ["hook", "mail"])
    meters.missed["shop"] += 3
    meters.watch(["shop", "new"])
    assert meters.missed == {"shop": 3, "new": 0}
    meters.end("mail")
    assert channels(meters) == {"hook"}
    meters.begin("mail")
    assert channels(meters) == {"hook", "mail"}


def test_series_known_in_advance_start_at_zero() -> None:
    meters = Meters(["shop"], ["hook"])
    samples = {(s.name, *s.labels.values()): s.value for m in meters.collect() for s in m.samples}
    assert meters.missed == {"shop": 0}
    assert samples["uptime_deliveries_total", "hook", "failed"] == 0
    assert samples["uptime_notices_owed", "hook"] == 0
