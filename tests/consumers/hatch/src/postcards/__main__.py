"""Prints where the picture for a postcard is: `python -m postcards PLACE`."""

from __future__ import annotations

import os
import sys

from postcards.runware_client import Runware
from postcards.runware_client.tasks.image_inference import WatercolourRequest


def main() -> None:
    """Have a picture painted."""
    request = WatercolourRequest(positive_prompt=f"greetings from {sys.argv[1]}")
    with Runware(base_url=os.environ["RUNWARE_URL"]) as runware:
        [result] = runware.image_inference.run(request)
    print(result.image_url)


if __name__ == "__main__":
    main()
