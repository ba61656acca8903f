import os

from runware_client import Runware
from runware_client.tasks.control_net_preprocess.control_net_preprocess import Inputs

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    [guide] = client.control_net_preprocess.run(
        model="runware:controlnet-preprocess@canny",
        inputs=Inputs(image="https://example.com/lighthouse.jpg"),
    )
    print(guide.guide_image_url)  # the guide image of a ControlNet
