"""A host's calendar that posts webhooks of group events, series and repeated moves."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.system import System

DAYS = timedelta(days=1)


def at(days: float, hour: int = 17) -> datetime:
    """Returns a time so many days from now, on the hour."""
    day = datetime.now(UTC).replace(hour=hour, minute=0, second=0, microsecond=0)
    return day + days * DAYS


def written(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class HostCalendar:
    """Makes and posts webhooks, each said to have been sent a second after the one before."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._sent = datetime.now(UTC) - timedelta(minutes=10)

    async def posts(
        self, trigger: str, uid: str | None, *forms: dict[str, Any], **more: Any
    ) -> None:
        """Makes a webhook and posts it."""
        await self.deliver(self.webhook(trigger, uid, *forms, **more))

    async def deliver(self, body: dict[str, Any]) -> None:
        """Posts a webhook that was made before."""
        assert (await self._system.webhook(body)).status_code == 200

    def webhook(
        self,
        trigger: str,
        uid: str | None,
        *forms: dict[str, Any],
        starts: datetime,
        after: timedelta = timedelta(seconds=1),
        **more: Any,
    ) -> dict[str, Any]:
        """Returns a webhook about the attendees who sent these forms."""
        self._sent += after
        people = [
            {"email": form["email"], "name": form["nombre"], "timeZone": "America/Monterrey"}
            for form in forms
        ]
        payload = {
            "type": "taller",
            "title": "Taller de IA",
            "eventTypeId": 84121,
            "startTime": written(starts),
            "endTime": written(starts + timedelta(minutes=30)),
            "attendees": people,
            "responses": {},
            "location": "integrations:daily",
            "metadata": {},
            "uid": uid,
            "status": "ACCEPTED",
            **more,
        }
        return {"triggerEvent": trigger, "createdAt": written(self._sent), "payload": payload}
