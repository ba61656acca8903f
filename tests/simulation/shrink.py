"""Shrinks a failing schedule: drops troubles, knobs and tasks while it still fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulation.profiles import Profile

    Check = Callable[[int, Profile], str | None]


def shrink(
    fails: Check, seed: int, profile: Profile, *, seeds: int = 20
) -> tuple[int, Profile]:
    """Simplify the profile step by step while the schedule still fails.

    Each step removes a trouble, removes tasks, or resets a knob to its default. This
    changes all later draws, so each simpler profile is tried with the same seed and
    with other seeds.

    Args:
        fails: Runs a schedule, and returns what is wrong, or `None`.
        seed: The seed of a failing schedule.
        profile: The profile of that schedule.
        seeds: How many other seeds to try for each simpler profile.

    Returns:
        A seed and a profile that fail. No simpler profile fails with these seeds.
    """
    smaller = _smaller(fails, seed, profile, seeds)
    while smaller is not None:
        seed, profile = smaller
        smaller = _smaller(fails, seed, profile, seeds)
    return seed, profile


def _smaller(
    fails: Check, seed: int, profile: Profile, seeds: int
) -> tuple[int, Profile] | None:
    """Return a failing seed and a profile that is one step simpler, or `None`."""
    for simpler in profile.without():
        for candidate in (seed, *range(seeds)):
            if fails(candidate, simpler) is not None:
                return candidate, simpler
    return None


def report(
    fails: Check,
    trace: Callable[[int, Profile], str],
    seed: int,
    profile: Profile,
) -> str:
    """Shrink a failing schedule and describe it.

    Args:
        fails: Runs a schedule, and returns what is wrong, or `None`.
        trace: Runs a schedule with tracing, and returns `World.told()`.
        seed: The seed of a failing schedule.
        profile: The profile of that schedule.
    """
    small_seed, small = shrink(fails, seed, profile)
    return "\n".join(
        [
            f"seed {seed} fails: {fails(seed, profile)}",
            f"shrunk to seed {small_seed}: {fails(small_seed, small)}",
            small.told(),
            trace(small_seed, small),
        ]
    )
