"""The search finds a lead in any spelling, and uses an index."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from kit.database import Database
from services.console.repositories.metrics import LeadFilter, Metrics
from tests.plans import Watched, reads_whole

SOFIA = 100_001
OSCAR = 100_002
NO_PHONE = 100_003
ID_OF_A_FORM = 100_777
MANY = 50_000
SOURCES = [f"Fuente {number}" for number in range(7)]
STEPS = [f"step_{number}" for number in range(5)]

INSERT_LEADS = """insert into leads ({columns})
                  select n, name, email, phone, '', '', source, '{{}}',
                         now() - n * interval '1 min',
                         0, false, 0, 0, 0, 0, step, '{{}}', 'waiting'
                  from (select * from {rows}) t (n, name, email, phone, source, step)"""
COLUMNS = """lead_id, name, email, phone, company, service, source, fields, accepted_at,
             revision, paused, calls, whatsapps, texts, emails, step, steps, state"""
THREE = f"""(
            values
              ({SOFIA}, 'Sofía Garza Treviño', 'sofi.garza@Example.com', '+528112345678',
               'Radio', 'day_3'),
              ({OSCAR}, 'ÓSCAR de la Peña', 'o_p%1@example.org', '+525587654321',
               'Feria', 'day_6'),
              ({NO_PHONE}, 'Quique', '', '', 'Radio', 'day_3')
          ) v"""
OTHERS = f"""(
               select n, 'Persona ' || to_char(n, 'FM00000'), 'p' || n || '@example.net',
                      '+5233' || 10000000 + n, 'Fuente ' || n % 7, 'step_' || n % 5
               from generate_series(1, {MANY}) n
             ) o"""

FINDING_SOFIA = (
    "sofía",
    "sofia",
    "SOFÍA GARZA",
    "garza sofía",
    "Garza Treviño, Sofía",
    "trevino garza sofia",
    "arza",
    "  so   ga ",
    "g t",
    "sofi.garza@example.com",
    "SOFI.GARZA@",
    "example.com",
    "garza example",
    "81 1234 5678",
    "(81) 1234-5678",
    "+52 1 81 1234 5678",
    "8112345678",
    "5678",
    str(SOFIA),
    f"#{SOFIA}",
    str(ID_OF_A_FORM),
    f"#{ID_OF_A_FORM}",
)
FINDING_OSCAR = ("oscar", "Óscar", "ÓSCAR PEÑA", "peña oscar", "pena", "o_p%1", "%1@")
FINDING_ALL = ("", "   ")
FINDING_BOTH = ("example", "exa")
FINDING_NOBODY = (
    "nadie",
    "garza oscar",
    "sofía%",
    "_sofi",
    "%",
    "--",
    "812345",
    "1234",
    "#4",
    "9" * 30,
    "\\",
    "rz",
    "5678 sofía nadie",
)
SEARCHES: list[tuple[str, set[int]]] = []
SEARCHES += [(text, {SOFIA}) for text in FINDING_SOFIA]
SEARCHES += [(text, {OSCAR}) for text in FINDING_OSCAR]
SEARCHES += [(text, {SOFIA, OSCAR}) for text in FINDING_BOTH]
SEARCHES += [(text, {SOFIA, OSCAR, NO_PHONE}) for text in FINDING_ALL]
SEARCHES += [(text, set()) for text in FINDING_NOBODY]


@pytest_asyncio.fixture
async def metrics(database: Database) -> AsyncIterator[Metrics]:
    await database.fetch(INSERT_LEADS.format(columns=COLUMNS, rows=THREE))
    await database.fetch("insert into aliases values ($1, $2)", ID_OF_A_FORM, SOFIA)
    yield Metrics(database, "UTC")


@pytest.mark.connected
@pytest.mark.parametrize(("text", "found"), SEARCHES)
async def test_a_search_finds(metrics: Metrics, text: str, found: set[int]) -> None:
    assert {lead.lead_id for lead in await metrics.leads(LeadFilter(text=text))} == found


@pytest.mark.connected
async def test_a_search_goes_with_the_filters_and_from_page_to_page(
    metrics: Metrics, database: Database
) -> None:
    await database.fetch(INSERT_LEADS.format(columns=COLUMNS, rows=OTHERS))

    assert [
        lead.lead_id for lead in await metrics.leads(LeadFilter("example", source="Feria"))
    ] == [OSCAR]
    assert await metrics.leads(LeadFilter("sofía", source="Feria")) == []
    pages = [await metrics.leads(LeadFilter("persona", page=page)) for page in (1, 2)]
    assert [lead.lead_id for lead in pages[0][:50]] == list(range(1, 51))
    assert [lead.lead_id for lead in pages[1][:50]] == list(range(51, 101))
    exported: list[int] = []
    async for leads in metrics.every_lead(LeadFilter("persona 00")):
        exported += [lead.lead_id for lead in leads]
    assert exported == sorted(set(exported))
    assert len(exported) > 50
    choices = await metrics.choices()
    assert choices["sources"] == ["Feria", *SOURCES, "Radio"]
    assert choices["steps"] == ["day_3", "day_6", *STEPS]


@pytest.mark.connected
async def test_no_search_reads_the_whole_table(database: Database) -> None:
    await database.fetch(INSERT_LEADS.format(columns=COLUMNS, rows=THREE))
    await database.fetch(INSERT_LEADS.format(columns=COLUMNS, rows=OTHERS))
    await database.fetch("analyze leads")
    watched = Watched(database.dsn, scans=True)
    await watched.open()
    metrics = Metrics(watched, "UTC")
    for text in (
        "",
        "nadie",
        "garza sofía",
        "sofi.garza@example.com",
        "xq",
        "persona",
        "8112345678",
        str(SOFIA),
        "a",
    ):
        await metrics.leads(LeadFilter(text=text))
    await metrics.leads(LeadFilter(source="unknown"))
    await metrics.leads(LeadFilter(step="unknown"))
    await metrics.choices()
    await metrics.in_need_of_attention(limit=200)
    whole = [
        query
        for query, values in watched.asked
        if reads_whole(await watched.plan(query, values), "leads")
    ]
    await watched.close()

    assert whole == []


NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


@pytest.mark.connected
async def test_the_downtimes_of_a_span_include_one_that_began_before_it(database: Database) -> None:
    changes = (
        ("unavailable", "kommo", -60),
        ("recovered", "kommo", -50),  # over before the span
        ("unavailable", "kommo", -30),
        ("recovered", "brevo", -5),  # another provider
        ("unavailable", "kommo", 5),  # again, without a recovery between
        ("recovered", "kommo", 10),
        ("unavailable", "kommo", 20),  # not over yet
        ("unavailable", "kommo", 90),  # after the span
    )
    for change, provider, minutes in changes:
        await database.fetch(
            """insert into actions (event_id, lead_id, topic, at, body)
               values (gen_random_uuid(), 0, $1, $2, jsonb_build_object('provider', $3::text))""",
            f"provider.{change}",
            at(minutes),
            provider,
        )
    metrics = Metrics(database, "UTC")

    found = await metrics.downtimes("kommo", at(0), at(60))
    assert [(downtime.begins, downtime.ends) for downtime in found] == [
        (at(-30), at(10)),
        (at(20), None),
    ]
    assert await metrics.downtimes("twilio", at(0), at(60)) == []
