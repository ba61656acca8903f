"""Look up what an earlier task was."""

import os

from runware_client import Runware
from runware_client.tasks.get_task_details import GetTaskDetailsRequest
from runware_client.tasks.image_inference import ImageInferenceRequest

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    request = ImageInferenceRequest(
        model="runware:101@1", positive_prompt="a lighthouse at dusk"
    )
    [image] = client.image_inference.run(request)
    [details] = client.get_task_details.run(
        GetTaskDetailsRequest(task_uuid=image.task_uuid)
    )
    [sent] = details.request
    print(sent["positivePrompt"])
