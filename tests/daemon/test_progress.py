"""What the watchdog asks."""

from prober.daemon.progress import Progress


def test_a_part_is_stuck_when_its_last_turn_is_too_long_ago() -> None:
    progress = Progress()
    assert progress.stuck(within_s=0) == []
    progress.tick("writer")
    assert progress.stuck(within_s=3600) == []
    assert progress.stuck(within_s=-1) == ["writer"]
    progress.tick("writer", busy_s=3600)
    assert progress.stuck(within_s=-1) == []
    progress.tick("writer")
    assert progress.stuck(within_s=-1) == ["writer"]
    progress.forget("writer")
    assert progress.stuck(within_s=-1) == []
    progress.forget("writer")
