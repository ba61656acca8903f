import os

from runware_client import Runware
from runware_client.tasks.vectorize.vectorize import Inputs

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    [graphic] = client.vectorize.run(
        model="recraft:1@1", inputs=Inputs(image="https://example.com/logo.png")
    )
    print(graphic.image_url)
