"""Measures the console alone with a million events: its pages, and how fast it folds the events."""

import asyncio
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx

from bench.load import percentile, resident
from bench.timers import JOURNEY, Row
from contracts.events.base import Event
from contracts.events.booking import LeadBooked
from contracts.events.call import CallUnanswered, Unanswered
from contracts.events.lead import LeadCard, LeadCreated, LeadRegistered
from contracts.events.touch import Channel, Kind, TouchDelivered, TouchDue, TouchSent
from pauta.running.native import Native
from pauta.running.servers import Process, free_ports
from tests.builders import a_booking

LEADS = 85_000
REQUESTS = 40
PAGES = (
    "",
    "/leads",
    "/leads?q=nadie",
    "/stopwatch?days=30",
    "/journey?days=90",
    "/sources?days=90",
    "/leads/50000",
)

# leads number $5 to $6 of $1, which came in the last $7 days
FILL = """
insert into actions (event_id, lead_id, topic, at, body)
select id, n, topic, at,
  body
    || jsonb_build_object('event_id', id, 'lead_id', n, 'at', at)
    || case when topic = 'lead.created' then
         jsonb_build_object('card', jsonb_build_object(
           'name', 'Persona ' || n,
           'phone', '+5255' || (10000000 + n),
           'email', 'p' || n || '@example.com',
           'source', 'Fuente ' || n % 9,
           'extra', jsonb_build_object('utm_source', 'u' || n % 5)))
       else '{}' end
from generate_series($5::int, $6::int) n,
  unnest($2::text[], $3::text[]::jsonb[], $4::float8[])
    with ordinality as t(topic, body, after, ord),
  lateral (
    select
      gen_random_uuid() as id,
      now() - ($1 - n) * $7::int * interval '1 day' / $1 + after * interval '1 second' as at) e
where topic <> 'lead.booked' or n % 6 = 0
order by n, ord"""


def story() -> list[tuple[Event, float]]:
    """Returns the events of a lead, each with its seconds since the lead came."""
    touch = {"lead_id": 1, "touch_id": UUID(int=1)}
    call = {**touch, "step": "welcome_call", "channel": Channel.CALL}
    email = {**touch, "step": "welcome_email", "channel": Channel.EMAIL}
    whatsapp = {**touch, "step": "welcome_call", "channel": Channel.WHATSAPP}
    day_3 = {**touch, "step": "day_3", "channel": Channel.WHATSAPP}
    return [
        (LeadCreated(lead_id=1, card=LeadCard(name="x")), 0),
        (TouchSent(**call), 0.3),
        (TouchSent(**email), 0.4),
        (LeadRegistered(lead_id=1, kommo_lead_id=1), 1),
        (TouchDelivered(**email), 5),
        (CallUnanswered(**touch, step="welcome_call", reason=Unanswered.NO_ANSWER), 25),
        (TouchSent(**whatsapp), 25.5),
        (TouchDelivered(**whatsapp), 27),
        (TouchDue(**day_3, kind=Kind.FOLLOW_UP, template="day_3"), 259_200),
        (TouchSent(**day_3), 259_201),
        (TouchDelivered(**day_3), 259_203),
        (TouchDelivered(**{**day_3, "step": "day_6", "channel": Channel.EMAIL}), 518_400),
        (
            LeadBooked(lead_id=1, revision=1, booking=a_booking(starts_at=datetime.now(UTC))),
            300_000,
        ),
    ]


class Pages:
    """RabbitMQ, PostgreSQL and one console. The other services are unavailable."""

    def __init__(self, folder: Path, row: Row) -> None:
        console_port, management_port = free_ports(2)
        ports = {
            "CONSOLE_PORT": str(console_port),
            "RABBITMQ_MANAGEMENT_PORT": str(management_port),
        }
        self.system = Native(folder, ports | {"JOURNEY_PATH": str(JOURNEY)})
        self._row = row

    async def run(self) -> None:
        await asyncio.to_thread(self.system.start_servers)
        events = await self._fill()
        process = await asyncio.to_thread(self._start_console)
        async with httpx.AsyncClient(
            base_url=f"{self.system.addresses.console}", timeout=60
        ) as http:
            began = time.perf_counter()
            while (state := (await http.get("/api/projections")).json())["until"] < state["newest"]:
                await asyncio.sleep(0.5)
            self._row(
                f"console: {events:,} events folded again",
                f"{events / (time.perf_counter() - began):,.0f}/s",
                f"{resident(process.pid):.0f} MB",
            )
            for path in PAGES:
                await self._measure(http, path)

    def _start_console(self) -> Process:
        process = self.system.start_service(
            "console", self.system.recipes()["console"], self.system.ports["console"]
        )
        self.system.wait_for("console", self.system.ports["console"])
        return process

    async def _measure(self, http: httpx.AsyncClient, path: str) -> None:
        took = []
        for _ in range(REQUESTS):
            began = time.perf_counter()
            (await http.get(f"/console{path}")).raise_for_status()
            took.append((time.perf_counter() - began) * 1e3)
        aim = " (aim: 200 ms)" if not path else ""
        self._row(
            f"console: page {path or '/'} with a million events",
            f"p50 {percentile(took, 50):.0f} ms",
            f"p95 {percentile(took, 95):.0f} ms, most {max(took):.0f} ms{aim}",
        )

    async def _fill(self) -> int:
        address = f"127.0.0.1:{self.system.ports['postgres']}"
        database = await asyncpg.connect(f"postgresql://postgres:postgres-demo@{address}/console")
        events_of_a_lead = story()
        bodies = [json.dumps(event.model_dump(mode="json")) for event, _ in events_of_a_lead]
        topics = [event.topic for event, _ in events_of_a_lead]
        after = [seconds for _, seconds in events_of_a_lead]
        await database.execute(FILL, LEADS, topics, bodies, after, 1, LEADS, 90, timeout=300)
        await database.execute("analyze")
        events = await database.fetchval("select count(*) from actions")
        await database.close()
        return int(events)
