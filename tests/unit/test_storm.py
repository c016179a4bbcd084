"""The storm knows only what is public, and its stories can be repeated, kept and shortened."""

import ast
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pauta.running.compose_file import PROJECT
from tests.storm.generator import story
from tests.storm.places import CALLS, PLACES, is_open, is_waking, place_of
from tests.storm.promises import PROMISES, Breach
from tests.storm.shrink import shortened
from tests.storm.story import Act, Story

OWN_CODE = ("contracts", "domain", "kit", "providers", "services", "simulator", "devtools")


@pytest.mark.parametrize("path", sorted((PROJECT / "tests" / "storm").glob("*.py")), ids=str)
def test_the_storm_imports_nothing_of_the_product_but_its_runner(path: Path) -> None:
    modules: list[str] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            modules += [name.name for name in node.names]
        if isinstance(node, ast.ImportFrom):
            modules.append(node.module or "")
    for module in modules:
        assert not module.startswith(OWN_CODE)
        assert not module.startswith("pauta") or module.startswith("pauta.running")


def test_a_seed_is_always_the_same_story() -> None:
    assert story(3, 50) == story(3, 50)
    assert story(3, 50) != story(4, 50)


def test_a_story_is_kept_in_a_file(tmp_path: Path) -> None:
    drawn = story(3, 50)
    drawn.write(tmp_path / "three.story")

    assert Story.read(tmp_path / "three.story") == drawn


def test_two_stories_at_once_keep_their_people_apart() -> None:
    both = story(3, 5).beside(story(4, 5))

    assert [person.number for person in both.people] == list(range(10))
    assert {act.who for act in both.acts} <= {None, *range(10)}


def test_a_story_is_told_a_sentence_a_line() -> None:
    drawn = story(3, 2)
    lines = drawn.in_words()

    assert len(lines) == 1 + len(drawn.people) + len(drawn.acts)
    assert str(Act(1.5, "is_killed", None, {"service": "crm"})) == (
        "At 1.5 s is killed: service crm."
    )


async def test_a_failing_story_is_shortened_as_long_as_it_fails() -> None:
    async def weather(shorter: Story) -> list[Breach]:
        numbers = {person.number for person in shorter.people}
        troubled = any(act.what == "is_killed" for act in shorter.acts)
        return [Breach("A promise.", 7, "broken")] if 7 in numbers and troubled else []

    long = story(8, 40)
    killed = Act(9.0, "is_killed", None, {"service": "crm", "replica": 0})
    long = Story(long.seed, long.begins, long.people, (*long.acts, killed))
    short, found = await shortened(long, await weather(long), weather)

    assert [person.number for person in short.people] == [7]
    assert [act.what for act in short.acts if act.who is None] == ["is_killed"]
    assert found


@pytest.mark.parametrize(
    ("place", "moment", "may_call", "awake"),
    [
        ("Ciudad de México", datetime(2026, 3, 3, 15, 0, tzinfo=UTC), True, True),
        ("Ciudad de México", datetime(2026, 3, 3, 14, 59, tzinfo=UTC), False, True),
        ("Ciudad de México", datetime(2026, 3, 8, 18, 0, tzinfo=UTC), False, True),
        ("Tokio", datetime(2026, 3, 3, 15, 0, tzinfo=UTC), False, False),
    ],
)
def test_hours_are_the_places_own(
    place: str, moment: datetime, may_call: bool, awake: bool
) -> None:
    assert is_open(moment, PLACES[place], CALLS) is may_call
    assert is_waking(moment, PLACES[place]) is awake


def test_a_number_lies_where_its_longest_prefix_says() -> None:
    assert place_of("+526641230000").name == "Tijuana"
    assert place_of("+525512340000").name == "Ciudad de México"


def test_every_promise_is_a_sentence() -> None:
    assert all((promise.__doc__ or "").rstrip().endswith(".") for promise in PROMISES)
