"""`python -m runware_codegen` is the same command as `runware-codegen`."""

from __future__ import annotations

import atexit
import gc
import sys

_INTERRUPTED = 130
"""The exit code of a process that SIGINT has ended, as in shells."""

_NEW_OBJECTS = 50_000
"""The number of new objects after which garbage is collected; most objects stay."""


def main() -> None:
    """Run the command. Its import may be interrupted too, since it takes a moment."""
    gc.set_threshold(_NEW_OBJECTS)
    atexit.register(gc.freeze)  # the end of the process frees its memory
    try:
        from runware_codegen import cli  # noqa: PLC0415
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        sys.exit(_INTERRUPTED)
    cli.main()


if __name__ == "__main__":
    main()
