"""What a site's page is dressed in."""

import re
from pathlib import Path

import pytest

from statusapi.page.look import DARK, LIGHT, text_on
from tests.statusapi.scene import CONFIG, scene

pytestmark = pytest.mark.anyio

LOGO = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
DRESSED = CONFIG.replace(
    'url = "https://status.example"\n',
    """url = "https://status.example"
logo = "logo.svg"
colour = "#1F6F54"
links = {"Acme & <co>" = "https://acme.example/?a=b&c=d", Help = "mailto:help@acme.example"}
frame_ancestors = ["https://intranet.example"]
language = "de"
""",
)


@pytest.mark.parametrize(
    ("colour", "text"), [("#000000", LIGHT), ("#ffffff", DARK), ("#1f6f54", LIGHT), ("#ffd500", DARK)]
)
async def test_text_on_a_colour_can_be_read(colour: str, text: str) -> None:
    assert text_on(colour) == text


async def test_a_site_has_its_logo_colour_links_and_language(tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text(LOGO)
    async with scene(tmp_path, text=DRESSED) as it:
        answer = await it.public.get("/")
        page = answer.text
        assert '<a href="https://acme.example/?a=b&amp;c=d" rel="noopener noreferrer">Acme &amp; &lt;co&gt;</a>' in page
        assert '<html lang="de"' in page
        assert answer.headers["content-security-policy"].endswith("frame-ancestors https://intranet.example")
        logo, theme = re.findall(r'(?:src|href)="(/(?:logo|theme\.css)\?\w+)"', page)[::-1]
        css = (await it.public.get(theme)).text
        assert ".top { background: #1f6f54; color: #ffffff;" in css
        picture = await it.public.get(logo)
        assert (picture.text, picture.headers["content-type"]) == (LOGO, "image/svg+xml")
        assert picture.headers["content-security-policy"].endswith("sandbox")


async def test_a_site_without_them_has_none(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        answer = await it.public.get("/")
        assert "logo" not in answer.text
        assert answer.headers["content-security-policy"].endswith("frame-ancestors 'none'")
        for path in ("/logo", "/theme.css", "/s/second/logo"):
            assert (await it.public.get(path)).status_code == 404
