"""Prints where a sticker is: `python -m stickers SUBJECT`."""

from __future__ import annotations

import os
import sys

from stickers_client import Runware
from stickers_client.tasks.image_inference import StickerRequest


def main() -> None:
    """Have a sticker drawn."""
    request = StickerRequest(positive_prompt=sys.argv[1], width=512, height=512)
    with Runware(base_url=os.environ["RUNWARE_URL"]) as runware:
        [result] = runware.image_inference.run(request)
    print(result.image_url)


if __name__ == "__main__":
    main()
