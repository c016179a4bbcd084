"""Follows README.es.md from trying Pauta to production, and checks what must be refused."""

import json
import string
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from contracts.events.touch import Channel
from domain.journey.contact_hours import legal_opening
from domain.journey.time_zones import whereabouts
from pauta.running.compose_file import PROJECT
from tests.golive.installation import Installation, StepFailed
from tests.golive.outside import Outside, a_key, until

out = Console(highlight=False, soft_wrap=True)
HERE = Path(__file__).parent
README = (PROJECT / "README.es.md").read_text()
PREVIOUS = (PROJECT / "tests" / "upgrade" / "PREVIOUS").read_text().strip()
FIRST = "pauta-golive"
SECOND = "pauta-golive-copy"
LEADS = "leads.test"
COPY = "copy.test"
PRINTABLE = f"{string.punctuation}{string.ascii_letters} {string.digits}"
PASSWORDS = ("POSTGRES", "RABBITMQ", "INTAKE", "CRM", "NOTIFY", "SCHEDULER", "CONSOLE")
TEXTS = (
    "welcome",
    "welcome_no_call",
    "booking_link",
    "day_3",
    "day_12",
    "confirmation",
    "reminder",
    "no_show",
)
PROXIED = "docker-compose.yml:deploy/compose.production.yml:deploy/compose.proxied.yml"
COPY_PORTS = {
    "GATEWAY_PORT": "5100",
    "CONSOLE_SITE_PORT": "5180",
    "CONSOLE_PORT": "5101",
    "SCHEDULER_PORT": "5103",
    "RABBITMQ_MANAGEMENT_PORT": "15772",
}
SEEDS_LEAD = {
    "nombre": "Ana Test",
    "email": "ana.test@example.com",
    "telefono": "8112345678",
    "empresa": "Demo SA",
    "servicio": "Consultoría IA",
    "fuente": "Landing 1",
}
# at any time, at least one of these numbers may be called
NUMBERS = ("+525512340000", "+13105550000", "+34612340000", "+819012340000", "+61412340000")


class Walk:
    """One pass through the steps of README.es.md, with two installations."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._began = time.monotonic()
        self._unread = README
        self._first = Installation(folder / "pauta", {"COMPOSE_PROJECT_NAME": FIRST})
        self._copy = Installation(folder / "copia", {"COMPOSE_PROJECT_NAME": SECOND})
        self._outside = Outside(self._first, folder / "authority.crt")

    def run(self) -> None:
        """Takes every step, then removes everything. Raises StepFailed."""
        try:
            self._try_it()
            self._go_live()
            self._answer_forms()
            self._install_second_copy()
            self._upgrade()
            self._restore()
        finally:
            for installation in (self._copy, self._first):
                if (installation.folder / ".env").exists():
                    installation.compose("kill")
                    installation.compose("down", "--volumes", "--remove-orphans")
            if (self._first.folder / ".env").exists():  # it is the providers' too
                self._outside.stop()

    def _try_it(self) -> None:
        """Runs the demonstration. Going live without `down --forget` must be refused."""
        self._first.clone()
        self._as_readme_says(self._first, "up")
        answer = httpx.post("http://127.0.0.1:5000/api/lead", json=SEEDS_LEAD, timeout=20)
        if answer.status_code != 200:
            raise StepFailed(f"the demonstration answers {answer.status_code}: {answer.text}")
        self._report("the demonstration answers a form")
        self._first.pauta("secrets")
        printed = self._first.pauta("console", "user", "ana", "--password", "una-clave-larga")
        self._user = printed.strip().splitlines()[-1]
        self._fill_in(self._first, LEADS)
        self._first.fill_in(COMPOSE_FILE=PROXIED)
        self._first.refused("up")
        (self._first.folder / ".env").unlink()
        self._report("production is refused over the demonstration's data")
        self._as_readme_says(self._first, "down --forget", "--yes")

    def _go_live(self) -> None:
        self._as_readme_says(self._first, "secrets")
        self._first.refused("check")
        self._first.refused("up")
        self._fill_in(self._first, LEADS)
        self._as_readme_says(self._first, "check")
        self._outside.start()
        self._as_readme_says(self._first, "up")
        self._report("production is up, behind a proxy that ends TLS")
        self._image_is_lean()
        for installation in (self._first, self._copy):
            installation.environment["PAUTA_RUN_OPTIONS"] = self._outside.docker_options()
        self._as_readme_says(self._first, "doctor")
        self._report("the doctor finds nothing wrong")

    def _image_is_lean(self) -> None:
        """Asserts that the production image has the command line, but no simulator and devtools."""
        inside = ("exec", "--no-TTY", "console")
        files = self._first.compose(*inside, "find", "/app", "-not", "-path", "*/data/*")
        if strangers := [
            file for file in files.splitlines() if "simulator" in file or "devtools" in file
        ]:
            raise StepFailed(f"the production image holds {strangers}")
        if "Usage" not in self._first.compose(*inside, "python3", "-m", "pauta", "--help"):
            raise StepFailed("the production image has no command line")

    def _answer_forms(self) -> None:
        """Sends the seed's two requests, then a form whose number may be called at this hour."""
        lead = self._outside.form(LEADS, SEEDS_LEAD)
        booking = {"event": "BOOKING_CREATED", "payload": {"metadata": {"lead_id": lead}}}
        if (unsigned := self._outside.book(LEADS, booking, "").status_code) != 401:
            raise StepFailed(f"a booking without a signature is answered {unsigned}")
        signed = self._outside.book(LEADS, booking, self._first.variables["CALCOM_WEBHOOK_SECRET"])
        if signed.status_code != 200:
            raise StepFailed(f"a signed booking is answered {signed.status_code}: {signed.text}")
        self._is_recorded(self._first, lead, "lead.created", "lead.booked")
        self._report(
            "the seed's two requests are on the console's output and in data/actions_log.json"
        )

        number = _somebody_awake(datetime.now(UTC))
        began = time.time()
        form = SEEDS_LEAD | {
            "nombre": "Luz Prueba",
            "email": "luz@example.com",
            "telefono": number or NUMBERS[0],
        }
        lead = self._outside.form(LEADS, form)
        expected = {"mail", "call"} if number else {"mail"}
        until(
            lambda: expected <= {kind for kind, _ in self._outside.touches(began)},
            f"not all of {expected} came",
        )
        self._is_recorded(self._first, lead, "lead.created", "touch.sent", "lead.registered")
        waits = [f"{kind} {at - began:.2f} s" for kind, at in self._outside.touches(began)]
        self._report(f"from the form to the providers: {', '.join(waits)}")

    def _install_second_copy(self) -> None:
        """Installs a second copy, of the previous version. The first copy's name is refused."""
        self._first.pauta("backup", "pauta.backup")
        self._report("backed up")
        self._copy.clone(PREVIOUS)
        self._copy.write_env((self._first.folder / ".env").read_text())
        self._fill_in(self._copy, COPY, **COPY_PORTS)
        self._copy.environment["COMPOSE_PROJECT_NAME"] = FIRST
        self._copy.refused("up")
        self._copy.environment["COMPOSE_PROJECT_NAME"] = SECOND
        self._copy.pauta("up")
        form = SEEDS_LEAD | {
            "nombre": "Eva Antes",
            "email": "eva@example.com",
            "telefono": "5587650000",
        }
        self._early = self._outside.form(COPY, form)
        self._is_recorded(self._copy, self._early, "lead.created", "lead.registered")
        self._report("a second copy, of the previous version, runs beside the first")

    def _upgrade(self) -> None:
        self._copy.check_out(self._first.commit())
        self._as_readme_says(self._copy, "upgrade")
        actions = {action["action"] for action in self._copy.actions(self._early)}
        if "lead.registered" not in actions:
            raise StepFailed("the lead from before the upgrade is missing")
        self._report("upgraded; the lead from before is still there")

    def _restore(self) -> None:
        backup = self._copy.folder / "pauta.backup"
        backup.write_bytes((self._first.folder / "pauta.backup").read_bytes())
        began = time.time()
        self._as_readme_says(self._copy, "restore pauta.backup", "--yes")
        names = [
            action["detail"]["card"]["name"]
            for action in self._copy.actions()
            if action["action"] == "lead.created"
        ]
        if names != ["Ana T.", "Luz P."]:
            raise StepFailed(f"the restored copy knows {names}")
        if touches := self._outside.touches(began):
            raise StepFailed(f"the restored copy contacted somebody: {touches}")
        self._as_readme_says(self._copy, "resume")
        self._report("restored into the second copy, which contacts nobody until it is resumed")

    def _as_readme_says(self, installation: Installation, command: str, *more: str) -> None:
        """Runs the command that README.es.md names next. Raises StepFailed if it names another."""
        before, found, self._unread = self._unread.partition(f"./pauta.sh {command}")
        if not found:
            raise StepFailed(
                f"README.es.md does not name ./pauta.sh {command} after {before[:200]!r}"
            )
        installation.pauta(*command.split(), *more)

    def _fill_in(self, installation: Installation, host: str, **more: str) -> None:
        """Fills in the operator's own values, and passwords with every printable character."""
        passwords = {f"{name}_PASSWORD": _password(name) for name in PASSWORDS}
        installation.write_golive(HERE / "joined.yml")
        installation.fill_in(
            **OWN | passwords | more,
            COMPOSE_FILE=f"{PROXIED}:golive.yml",
            CONSOLE_USERS=self._user.partition("'")[2].rstrip("'"),
            PUBLIC_BASE_URL=f"https://{host}",
            TRUSTED_PROXIES="private_ranges 198.18.0.0/15",
            GOLIVE_HOST=host,
            GOLIVE_AUTHORITY=str(self._outside.authority),
        )

    def _is_recorded(self, installation: Installation, lead: int, *actions: str) -> None:
        """Waits for the actions in the console's API, output and file. Raises StepFailed."""

        def everywhere() -> bool:
            in_api = {action["action"] for action in installation.actions(lead)}
            file = json.loads(
                installation.compose("exec", "--no-TTY", "console", "cat", "data/actions_log.json")
            )
            in_file = {action["action"] for action in file if action["lead_id"] == lead}
            printed = installation.compose("logs", "--no-log-prefix", "console")
            on_output = [
                json.loads(line) for line in printed.splitlines() if f'"lead_id": {lead}' in line
            ]
            shown = {line.get("action", "") for line in on_output}
            return set(actions) <= in_api & in_file & shown

        until(everywhere, f"lead {lead} has not come through {actions}")

    def _report(self, step: str) -> None:
        out.print(f"{time.monotonic() - self._began:6.1f} s  {step}")


def _password(name: str) -> str:
    return f"{name} {PRINTABLE}"


def _somebody_awake(now: datetime) -> str | None:
    """Returns a number that may be called now, or None if there is none."""
    for number in NUMBERS:
        place = whereabouts(None, number, zone="America/Mexico_City", region="MX")
        opening = legal_opening(now, Channel.CALL, place)
        if opening is not None and opening.opens <= now:
            return number
    return None


OWN: dict[str, Any] = {
    "BUSINESS_NAME": "Agencia de Prueba",
    "BOOKING_URL": "https://providers.test/cal/demo/reunion",
    "KOMMO_BASE_URL": "https://providers.test",
    "KOMMO_ACCESS_TOKEN": a_key(),
    "KOMMO_PIPELINE_ID": "8100001",
    "KOMMO_STATUS_ID_INICIAL": "61000001",
    "KOMMO_STATUS_ID_AGENDADO": "61000002",
    "BREVO_BASE_URL": "https://providers.test",
    "BREVO_API_KEY": a_key(),
    "BREVO_SENDER_EMAIL": "hola@agencia.test",
    "TWILIO_BASE_URL": "https://providers.test",
    "TWILIO_ACCOUNT_SID": f"AC{a_key()[:32]}",
    "TWILIO_AUTH_TOKEN": a_key(),
    "TWILIO_CALLER_ID": "+525500000000",
    "TWILIO_SMS_SENDER": "+525500000000",
    "TWILIO_WHATSAPP_SENDER": "+14155238886",
    "TWILIO_CONTENT_SIDS": ",".join(f"{name}=HX{a_key()[:32]}" for name in TEXTS),
    "CALCOM_API_URL": "https://providers.test",
    "CALCOM_API_KEY": f"cal_{a_key()}",
    "ALLOWED_COUNTRIES": "MX,US,ES,JP,AU",
}
