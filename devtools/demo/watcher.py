"""Reads the audit log as it grows, prints each action, and acts for the people in the calendar."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from rich.console import Console

from devtools.demo.scenarios import Action, Scenario
from pauta.running.native import Addresses

MEETING_MINUTES = 0.05
COLOURS = {
    "failed": "red",
    "cancelled": "red",
    "skipped": "yellow",
    "uncertain": "yellow",
    "opted_out": "yellow",
    "unanswered": "yellow",
    "deferred": "yellow",
    "booked": "cyan",
    "rescheduled": "cyan",
    "ended": "cyan",
    "finished": "cyan",
    "due": "dim",
}
LINK = re.compile(r"https?://\S+/cal/\S+")

out = Console(highlight=False, soft_wrap=True)


@dataclass
class Watcher:
    """The actions seen of each lead, such as `welcome_call call touch.sent` or `lead.booked`.

    `strangers` are those whose lead's id is not known yet: it stands behind their name in Kommo.
    """

    addresses: Addresses
    scenarios: dict[int, Scenario] = field(default_factory=dict)
    seen: dict[int, list[str]] = field(default_factory=dict)
    strangers: list[Scenario] = field(default_factory=list)
    _arrived: dict[int, datetime] = field(default_factory=dict)
    _to_do: dict[int, list[Action]] = field(default_factory=dict)
    _bookings: dict[int, str] = field(default_factory=dict)
    _last: int = 0

    def watch(self, lead: int, scenario: Scenario) -> None:
        self.scenarios[lead] = scenario
        self._to_do[lead] = list(scenario.acts)

    def recognise(self) -> None:
        """Finds the lead of each stranger who is in Kommo by now."""
        if not self.strangers:
            return
        kommo = httpx.get(f"{self.addresses.simulator}/simulator/kommo", timeout=10).json()
        leads = dict(lead["name"].rsplit(" #", 1) for lead in kommo["leads"])
        for scenario in [known for known in self.strangers if known.name in leads]:
            self.strangers.remove(scenario)
            self.watch(int(leads[scenario.name]), scenario)

    def read(self) -> None:
        url = f"{self.addresses.console}/api/actions"
        for action in httpx.get(url, params={"after": self._last}, timeout=10).json():
            self._last = action["id"]
            self._show(action)
        for lead, acts in self._to_do.items():
            if acts and acts[0].when in self.seen.get(lead, []):
                self._act(lead, acts.pop(0))

    def _show(self, action: dict[str, Any]) -> None:
        lead = action["lead_id"]
        at = datetime.fromisoformat(action["at"])
        detail = action["detail"]
        since = (at - self._arrived.setdefault(lead, at)).total_seconds()
        text = action["action"]
        if text.startswith("touch."):
            text = f"{detail['step']} {detail['channel']} {text}"
        self.seen.setdefault(lead, []).append(text)
        more = detail.get("reason") or detail.get("intent") or ""
        colour = COLOURS.get(action["action"].partition(".")[2], "green")
        name = self.scenarios[lead].name if lead in self.scenarios else str(lead)
        out.print(f"  +{since:7.3f} s  {name:<12} [{colour}]{text:<36}[/] {more}")

    def _act(self, lead: int, act: Action) -> None:
        """Opens the link in the person's email, or changes the person's booking."""
        scenario = self.scenarios[lead]
        calendar = f"{self.addresses.simulator}/simulator/calcom"
        start = (datetime.now(UTC) + timedelta(seconds=act.start)).isoformat()
        match act.does:
            case "book":
                emails = httpx.get(
                    f"{self.addresses.simulator}/simulator/emails",
                    params={"to": scenario.form["email"]},
                ).json()
                link = LINK.search(emails[0]["text"])
                assert link is not None, emails[0]["text"]
                url = f"{calendar}/book"
                booked = _post(url, link=link[0], start=start, minutes=MEETING_MINUTES)
                self._bookings[lead] = booked["uid"]
            case "move":
                moved = _post(f"{calendar}/{self._bookings[lead]}/move", start=start)
                self._bookings[lead] = moved["uid"]
            case "cancel":
                _post(f"{calendar}/{self._bookings[lead]}/cancel", reason="Me surgió un compromiso")


def _post(url: str, **body: Any) -> dict[str, Any]:
    response = httpx.post(url, json=body, timeout=15)
    response.raise_for_status()
    answer: dict[str, Any] = response.json() if response.content else {}
    return answer
