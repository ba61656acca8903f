import os

from runware_client import Runware
from runware_client.tasks.caption.caption import CaptionRequest, Inputs

request = CaptionRequest(
    model="runware:150@2",
    inputs=Inputs(image="https://example.com/lighthouse.jpg"),
    prompt="Describe the picture in one sentence, as an alternative text.",
)

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    [caption] = client.caption.run(request)
    print(caption.text)
