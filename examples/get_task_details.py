"""Look up what an earlier task was."""

import os

from runware_client import Runware

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    [image] = client.image_inference.run(
        model="runware:101@1", positive_prompt="a lighthouse at dusk"
    )
    [details] = client.get_task_details.run(task_uuid=image.task_uuid)
    [sent] = details.request
    print(sent["positivePrompt"])
