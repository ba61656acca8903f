import os

from runware_client import Runware
from runware_client.tasks.remove_background.remove_background import Inputs

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    [chair] = client.remove_background.run(
        model="runware:109@1",
        inputs=Inputs(image="https://example.com/chair.jpg"),
        output_format="PNG",
    )
    print(chair.image_url)
