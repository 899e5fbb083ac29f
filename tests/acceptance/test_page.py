"""The page of a real daemon in a real browser: live through an outage, a restart and a silence."""

from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.acceptance.scene import daemon, served
from tests.services import needs_service

PATIENCE_MS = 30_000


@pytest.mark.timeout(180)
def test_the_page_lives_through_an_outage_a_restart_and_a_silence(tmp_path: Path) -> None:
    program = needs_service("chromium")
    with (
        served() as target,
        served() as receiver,
        daemon(tmp_path, target.server_port, receiver.server_port) as one,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--no-proxy-server"])
        page = browser.new_page()
        page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        page.goto(f"http://127.0.0.1:{one.public}/")
        state, stale = page.locator(".days .state"), page.locator("#stale")
        expect(state).to_have_text("Operational")

        target.status = 500
        expect(state).to_have_text("Major outage")
        target.status = 200
        expect(state).to_have_text("Operational")
        expect(stale).to_be_hidden()

        one.kill()
        expect(stale).to_be_visible()
        expect(stale).to_contain_text("The connection is lost: what you see is from ")
        one.start()
        expect(stale).to_be_hidden()

        target.status = 500
        expect(state).to_have_text("Major outage")
        expect(page.locator("article").first).to_contain_text("Shop is down")
        browser.close()
