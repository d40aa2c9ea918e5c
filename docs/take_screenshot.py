"""Takes docs/screenshot.png from a running page: python docs/take_screenshot.py [URL] [OUT.png]"""

from __future__ import annotations

import shutil
import sys

from playwright.sync_api import expect, sync_playwright

SHOPPER = 4  # its place in the list
SAID = ("a refillable pen for long meetings, under $15", "something in blue, and not that brand")


def take(url: str, out: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900}, device_scale_factor=1.5)
        page.goto(url)
        page.locator("#shopper input").click()
        page.get_by_role("option").nth(SHOPPER).click()
        for replies, text in enumerate(SAID, start=1):
            page.locator("#box textarea").fill(text)
            page.locator("#send").click()
            expect(page.locator("#thread .reply")).to_have_count(replies, timeout=60_000)
            expect(page.locator("#live .me")).to_have_count(0, timeout=60_000)
        page.locator("#scroll").hover()
        page.screenshot(path=out)
        browser.close()


if __name__ == "__main__":
    take(*(sys.argv[1:] + ["http://127.0.0.1:7860", "docs/screenshot.png"][len(sys.argv) - 1 :]))
