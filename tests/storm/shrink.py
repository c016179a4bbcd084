"""Shortens a story that breaks a promise, as long as it still breaks the same one."""

import time
from collections.abc import Awaitable, Callable, Iterator

from tests.storm.promises import Breach
from tests.storm.story import Act, Story

RUNS = 20
SECONDS = 1800.0
Weather = Callable[[Story], Awaitable[list[Breach]]]


async def shortened(
    story: Story, found: list[Breach], weather: Weather
) -> tuple[Story, list[Breach]]:
    """Returns the shortest story found within RUNS runs and SECONDS, and what it breaks."""
    promises = {breach.promise for breach in found}
    deadline = time.monotonic() + SECONDS
    runs = 0
    again = True
    while again:
        again = False
        for candidate in _candidates(story, found):
            if runs == RUNS or time.monotonic() > deadline:
                return story, found
            runs += 1
            seen = await weather(candidate)
            kept = [breach for breach in seen if breach.promise in promises]
            print(
                f"  run {runs}: {len(candidate.people)} people, {len(candidate.acts)} acts: "
                f"{len(kept)} breaches",
                flush=True,
            )
            if kept:
                story = candidate
                found = kept
                again = True
                break
    return story, found


def _candidates(story: Story, found: list[Breach]) -> Iterator[Story]:
    """Yields shorter stories, the shortest first."""
    guilty = {breach.who for breach in found if breach.who is not None}
    troubles = [act for act in story.acts if act.who is None]
    others = [person.number for person in story.people if person.number not in guilty]
    if guilty and others:
        first = min(guilty)
        rest = [person.number for person in story.people if person.number != first]
        yield story.without(rest, troubles)
        yield story.without(rest)
        yield story.without(others, troubles)
        yield story.without(others)
    if troubles:
        yield story.without(acts=troubles)
        for half in _halves(troubles):
            yield story.without(acts=half)
    if len(story.people) > 1:
        numbers = [person.number for person in story.people]
        yield story.without(numbers[: len(numbers) // 2])
        yield story.without(numbers[len(numbers) // 2 :])
    elif len(story.acts) > 1:
        for act in story.acts:
            yield story.without(acts=[act])


def _halves(acts: list[Act]) -> Iterator[list[Act]]:
    if len(acts) > 1:
        yield acts[: len(acts) // 2]
        yield acts[len(acts) // 2 :]
