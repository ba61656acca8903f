"""What it takes to generate a catalogue when nothing is cached.

python benchmarks/generation.py [--quick]

Beside datamodel-code-generator, which makes one module of a document, in one process;
then for catalogues of growing size.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import peers
import script
from measuring import in_turns, told
from results import Bar, Panel, Row, at_least, at_most

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalogue import Work
    from measuring import Run

_PEER = Path(__file__).parent / "programs" / "datamodel.py"
_FORMATTERS = {"black and isort": "black,isort", "its own formatter": "builtin"}
_FASTER = {"black and isort": 5, "its own formatter": 1.5}
_SAMPLE = 28
"""How many documents the peer takes, each by itself: its time for one is the same."""


def measured(work: Work) -> Iterator[Row | Panel]:
    """Measure."""
    yield from _beside_the_peer(work)
    yield from _growth(work)


def _beside_the_peer(work: Work) -> Iterator[Row | Panel]:
    catalogue = work.catalogue(work.count)
    documents = sorted(catalogue.glob("*.json"))
    sample = documents[:: max(1, len(documents) // _SAMPLE)][:_SAMPLE]

    def peer(formatters: str) -> float:
        output = work.folder / "peer.py"
        return float(told([work.peer, _PEER, formatters, output, *sample]))

    times: dict[str, list[float]] = {name: [] for name in _FORMATTERS}
    runs: list[Run] = []
    for _ in range(work.rounds(3)):
        runs.append(work.generate(catalogue, "--no-cache"))
        for name, formatters in _FORMATTERS.items():
            times[name].append(peer(formatters))
    each = min(run.seconds for run in runs) / work.count
    processor = min(run.processor for run in runs) / work.count
    bars = [Bar("runware-codegen", each, _milliseconds(each))]
    for name, seconds in times.items():
        theirs = min(seconds)
        yield at_least(
            f"A document of {work.count}, nothing cached, beside "
            f"{peers.DATAMODEL} with {name}",
            theirs / each,
            _FASTER[name],
            "{:.1f}× faster",
            figures=f"{_milliseconds(each)} ({_milliseconds(processor)} of a processor)"
            f" against {_milliseconds(theirs)}",
            headline=True,
        )
        text = f"{_milliseconds(theirs)} · {theirs / each:.1f}×"
        bars.insert(
            1, Bar(f"datamodel-code-generator, {name}", theirs, text, ours=False)
        )
    note = f"milliseconds, of {work.count} documents, nothing cached"
    yield Panel("Generating a document", note, bars)


def _growth(work: Work) -> Iterator[Row | Panel]:
    sizes = (10, 20, 40) if work.quick else (50, 100, 200, 400, 800)

    cold = {
        size: partial(work.generate, work.catalogue(size), "--no-cache")
        for size in sizes
    }
    found = in_turns(cold, work.rounds(2))
    processor = {size: min(run.processor for run in found[size]) for size in sizes}
    seconds = {size: min(run.seconds for run in found[size]) for size in sizes}
    memory = {size: max(run.megabytes for run in found[size]) for size in sizes}
    doubled = [processor[2 * n] / processor[n] / 2 for n in sizes[:-1]]
    each = {size: _milliseconds(processor[size] / size) for size in sizes}
    yield at_most(
        f"Growth from {sizes[0]} to {sizes[-1]} documents: time of processors for twice "
        "as many, at most",
        2 * max(doubled),
        2 * 1.15,
        "{:.2f}×",
        figures="a document: " + ", ".join(f"{each[n]} of {n}" for n in sizes),
    )
    yield Row(
        f"Time for {sizes[-1]} documents, nothing cached",
        f"{seconds[sizes[-1]]:.1f} s",
        figures=", ".join(f"{seconds[n]:.1f} s for {n}" for n in sizes),
    )
    yield at_most(
        f"Peak memory of the largest process, {sizes[-1]} documents",
        memory[sizes[-1]],
        600,
        "{:.0f} MB",
        figures=", ".join(f"{memory[n]:.0f} MB for {n}" for n in sizes),
    )
    bars = [
        Bar(f"{n} documents", processor[n] / n, f"{each[n]} · {memory[n]:.0f} MB")
        for n in sizes
    ]
    note = "milliseconds of a processor for each document; peak memory"
    yield Panel("A growing catalogue", note, bars)


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


if __name__ == "__main__":
    script.main(__doc__, measured)
