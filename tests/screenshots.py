"""Takes screenshots of the console and of the simulated phone: python -m tests.screenshots FOLDER.

Each page is taken in a light, a dark and a phone variant, and the README's pictures too. A
separate system is started with the demonstration's journey, and leads with every outcome are sent
through it first.
"""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser

from pauta.running.compose_file import PROJECT
from pauta.running.engine import by_docker
from tests.browser import SIZES, a_browser, a_person
from tests.system import HASTY, System, person

VARIANTS = {"light": ("wide", "light"), "dark": ("wide", "dark"), "phone": ("phone", "light")}
SECTIONS = ("stopwatch", "leads", "letters", "addresses", "journey", "sources")
README_PICTURES = PROJECT / "docs" / "screenshots"
README_SCALE = 900 / 1280
PEOPLE = (
    ("Ana Torres", 0, 0, "LinkedIn Ads"),
    ("Luis Peña", 2, 0, "Meta Ads"),
    ("María José Ríos", 2, 1, "Meta Ads"),
    ("Héctor Salas", 3, 0, "Landing 1"),
    ("Paula Ortiz", 4, 5, "Landing 1"),
    ("Iván Cruz", 1, 0, "Google Ads"),
    ("Rosa Gil", 2, 3, "Meta Ads"),
    ("Tomás Nava", 9, 0, "LinkedIn Ads"),
    ("Elena Cruz", 0, 8, "Google Ads"),
)


async def fill(system: System) -> int:
    """Sends leads, two of which book. Returns the lead whose page is taken."""
    forms = [
        person(call, message, nombre=name, fuente=source) for name, call, message, source in PEOPLE
    ]
    leads = [await system.lead(form) for form in forms]
    for lead, form in ((leads[1], forms[1]), (leads[5], forms[5])):
        await system.happens(lead, "email touch.delivered", "lead.registered")
        await system.book(form)
    await system.happens(leads[1], "lead.booked", "whatsapp touch.delivered")
    await system.happens(leads[2], "cadence.finished", "sms touch.delivered", seconds=60)
    await system.quiet()
    return leads[2]


async def shoot(system: System, browser: Browser, lead: int, folder: Path) -> None:
    pages = {
        "now": "/console",
        **{name: f"/console/{name}" for name in SECTIONS},
    }
    pages |= {
        "lead": f"/console/leads/{lead}",
        "template": "/console/journey/email/welcome",
        "phone": "/simulator",
    }
    for variant, (size, scheme) in VARIANTS.items():
        async with a_person(browser, viewport=SIZES[size], color_scheme=scheme) as operator:
            for name, path in pages.items():
                page = await operator.open(f"{system.native.addresses.gateway}{path}")
                if name == "phone":
                    await page.get_by_text("María José Ríos").first.click()
                    await page.wait_for_load_state("networkidle")
                picture = folder / f"{name}-{variant}.jpg"
                await page.screenshot(
                    path=picture, type="jpeg", quality=75, full_page=name != "now"
                )
                await page.close()


async def illustrate(system: System, browser: Browser, lead: int) -> None:
    """Takes the README's pictures, smaller than the others."""
    gateway = system.native.addresses.gateway
    async with a_person(
        browser, color_scheme="light", device_scale_factor=README_SCALE
    ) as operator:
        for name, path in (("now", "/console"), ("lead", f"/console/leads/{lead}")):
            page = await operator.open(f"{gateway}{path}")
            picture = README_PICTURES / f"{name}.jpg"
            await page.screenshot(path=picture, type="jpeg", quality=75)
            await page.close()


async def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    HASTY["JOURNEY_PATH"] = str(PROJECT / "deploy" / "journey.demo.yml")
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)
        system = System(
            Path(home) / "run", docker=by_docker(os.environ.get("PAUTA_ENGINE", "auto"))
        )
        try:
            system.start()
            lead = await fill(system)
            async with a_browser() as browser:
                await shoot(system, browser, lead, folder)
                await illustrate(system, browser, lead)
        finally:
            await system.http.aclose()
            system.stop()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
