"""`python -m runware_codegen` is the same command as `runware-codegen`."""

from __future__ import annotations

import sys

_INTERRUPTED = 130
"""As shells say it of a process that an interrupt ended."""


def main() -> None:
    """Run the command; to import it takes long enough to be interrupted."""
    try:
        from runware_codegen import cli  # noqa: PLC0415
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        sys.exit(_INTERRUPTED)
    cli.main(prog_name="runware-codegen")


if __name__ == "__main__":
    main()
