import os

from runware_client import Runware
from runware_client.tasks.caption.caption import Inputs

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    [caption] = client.caption.run(
        model="runware:150@2",
        inputs=Inputs(image="https://example.com/lighthouse.jpg"),
        prompt="Describe the picture in one sentence, as an alternative text.",
    )
    print(caption.text)
