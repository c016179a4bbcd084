"""pauta journey check, preview, schema, render: tries a change before it is live."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated
from unittest.mock import patch
from zoneinfo import ZoneInfo, available_timezones

import typer
from rich.console import Console

from contracts.events.booking import Booking
from contracts.events.touch import Channel
from domain.journey.contact_hours import next_opening
from domain.journey.law import law_of
from domain.journey.legal_text import ANY_HOUR, hours_in_words, narrowing
from domain.journey.model import ALWAYS, Journey, MeetingStep, json_schema
from domain.journey.parser import InvalidJourney
from domain.journey.settings import load_journey
from domain.journey.time_zones import Whereabouts
from pauta.running.compose_file import PROJECT, read_recipes, variables
from pauta.tables import print_table
from services.notify.content import Wording
from services.notify.examples import example
from services.notify.settings import Settings
from services.scheduler.decisions.enrolment import Enrolment
from services.scheduler.decisions.planning import plan

COLUMNS = ("step", "channels", "day", "local time")
app = typer.Typer(no_args_is_help=True, help="The journey file: check it, preview its calendar.")
out = Console(highlight=False, soft_wrap=True)

File = Annotated[Path, typer.Argument(help="The journey file.")]
DEFAULT = PROJECT / "deploy" / "journey.yml"


def _environment() -> dict[str, str]:
    """Returns notify's environment, as `.env` and this process's environment define it."""
    return dict(read_recipes(variables())["notify"].environment)


def _settings() -> Settings:
    """Returns notify's settings, with templates from the project's folder."""
    environment = _environment()
    with patch.dict(os.environ, environment, clear=True):
        return Settings(templates_path=PROJECT / environment["TEMPLATES_PATH"])


def _read(file: Path) -> Journey:
    settings = _settings()
    try:
        return load_journey(
            settings.model_copy(update={"journey_path": file}),
            content_sids=set(settings.twilio.content_sid_of),
        )[0]
    except OSError as error:
        raise SystemExit(f"{file} cannot be read: {error.strerror}") from error
    except InvalidJourney as invalid:
        for mistake in invalid.mistakes:
            typer.echo(str(mistake), err=True)
        raise typer.Exit(1) from None


@app.command()
def check(file: File = DEFAULT) -> None:
    """List every mistake in the file with its line; exit with 0 if there is none."""
    typer.echo(f"{file}: {len(_read(file).written_steps)} steps, nothing wrong.")


@app.command()
def schema() -> None:
    """Print the JSON Schema with which an editor checks the file."""
    typer.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))


@app.command()
def preview(
    file: File = DEFAULT,
    from_: Annotated[
        str, typer.Option("--from", help="When the lead arrives, in their local time.")
    ] = "",
    zone: Annotated[str, typer.Option(help="The lead's time zone.")] = "America/Mexico_City",
    country: Annotated[str, typer.Option(help="The country of their phone number.")] = "MX",
    meeting: Annotated[
        str, typer.Option(help="When a booked meeting starts, in their local time.")
    ] = "",
) -> None:
    """Print the touches of a lead who never books, and with --meeting those of a booking."""
    if zone not in available_timezones():
        raise typer.BadParameter(
            f"{zone} is not a time zone such as America/Tijuana", param_hint="--zone"
        )
    journey = _read(file)
    entered_at = _moment(from_, zone, "--from") if from_ else datetime.now(UTC)
    where = Whereabouts(country=country, phone_zones=(zone,), home=zone)
    lead = Enrolment(lead_id=0, entered_at=entered_at, where=where)
    rows = []
    for step in journey.first_contact:
        if step.on_first_message:
            continue
        opening = next_opening(entered_at, step, step.channels[0], journey, where)
        opens = opening.opens if opening else None
        rows.append(_row(journey, step.name, opens, entered_at, zone))
        if opens is not None and step.attempts:
            lead = _not_reached(lead, journey, step.name, opens)
    timers = sorted(plan(lead, journey), key=lambda timer: timer.due_at)
    rows += [_row(journey, timer.step, timer.due_at, entered_at, zone) for timer in timers]
    title = f"A lead who arrives on {_local(entered_at, zone)} ({zone})"
    print_table(out, COLUMNS, rows, title=title)
    if meeting:
        _print_meeting(journey, lead, _moment(meeting, zone, "--meeting"), zone)
    print_legal_hours(country)
    for line in narrowed_by_law(journey, country):
        out.print(line)


def print_legal_hours(country: str) -> None:
    """Prints the row of the law's table that holds for the country."""
    law = law_of(country)
    hours = (hours_in_words(law.calls), hours_in_words(law.messages))
    print_table(
        out,
        ("law", "calls", "messages", "source", "as of"),
        [(law.name, *hours, law.source, f"{law.as_of}")],
        title=f"Legal hours of unasked touches in {country}",
    )


def narrowed_by_law(journey: Journey, country: str) -> list[str]:
    """Returns a line for each step and channel whose hours the law narrows."""
    if journey.any_hour:
        return []
    unasked = [
        step
        for step in journey.written_steps
        if not isinstance(step, MeetingStep) or step.after is not None
    ]
    lines = []
    for step in unasked:
        own = ANY_HOUR if step.window == ALWAYS else journey.windows[step.window]
        for channel in step.channels:
            narrowed = narrowing(own, law_of(country), channel)
            if narrowed:
                lines.append(f"{step.name}, {channel}: {narrowed}")
    return lines


def _print_meeting(journey: Journey, lead: Enrolment, starts: datetime, zone: str) -> None:
    booking = Booking(uid="preview", starts_at=starts, ends_at=starts + timedelta(minutes=30))
    booked = lead.model_copy(update={"booking": booking, "booked_at": lead.entered_at})
    rows = [
        _row(journey, timer.step, timer.due_at, lead.entered_at, zone)
        for timer in sorted(plan(booked, journey), key=lambda timer: timer.due_at)
    ]
    title = f"With a meeting booked at once, for {_local(starts, zone)}"
    print_table(out, COLUMNS, rows, title=title)


def _not_reached(lead: Enrolment, journey: Journey, call: str, at: datetime) -> Enrolment:
    """Returns the lead whom neither the call nor any of its further attempts reaches."""
    ended = {call: at}
    for again in journey.attempts:
        if again.previous in ended:
            timers = plan(lead.model_copy(update={"not_reached_at": ended}), journey)
            [due_at] = [timer.due_at for timer in timers if timer.step == again.name]
            ended[again.name] = due_at
    return lead.model_copy(update={"not_reached_at": ended})


def _row(
    journey: Journey, name: str, at: datetime | None, entered_at: datetime, zone: str
) -> tuple[str, str, str, str]:
    channels = ", ".join(journey.step(name).channels)
    if at is None:
        return name, channels, "", "never within five weeks"
    local_zone = ZoneInfo(zone)
    days = (at.astimezone(local_zone).date() - entered_at.astimezone(local_zone).date()).days
    return name, channels, f"{days}", _local(at, zone)


def _moment(written: str, zone: str, option: str) -> datetime:
    try:
        return datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(zone))
    except ValueError:
        raise typer.BadParameter(
            f"{written} is not a time; write 2026-03-02T10:00", param_hint=option
        ) from None


def _local(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%a %d %b %Y %H:%M:%S %Z}"


@app.command()
def render(
    name: Annotated[str, typer.Argument(help="The text's name, such as day_6.")],
    channel: Annotated[
        Channel | None,
        typer.Option(help="The channel of the text; by default the first that exists."),
    ] = None,
    language: Annotated[
        str, typer.Option(help="The language of the attendee's calendar, for meetings.")
    ] = "es-MX",
    html: Annotated[
        bool, typer.Option("--html", help="An email's HTML instead of its plain text.")
    ] = False,
) -> None:
    """Print a text as Ana Torres of Demo SA would read it."""
    settings = _settings()
    wording = Wording(settings)
    unknown = ""
    for candidate in [channel] if channel else Channel:
        try:
            rendered = example(wording, settings, candidate, name, language=language)
        except LookupError as missing:
            unknown = unknown or str(missing)
            continue
        if html and rendered.html:
            typer.echo(rendered.html)
        else:
            typer.echo("\n\n".join(filter(None, (rendered.subject, rendered.text))))
        return
    raise typer.BadParameter(unknown, param_hint="NAME")
