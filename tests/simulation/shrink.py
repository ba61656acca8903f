"""Makes a failing schedule smaller: fewer troubles, plainer knobs, fewer tasks, while it still fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulation.profiles import Profile

    Check = Callable[[int, Profile], str | None]


def shrink(
    fails: Check, seed: int, profile: Profile, *, seeds: int = 20
) -> tuple[int, Profile]:
    """Drop one thing of the profile at a time while the schedule still fails.

    A knob that is off changes the draws that follow, so each smaller profile is tried with the same seed and with
    some others.

    Args:
        fails: Runs a schedule; returns what is wrong, or `None`.
        seed: A seed that fails.
        profile: Its profile.
        seeds: How many seeds to try for each smaller profile.

    Returns:
        A seed and a profile that fail; nothing more can be dropped from the profile with these seeds.
    """
    smaller = _smaller(fails, seed, profile, seeds)
    while smaller is not None:
        seed, profile = smaller
        smaller = _smaller(fails, seed, profile, seeds)
    return seed, profile


def _smaller(
    fails: Check, seed: int, profile: Profile, seeds: int
) -> tuple[int, Profile] | None:
    """A seed and a profile with one thing less that fail too, if there are any."""
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
    """Shrink a failing schedule and tell it in words.

    Args:
        fails: Runs a schedule; returns what is wrong, or `None`.
        trace: Runs a schedule with tracing; returns `World.told()`.
        seed: A seed that fails.
        profile: Its profile.
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
