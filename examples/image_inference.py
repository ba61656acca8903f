"""Make two images from a text."""

import os

from runware_client import Runware

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    for image in client.image_inference.run(
        model="runware:101@1",
        positive_prompt="a lighthouse at dusk",
        width=1024,
        height=768,
        number_results=2,
    ):
        print(image.image_url, image.seed)
