"""Prints a line for what is seen: `python -m subtitles SCENE`."""

from __future__ import annotations

import os
import sys

from subtitles_client import Runware
from subtitles_client.tasks.text_inference import NarratorRequest


def main() -> None:
    """Have a line written."""
    request = NarratorRequest(messages=[{"role": "user", "content": sys.argv[1]}])
    with Runware(base_url=os.environ["RUNWARE_URL"]) as runware:
        [result] = runware.text_inference.run(request)
    print(result.text)


if __name__ == "__main__":
    main()
