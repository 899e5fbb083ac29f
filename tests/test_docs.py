"""What the prose promises is there."""

import re
from pathlib import Path

import pytest

from statusapi.dialects.instatus import FILES
from statusapi.dialects.statusdashboard import PUBLIC
from statusapi.dialects.statusdashboard_resources import RESOURCES as DASHBOARD
from statusapi.dialects.statuspage import DOCUMENTS
from statusapi.dialects.up import RESOURCES
from statusapi.page.feeds import FEEDS
from tests.statusapi.scene import scene

ROOT = Path(__file__).parent.parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "systemd").glob("*.md")]
API = (ROOT / "docs" / "api.md").read_text()


def test_links_between_pages_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 120


def test_every_document_of_the_api_is_described() -> None:
    assert [name for name in DOCUMENTS if f"`/api/v2/{name}`" not in API] == []
    assert [name for name in FEEDS if f"`{name}`" not in API] == []
    assert [name for name in FILES if f"`{name}`" not in API] == []
    assert [r.plural for r in RESOURCES if f"/{r.plural}`" not in API] == []
    assert [name for name in (*(r.name for r in DASHBOARD), *PUBLIC) if f"`/api/v1/{name}/`" not in API] == []


@pytest.mark.anyio
async def test_every_series_is_described(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        text = (await it.public.get("/metrics")).text
    names = [name for name in re.findall(r"^# TYPE (\S+)", text, re.MULTILINE) if not name.startswith("process_")]
    assert [name for name in names if f"`{name}`" not in API] == []
    assert len(names) > 15


def test_decisions_are_numbered_without_gaps() -> None:
    found = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [int(page.name[:4]) for page in found] == list(range(1, len(found) + 1))
    assert [page for page in found if not page.read_text().startswith(f"# {int(page.name[:4])}. ")] == []
