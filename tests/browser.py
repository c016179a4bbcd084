"""Debian's Chromium, driven by Playwright."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from axe_playwright_python.base import AXE_FILE_PATH
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright

from pauta.running.servers import install

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
]
AXE = AXE_FILE_PATH.read_text()
SIZES = {"wide": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}


@asynccontextmanager
async def a_browser() -> AsyncIterator[Browser]:
    """Starts Chromium, and installs it first where it is missing (as root)."""
    install([] if shutil.which("chromium") else ["chromium"])
    async with async_playwright() as playwright:
        path = shutil.which("chromium")
        browser = await playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        await browser.close()


@asynccontextmanager
async def a_person(browser: Browser, **more: Any) -> AsyncIterator["Person"]:
    """Opens a browser context for one person, and fails if it reported any error or warning."""
    context = await browser.new_context(**{"viewport": SIZES["wide"], "locale": "es-MX", **more})
    person = Person(context)
    try:
        yield person
        assert person.errors == []
    finally:
        await context.close()


class Person:
    """One browser context. Collects script errors and content that a policy blocked."""

    def __init__(self, context: BrowserContext) -> None:
        self._context = context
        self.errors: list[str] = []
        context.on("console", self._record)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))

    async def open(self, url: str) -> Page:
        page = await self._context.new_page()
        page.set_default_timeout(20_000)
        await page.goto(url)
        return page

    def _record(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)


async def barriers(page: Page) -> list[str]:
    """Returns the accessibility violations that axe-core rates serious or critical."""
    # evaluated by the debugger: the pages' policy forbids foreign scripts
    await page.evaluate(AXE)
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{violation['id']}: {[node['html'][:120] for node in violation['nodes']][:3]}"
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
    ]
