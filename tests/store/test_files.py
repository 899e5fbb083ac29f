"""Files that are there whole or not at all."""

from pathlib import Path

import pytest

from prober.errors import StoreError
from prober.store.files import complete, kept_aside, make_folder


def test_a_file_gets_its_name_when_it_is_whole(tmp_path: Path) -> None:
    with complete(tmp_path / "file", may_replace=False) as part:
        part.write_text("whole")
        assert not (tmp_path / "file").exists()
    assert (tmp_path / "file").read_text() == "whole"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with complete(tmp_path / "file", may_replace=True) as part:
            part.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_came_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="expected no file there"), complete(tmp_path / "file", may_replace=False):
        (tmp_path / "file").write_text("precious")
    assert (tmp_path / "file").read_text() == "precious"


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    said = "expected a place for a file, found: No such file or directory"
    with pytest.raises(StoreError, match=said), complete(tmp_path / "missing" / "file", may_replace=False):
        pass


def test_what_is_kept_aside_keeps_what_it_is(tmp_path: Path) -> None:
    for n in (1, 2):
        (tmp_path / "db").write_text(f"state {n}")
        aside = kept_aside(tmp_path / "db")
        (tmp_path / "db").unlink()
        assert (aside.name, aside.read_text()) == (f"db.old-{n}", f"state {n}")


def test_a_folder_is_made_with_all_above_it_and_may_be_there(tmp_path: Path) -> None:
    for _ in range(2):
        make_folder(tmp_path / "some" / "where")
        assert (tmp_path / "some" / "where").stat().st_mode & 0o777 == 0o700
