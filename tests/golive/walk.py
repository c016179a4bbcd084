"""The way from trying Pauta to living with it: what README.es.md says, done in its order, and what must be refused."""

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
from tests.golive.installation import Installation, Stumbled
from tests.golive.outside import Outside, a_key, until

out = Console(highlight=False, soft_wrap=True)
HERE = Path(__file__).parent
README = (PROJECT / "README.es.md").read_text()
PREVIOUS = (PROJECT / "tests" / "upgrade" / "PREVIOUS").read_text().strip()
FIRST, SECOND = "pauta-golive", "pauta-golive-copy"
LEADS, COPY = "leads.test", "copy.test"
PRINTABLE = f"{string.punctuation}{string.ascii_letters} {string.digits}"
PASSWORDS = ("POSTGRES", "RABBITMQ", "INTAKE", "CRM", "NOTIFY", "SCHEDULER", "CONSOLE")
TEXTS = ("welcome", "booking_link", "day_3", "day_12", "confirmation", "reminder")
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
# somewhere on earth it is an hour to be called
NUMBERS = ("+525512340000", "+13105550000", "+34612340000", "+819012340000", "+61412340000")


class Walk:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._began = time.monotonic()
        self._unread = README
        self._first = Installation(folder / "pauta", {"COMPOSE_PROJECT_NAME": FIRST})
        self._copy = Installation(folder / "copia", {"COMPOSE_PROJECT_NAME": SECOND})
        self._outside = Outside(self._first, folder / "authority.crt")

    def take(self) -> None:
        """All of it, and puts everything away. Raises Stumbled."""
        try:
            self._try_it()
            self._go_live()
            self._answer_forms()
            self._stand_beside()
            self._upgrade()
            self._restore()
        finally:
            for installation in (self._copy, self._first):
                if (installation.folder / ".env").exists():
                    installation.compose("kill")
                    installation.compose("down", "--volumes", "--remove-orphans")
            self._outside.stop()

    def _try_it(self) -> None:
        """Tries it, then goes live without forgetting, which is refused."""
        self._first.clone()
        self._as_readme_says(self._first, "up")
        answer = httpx.post("http://127.0.0.1:5000/api/lead", json=SEEDS_LEAD, timeout=20)
        if answer.status_code != 202:
            raise Stumbled(f"the demonstration answers {answer.status_code}: {answer.text}")
        self._say("the demonstration answers a form")
        self._first.pauta("secrets")
        printed = self._first.pauta("console", "user", "ana", "--password", "una-clave-larga")
        self._user = printed.strip().splitlines()[-1]
        self._fill_in(self._first, LEADS)
        self._first.fill_in(COMPOSE_FILE=PROXIED)
        self._first.refused("up")
        (self._first.folder / ".env").unlink()
        self._say("real accounts are kept from the demonstration's people")
        self._as_readme_says(self._first, "down --forget", "--yes")

    def _go_live(self) -> None:
        self._as_readme_says(self._first, "secrets")
        self._first.refused("check")
        self._first.refused("up")
        self._fill_in(self._first, LEADS)
        self._as_readme_says(self._first, "check")
        self._outside.start()
        self._as_readme_says(self._first, "up")
        self._say("production is up, behind a proxy that ends TLS")
        self._image_is_lean()
        for installation in (self._first, self._copy):
            installation.environment["PAUTA_RUN_OPTIONS"] = self._outside.docker_options()
        self._as_readme_says(self._first, "doctor")
        self._say("the doctor finds nothing wrong")

    def _image_is_lean(self) -> None:
        """Neither simulator nor devtools stand in the production image, whose `setup` ran; its command line does."""
        inside = ("exec", "--no-TTY", "console")
        files = self._first.compose(*inside, "find", "/app", "-not", "-path", "*/data/*")
        if strangers := [
            file for file in files.splitlines() if "simulator" in file or "devtools" in file
        ]:
            raise Stumbled(f"the production image holds {strangers}")
        if "Usage" not in self._first.compose(*inside, "python3", "-m", "pauta", "--help"):
            raise Stumbled("the production image has no command line")

    def _answer_forms(self) -> None:
        """The seed's two requests; then a form whose owner may be called at this hour."""
        lead = self._outside.form(LEADS, SEEDS_LEAD)
        booking = {"event": "BOOKING_CREATED", "payload": {"metadata": {"lead_id": lead}}}
        if (unsigned := self._outside.book(LEADS, booking, "").status_code) != 401:
            raise Stumbled(f"a booking without a signature is answered {unsigned}")
        signed = self._outside.book(LEADS, booking, self._first.variables["CALCOM_WEBHOOK_SECRET"])
        if signed.status_code != 200:
            raise Stumbled(f"a signed booking is answered {signed.status_code}: {signed.text}")
        self._is_recorded(self._first, lead, "lead.created", "lead.booked")
        self._say(
            "the seed's two requests are on the console's output and in data/actions_log.json"
        )

        number, began = _somebody_awake(datetime.now(UTC)), time.time()
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
        self._say(f"from the form to the providers: {', '.join(waits)}")

    def _stand_beside(self) -> None:
        """A second copy, of the version before; the first one's name is refused to it."""
        self._first.pauta("backup", "pauta.backup")
        self._say("backed up")
        self._copy.clone(PREVIOUS)
        self._copy.write_env((self._first.folder / ".env").read_text())
        self._fill_in(self._copy, COPY, **COPY_PORTS)
        own_name, self._copy.environment["COMPOSE_PROJECT_NAME"] = SECOND, FIRST
        self._copy.refused("up")
        self._copy.environment["COMPOSE_PROJECT_NAME"] = own_name
        self._copy.pauta("up")
        form = SEEDS_LEAD | {
            "nombre": "Eva Antes",
            "email": "eva@example.com",
            "telefono": "5587650000",
        }
        self._early = self._outside.form(COPY, form)
        self._is_recorded(self._copy, self._early, "lead.created", "lead.registered")
        self._say("a second copy, of the version before, stands beside the first")

    def _upgrade(self) -> None:
        self._copy.check_out(self._first.commit())
        self._as_readme_says(self._copy, "upgrade")
        if "lead.registered" not in {
            action["action"] for action in self._copy.actions(self._early)
        }:
            raise Stumbled("who came before the upgrade is not there")
        self._say("upgraded; who came before is there")

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
            raise Stumbled(f"the restored copy knows {names}")
        if touches := self._outside.touches(began):
            raise Stumbled(f"the restored copy contacted somebody: {touches}")
        self._as_readme_says(self._copy, "resume")
        self._say("restored into the second copy, silent until it is told to speak")

    def _as_readme_says(self, installation: Installation, command: str, *more: str) -> None:
        """Runs the command that README.es.md names next. Raises Stumbled where it does not."""
        before, found, self._unread = self._unread.partition(f"./pauta.sh {command}")
        if not found:
            raise Stumbled(f"README.es.md does not say ./pauta.sh {command} after {before[:200]!r}")
        installation.pauta(*command.split(), *more)

    def _fill_in(self, installation: Installation, host: str, **more: str) -> None:
        """What is the operator's own, and passwords of every character."""
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
        """Waits until the actions stand in the console's API, on its output and in its file. Raises Stumbled."""

        def everywhere() -> bool:
            asked = {action["action"] for action in installation.actions(lead)}
            file = json.loads(
                installation.compose("exec", "--no-TTY", "console", "cat", "data/actions_log.json")
            )
            kept = {action["action"] for action in file if action["lead_id"] == lead}
            printed = installation.compose("logs", "--no-log-prefix", "console")
            own = [
                json.loads(line) for line in printed.splitlines() if f'"lead_id": {lead}' in line
            ]
            return set(actions) <= asked & kept & {line.get("action", "") for line in own}

        until(everywhere, f"lead {lead} has not come through {actions}")

    def _say(self, what: str) -> None:
        out.print(f"{time.monotonic() - self._began:6.1f} s  {what}")


def _password(name: str) -> str:
    return f"{name} {PRINTABLE}"


def _somebody_awake(now: datetime) -> str | None:
    """A number that may be called now; None where there is none on earth."""
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
