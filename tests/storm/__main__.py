"""Plays storms: python -m tests.storm [--seed N] [--people N] [--as-drawn] [STORY …].

Each storm is a story from a seed, on a running system of its own. A story that breaks a promise is
written to `storms/`, and shortened as long as the promise stays broken, unless --as-drawn is given.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

from pauta.running.compose_file import PROJECT
from tests.storm.generator import story
from tests.storm.player import STARTUP, Player, StormSystem
from tests.storm.promises import Breach, breaches
from tests.storm.shrink import shortened
from tests.storm.story import Story

STORMS = PROJECT / "storms"
STORIES = Path(__file__).parent / "stories"
FIXED_SEED = 558_352
FEW = 60


async def weather(storm: Story) -> list[Breach]:
    """Plays the story on a system of its own, and returns the broken promises."""
    STORMS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="storm-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        ahead = storm.begins.timestamp() - time.time() - STARTUP
        system = StormSystem(Path(folder) / "run", ahead)
        try:
            await asyncio.to_thread(system.start)
            record = await Player(system, storm).play()
        finally:
            await system.http.aclose()
            await asyncio.to_thread(system.stop)
    record.keep(STORMS / f"seed-{storm.seed}")
    return breaches(record)


def show(found: list[Breach]) -> None:
    for breach in found[:40]:
        print(f"  ✗ {breach}", flush=True)
    if len(found) > 40:
        print(f"  … and {len(found) - 40} more", flush=True)


async def run(storm: Story, *, shrink: bool) -> bool:
    """Plays the story, and keeps it where a promise was broken. Returns whether all held."""
    began = time.monotonic()
    print(
        f"seed {storm.seed}: {len(storm.people)} people, {len(storm.acts)} acts, "
        f"{storm.begins:%a %d %b %H:%M:%S} UTC",
        flush=True,
    )
    found = await weather(storm)
    print(f"  {len(found)} breaches, {time.monotonic() - began:.0f} s", flush=True)
    show(found)
    if not found:
        return True
    storm.write(STORMS / f"seed-{storm.seed}.story")
    if shrink:
        storm, found = await shortened(storm, found, weather)
    words = [*storm.in_words(), "", *map(str, found)]
    (STORMS / f"seed-{storm.seed}.txt").write_text("\n".join(words) + "\n")
    storm.write(STORMS / f"seed-{storm.seed}.short.story")
    return False


async def integrate() -> int:
    """Plays the kept stories and a fixed seed at once. A fresh seed beside them decides nothing."""
    kept = story(FIXED_SEED, FEW)
    for path in sorted(STORIES.glob("*.story")):
        kept = kept.beside(Story.read(path))
    fresh = asyncio.create_task(run(story(random.randrange(10**6), FEW), shrink=False))
    held = await run(kept, shrink=False)
    print("the fresh seed held" if await fresh else "the fresh seed failed: see storms/")
    return 0 if held else 1


async def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.storm")
    parser.add_argument("stories", nargs="*", type=Path, help="stories to play instead of seeds")
    parser.add_argument("--seed", type=int, default=None, help="the first seed; drawn if missing")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds, one after another")
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument("--as-drawn", action="store_true", help="shorten no story that failed")
    parser.add_argument(
        "--ci",
        action="store_true",
        help="the kept stories with a fixed seed, and beside them a fresh seed that may fail",
    )
    given = parser.parse_args()
    if given.ci:
        return await integrate()
    if given.stories:
        storms = [Story.read(path) for path in given.stories]
    else:
        first = given.seed if given.seed is not None else random.randrange(1_000_000)
        storms = [story(seed, given.people) for seed in range(first, first + given.seeds)]
    held = [await run(storm, shrink=not given.as_drawn) for storm in storms]
    print(f"{sum(held)} of {len(held)} storms without a broken promise", flush=True)
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
