import os

from runware_client import Runware

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    [chair] = client.three_d_inference.run(
        model="tripo:v3.1@0",
        positive_prompt="a reading chair of bent wood",
        output_format="GLB",
    )
    for file in chair.outputs.files:
        print(file.url)
