"""Make two images from a text."""

import os

from runware_client import Runware
from runware_client.tasks.image_inference import ImageInferenceRequest

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    request = ImageInferenceRequest(
        model="runware:101@1",
        positive_prompt="a lighthouse at dusk",
        width=1024,
        height=768,
        number_results=2,
    )
    for image in client.image_inference.run(request):
        print(image.image_url, image.seed)
