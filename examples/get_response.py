"""Ask how far a task is that was sent before."""

import os

from runware_client import Runware
from runware_client.tasks.get_response import GetResponseRequest
from runware_client.tasks.image_inference import ImageInferenceRequest

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    image = ImageInferenceRequest(
        model="runware:101@1",
        positive_prompt="a lighthouse at dusk",
        delivery_method="async",
    )
    client.image_inference.submit(image)
    [state] = client.get_response.run(GetResponseRequest(task_uuid=image.task_uuid))
    print(state.task_type, state.status)
