"""Debian's chromium, headless, driven by Playwright. Without it the tests are skipped."""

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from prober.demo.serve import address, listener, serving
from tests.services import needs_service
from tests.statusapi.scene import Scene

AXE = gzip.decompress((Path(__file__).parent / "statusapi" / "page" / "axe.min.js.gz").read_bytes()).decode()
PATIENCE_MS = 20_000


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """A browser without a window, with a profile that is thrown away."""
    program = needs_service("chromium")
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage", "--no-proxy-server"]
        )
        try:
            yield found
        finally:
            await found.close()


@asynccontextmanager
async def reading(it: Scene, **context: Any) -> AsyncIterator[Page]:
    """A tab of a browser of its own, in UTC unless said otherwise, at the scene's site on a real socket.

    What the page logs as an error, or throws, fails the test at the end.
    """
    socket = listener(0)
    async with serving(it.application, socket), browser() as chromium:
        options = {"timezone_id": "UTC", "locale": "en-US", "reduced_motion": "reduce"} | context
        opened: BrowserContext = await chromium.new_context(base_url=f"http://{address(socket)}", **options)
        opened.set_default_timeout(PATIENCE_MS)
        page = await opened.new_page()
        troubles: list[str] = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
        yield page
        await opened.close()
        it.views.close()
    assert troubles == []


async def violations(page: Page) -> list[str]:
    """What axe finds wrong with the page as it stands, a line each."""
    await page.evaluate(AXE)
    found = await page.evaluate("axe.run().then((result) => result.violations)")
    return [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]]
