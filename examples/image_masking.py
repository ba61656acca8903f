import os

from runware_client import Runware
from runware_client.tasks.image_masking.image_masking import Inputs

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    [mask] = client.image_masking.run(
        model="runware:35@6",
        inputs=Inputs(image="https://example.com/crew.jpg"),
        output_format="PNG",
    )
    print(len(mask.detections), "faces:", mask.mask_image_url)
