"""Someone with a browser of their own, and what they do with the page."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, Page, expect

PATIENCE_S = 90  # two cores may be busy; nothing here asserts a time


class Visitor:
    """`outside` collects requests that leave this machine, `errors` what broke."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.url = url
        self.context = context
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE_S * 1000)
        self.outside: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda request: self._note(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.errors.append(f"dialog: {dialog.message}"), dialog.dismiss()))

    def _note(self, address: str) -> None:
        if not address.startswith((self.url, "data:", "blob:")):
            self.outside.append(address)

    def come(self) -> Visitor:
        self.page.goto(self.url)
        expect(self.page.locator("#thread .welcome, #thread .me").first).to_be_visible()
        return self

    def choose(self, shopper: str) -> Visitor:
        self.page.locator("#shopper input").click()
        self.page.get_by_role("option", name=re.compile(shopper)).click()
        expect(self.page.locator("#who")).to_contain_text(shopper)
        return self

    def write(self, text: str) -> Visitor:
        self.page.locator("#box textarea").fill(text)
        self.page.locator("#send").click()
        return self

    def say(self, text: str) -> Visitor:
        """Writes, and waits until the reply is stored and drawn."""
        before = self.page.locator("#thread .reply").count()
        return self.write(text).settled(before + 1)

    def settled(self, replies: int) -> Visitor:
        expect(self.page.locator("#send")).to_be_visible()
        expect(self.page.locator("#live .me")).to_have_count(0)
        expect(self.page.locator("#thread .reply")).to_have_count(replies)
        return self

    def tap(self, selector: str) -> None:
        self.page.locator(f"#thread {selector}").last.click()
