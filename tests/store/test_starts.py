"""Starts that did not end cleanly are counted for a while."""

from pathlib import Path

from prober.store.starts import WITHIN_MS, Starts
from tests.builders import T0


def test_starts_are_counted_until_one_ends_as_it_was_told(tmp_path: Path) -> None:
    starts = Starts(tmp_path)
    assert [starts.begin(T0 + n) for n in range(3)] == [1, 2, 3]
    assert Starts(tmp_path).begin(T0 + WITHIN_MS + 1) == 2
    starts.end()
    starts.end()
    assert starts.begin(T0 + 9) == 1


def test_starts_of_a_time_to_come_and_what_is_no_start_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "starts").write_bytes(b"nonsense\n\xff\n%d\n" % (T0 + 9_000_000))
    assert Starts(tmp_path).begin(T0) == 1


def test_a_directory_that_takes_nothing_keeps_nobody_from_starting(tmp_path: Path) -> None:
    (tmp_path / "starts").mkdir()
    assert Starts(tmp_path).begin(T0) == 1
    assert Starts(tmp_path).begin(T0) == 1
