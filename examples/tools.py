"""Run a tool; what its inputs are called stands in its own document."""

import os

from runware_client import Runware
from runware_client.tasks.tools import ToolsRequest

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    request = ToolsRequest(
        model="example:tool@1", inputs={"image": "https://example.com/pier.png"}
    )
    [done] = client.tools.run(request)
    for file in done.outputs.files or []:
        print(file.url)
