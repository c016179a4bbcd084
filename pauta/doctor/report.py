"""pauta doctor: checks everything Pauta depends on and reports how to fix each problem."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kit.health import Check, Text, Verdict, joined, name
from pauta.doctor.inside import SERVERS
from pauta.running.compose import Compose
from pauta.running.compose_file import PROJECT
from pauta.running.native import Native

DEADLINE = 11.0  # seconds; starting takes some more
GRACE = 0.5
PAGES = (
    "BOOKING_URL",
    "RESOURCE_URL",
    "SURVEY_URL",
    "MATERIAL_URL",
    "VOICE_WELCOME_URL",
    "VOICE_VOICEMAIL_URL",
)
MARKS = {Verdict.OK: "[green]✓[/]", Verdict.DOUBT: "[yellow]![/]", Verdict.WRONG: "[red]✗[/]"}
# each part, and the service whose environment its checks run with
INSIDE = {SERVERS: "setup", "crm": "crm", "notify": "notify", "console": "console"}
FROM_INSIDE = Text(es="Lo que se revisa desde adentro", en="The checks from inside")
ABOUT = {
    SERVERS: Text(es="Los servidores", en="The servers"),
    "crm": name("crm"),
    "notify": name("notify"),
    "console": name("console"),
}
FROM_OUTSIDE = Text(es="Lo que se revisa desde afuera", en="The checks from outside")
TRY_AGAIN = Text(
    es="¿Responde Docker (`docker ps`)? ¿Está muy ocupado este servidor (`top`)? "
    "Repite después `pauta doctor`.",
    en="Does Docker answer (`docker ps`)? Is this server too busy (`top`)? "
    "Then run `pauta doctor` again.",
)

Place = Compose | Native


def every_check(
    find: Callable[[], Place], variables: Mapping[str, str], seconds: float = DEADLINE
) -> list[Check]:
    """Runs every check, which takes at most `seconds`. Returns them, the servers' checks first.

    No check changes anything. `find` returns the running system or raises SystemExit. A thread
    that has not finished in time is abandoned.
    """
    until = time.time() + seconds
    pool = ThreadPoolExecutor()
    try:
        place = pool.submit(find).result(seconds)
    except TimeoutError:
        return [_late(FROM_INSIDE, seconds)]
    running = {
        ABOUT[part]: pool.submit(_from_inside, place, service, part, until)
        for part, service in INSIDE.items()
    }
    running[FROM_OUTSIDE] = pool.submit(_from_outside, place, variables, until)
    done, _ = wait(running.values(), max(until - time.time(), 0) + GRACE)
    pool.shutdown(wait=False)
    found: list[Check] = []
    for about, future in running.items():
        checks = future.result() if future in done else None
        found += checks or [_late(about, seconds)]
    return joined(found)


def show(checks: list[Check], out: Console, language: str) -> bool:
    """Prints the checks and then the advice. Returns whether nothing is wrong."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for check in checks:
        table.add_row(
            MARKS[check.verdict],
            check.about.read_in(language),
            escape(check.found.read_in(language)),
        )
    out.print(table)
    bad = [check for check in checks if check.verdict is not Verdict.OK]
    for check in bad:
        about = check.about.read_in(language)
        found = check.found.read_in(language)
        advice = check.advice.read_in(language)
        out.print(f"\n{MARKS[check.verdict]} [bold]{about}[/]: {escape(found)}\n  {escape(advice)}")
    wrong = sum(check.verdict is Verdict.WRONG for check in checks)
    summary = Text(
        es=f"{len(checks)} revisiones: {wrong} con falla, {len(bad) - wrong} por considerar.",
        en=f"{len(checks)} checks: {wrong} wrong, {len(bad) - wrong} to consider.",
    )
    out.print(f"\n{summary.read_in(language)}")
    return wrong == 0


def _from_inside(place: Place, service: str, part: str, until: float) -> list[Check] | None:
    """Returns the checks of a process with the service's environment; None if it takes too long."""
    try:
        printed = place.inside(
            service, "pauta.doctor.inside", part, f"{until}", seconds=until - time.time()
        )
    except subprocess.TimeoutExpired:
        return None
    except SystemExit as failure:
        found = Text(
            es=f"no se pudo revisar: {failure}"[:1000],
            en=f"could not be checked: {failure}"[:1000],
        )
        advice = Text(
            es="Lee el mensaje; `pauta up` enciende todo.",
            en="Read the message; `pauta up` starts everything.",
        )
        return [
            Check(
                about=ABOUT[part],
                verdict=Verdict.WRONG,
                found=found,
                advice=advice,
                cause=FROM_INSIDE,
            )
        ]
    return _read(printed)


def _from_outside(place: Place, variables: Mapping[str, str], until: float) -> list[Check] | None:
    """Returns the checks of a process on this machine; None if it takes too long."""
    defaults = {
        "PUBLIC_BASE_URL": place.addresses.gateway,
        "BOOKING_URL": f"{place.addresses.simulator}/cal/demo/reunion",
    }
    given = {
        variable: variables[variable]
        for variable in ("PUBLIC_BASE_URL", *PAGES)
        if variables.get(variable)
    }
    addresses = json.dumps(defaults | given)
    command = [sys.executable, "-m", "pauta.doctor.outside", addresses, f"{until}"]
    try:
        done = subprocess.run(
            command,
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=until - time.time(),
        )
    except subprocess.TimeoutExpired:
        return None
    return _read(done.stdout)


def _read(printed: str) -> list[Check]:
    return [Check.model_validate(check) for check in json.loads(printed.splitlines()[-1])]


def _late(about: Text, seconds: float) -> Check:
    found = Text(es=f"no terminó en {seconds:.0f} s", en=f"did not end within {seconds:.0f} s")
    cause = None if about == FROM_OUTSIDE else FROM_INSIDE
    return Check(about=about, verdict=Verdict.WRONG, found=found, advice=TRY_AGAIN, cause=cause)
