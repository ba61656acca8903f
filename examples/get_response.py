"""Ask how far a task is that was sent before."""

import os

from runware_client import Runware

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    request = client.image_inference.request(
        model="runware:101@1",
        positive_prompt="a lighthouse at dusk",
        delivery_method="async",
    )
    client.submit(request)
    [state] = client.get_response.run(task_uuid=request.task_uuid)
    print(state.task_type, state.status)
