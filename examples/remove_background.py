import os

from runware_client import Runware
from runware_client.tasks.remove_background.remove_background import (
    Inputs,
    RemoveBackgroundRequest,
)

request = RemoveBackgroundRequest(
    model="runware:109@1",
    inputs=Inputs(image="https://example.com/chair.jpg"),
    output_format="PNG",  # a JPEG cannot be transparent
)

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    [chair] = client.remove_background.run(request)
    print(chair.image_url)
