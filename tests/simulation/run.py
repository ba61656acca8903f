"""Runs many schedules, each determined by its seed, and describes one that fails.

PYTHONPATH=tests python -m simulation.run --schedules 1000000 --seed 0
PYTHONPATH=tests python -m simulation.run --schedules 1000000 --seed 0 --biased
"""

from __future__ import annotations

import argparse
import gc
import os
import re
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from simulation.profiles import NONE, TROUBLES, Profile
from simulation.schedule import POLICIES, outcome, trace
from simulation.shrink import shrink

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

CHUNK = 500
"""The number of schedules that a process runs before it reports."""


class Failure(NamedTuple):
    """A schedule that breaks a promise.

    Attributes:
        seed: The seed that determines it.
        what: The type and the message of the exception.
        knobs: The knobs that were not drawn.
    """

    seed: int
    what: str
    knobs: Mapping[str, Any] = NONE


def drawn(seed: int, knobs: Mapping[str, Any] = NONE) -> tuple[Profile, str]:
    """Draw the profile and the policy of a schedule, except for knobs that are given."""
    random = Random(seed)
    profile = Profile.draw(random, **knobs)
    return profile, POLICIES[int(random.random() * len(POLICIES))]


def failures(
    seeds: Iterable[int], knobs: Mapping[str, Any] = NONE
) -> Iterator[Failure]:
    """Run schedules, with knobs that are not drawn, and yield those that fail."""
    threshold = gc.get_threshold()
    gc.set_threshold(5_000)  # to free cycles while the processor still caches them
    try:
        for seed in seeds:
            profile, policy = drawn(seed, knobs)
            what = outcome(seed, profile, policy)
            if what is not None:
                yield Failure(seed, what, knobs)
    finally:
        gc.set_threshold(*threshold)


def told(failure: Failure) -> str:
    """Shrink a failing schedule, and describe what happens in it."""
    profile, policy = drawn(failure.seed, failure.knobs)
    kind = _kind(failure.what)

    def fails(seed: int, candidate: Profile) -> str | None:
        what = outcome(seed, candidate, policy)
        return what if what is not None and _kind(what) == kind else None

    seed, small = shrink(fails, failure.seed, profile, seeds=8)
    return "\n".join(
        [
            f"seed {failure.seed}, {dict(failure.knobs)}, resend={policy!r}: {failure.what}",
            f"shrunk, with seed {seed}: {fails(seed, small)}",
            small.told(),
            trace(seed, small, policy),
        ]
    )


def _kind(what: str) -> str:
    """Return the text of a failure without UUIDs and numbers."""
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]+|[\d.]+", "", what)[:60]


def _biased(seed: int) -> dict[str, Any]:
    """Draw knobs with a few frequent troubles, which find faults that are rare otherwise."""
    random = Random(seed)
    troubles = random.sample([*TROUBLES], random.randint(2, 4))
    return {
        "tasks": random.randint(1, 3),
        "streams": random.choice((0.0, 0.5, 1.0)),
        "budget": random.choice((-1.0, 0.7, 1.0)),
        "onlookers": random.randint(0, 2),
        "sharers": random.randint(0, 2),
        "troubles": {name: random.choice((0.1, 0.3, 0.6)) for name in troubles},
    }


def _failures_of(seeds: range, *, is_biased: bool) -> list[Failure]:
    return [*failures(seeds, _biased(seeds.start) if is_biased else NONE)]


def main() -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schedules", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--biased", action="store_true", help="with frequent troubles")
    parser.add_argument("--first", action="store_true", help="stop at a failure")
    given = parser.parse_args()
    end = given.seed + given.schedules
    chunks = [range(n, min(n + CHUNK, end)) for n in range(given.seed, end, CHUNK)]
    run = partial(_failures_of, is_biased=given.biased)
    began, done, found = time.monotonic(), 0, list[Failure]()
    with ProcessPoolExecutor(given.jobs) as pool:
        results = map(run, chunks) if given.jobs == 1 else pool.map(run, chunks)
        for chunk, failed in zip(chunks, results, strict=True):
            done += len(chunk)
            found += failed
            for failure in failed:
                print(f"\nseed {failure.seed}: {failure.what}", file=sys.stderr)
            rate = done / (time.monotonic() - began)
            line = f"{done:,} schedules, {rate:,.0f} a second, {len(found)} failed"
            print(f"\r{line}", end="", file=sys.stderr, flush=True)
            if found and given.first:
                break
    print(file=sys.stderr)
    return _report(found, done)


def _report(found: list[Failure], done: int) -> int:
    if found:
        print(told(found[0]))
    seeds = ", ".join(str(failure.seed) for failure in found[:20])
    print(f"{done} schedules, {len(found)} failed{': ' + seeds if seeds else ''}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
