"""The daemon's own figures."""

from prober.daemon.meters import Meters


def test_series_known_in_advance_start_at_zero() -> None:
    samples = {(s.name, *s.labels.values()): s.value for m in Meters(["shop"], ["hook"]).collect() for s in m.samples}
    assert samples["uptime_scheduler_missed_slots_total", "shop"] == 0
    assert samples["uptime_deliveries_total", "hook", "failed"] == 0
    assert samples["uptime_notices_owed", "hook"] == 0
