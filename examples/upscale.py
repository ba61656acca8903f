import os

from runware_client import Runware
from runware_client.tasks.upscale.upscale import Inputs

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    [image] = client.upscale.run(
        model="runware:500@1",
        inputs=Inputs(image="https://example.com/lighthouse.jpg"),
        upscale_factor=2,
        include_cost=True,
    )
    print(image.image_url, image.cost)
