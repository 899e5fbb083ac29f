"""What is kept from everything public is told to no reader."""

from dataclasses import replace
from pathlib import Path

import pytest

from prober.cli.check_config import read_config
from prober.core.made import Made
from prober.core.model import Hidden, NoticeReason, Status
from prober.daemon.unpublished import hidden, public
from prober.notifiers import Parcel
from prober.notifiers.text import telling
from tests.builders import T0
from tests.notifiers.parcels import PARCELS

OPENED, CHANGED, DONE = PARCELS["incident_opened"], PARCELS["component"], PARCELS["maintenance_completed"]
WORK = DONE.notice.maintenance
assert WORK is not None
PLANNED = DONE._replace(
    notice=DONE.notice._replace(
        maintenance=WORK._replace(
            num=7,
            components=("shop", "blog"),
            hidden=(Hidden("shop", Status.MAJOR, T0), Hidden("blog", Status.MAJOR, T0)),
        )
    )
)
DIGEST = OPENED._replace(
    notice=OPENED.notice._replace(reason=NoticeReason.DIGEST, incident=None, digest=(OPENED.notice, PLANNED.notice))
)


def test_what_is_hidden_is_known_by_the_words_of_the_api(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[sites.main]\nname = "Main"\n')
    contents = {("components", "shop"): {"hidden": True}, ("components", "blog"): {"hidden": False}}
    contents |= {("events", "1"): {"hidden_db": True}, ("events", "2"): {}}
    made = {key: Made(*key, content) for key, content in contents.items()}
    found = hidden(replace(read_config(tmp_path / "config.toml", {}), made=made))
    assert [key for key in contents if key in found] == [("components", "shop"), ("events", "1")]


@pytest.mark.parametrize(
    ("parcel", "key"), [(OPENED, ("events", "1")), (PLANNED, ("events", "7")), (CHANGED, ("components", "shop"))]
)
def test_of_what_is_hidden_nothing_is_told(parcel: Parcel, key: tuple[str, str]) -> None:
    assert public(parcel, {key}) is None
    assert public(parcel, {("events", "9")}) == parcel


def test_a_component_that_is_hidden_is_not_named() -> None:
    for parcel in (OPENED, PLANNED, DIGEST):
        found = public(parcel, {("components", "shop")})
        assert found is not None
        assert "'shop'" in repr(parcel.notice)
        assert "'shop'" not in repr(found.notice)
        assert (set(parcel.components), set(found.components)) == ({"shop", "blog"}, {"blog"})


def test_a_digest_tells_the_rest() -> None:
    found = public(DIGEST, {("events", "1")})
    assert found is not None
    assert found.notice.digest == (PLANNED.notice,)
    assert public(DIGEST, {("events", "1"), ("events", "7")}) is None


def test_who_has_acknowledged_is_not_told() -> None:
    known = PARCELS["incident_acknowledged"]
    assert known.notice.incident is not None
    assert known.notice.incident.acknowledged_by == "ann"
    assert public(known, ()) is None
    found = public(known._replace(notice=known.notice._replace(reason=NoticeReason.UPDATED)), ())
    assert found is not None
    assert "ann" not in "\n".join(telling(found).lines)
