"""Run a tool; what its inputs are called stands in its own document."""

import os

from runware_client import Runware
from runware_client.tasks.tools.tools import Inputs

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    [done] = client.tools.run(
        model="example:tool@1", inputs=Inputs(image="https://example.com/pier.png")
    )
    for file in done.outputs.files or []:
        print(file.url)
