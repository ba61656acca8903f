"""Have a richer prompt made of a short one."""

import os

from runware_client import Runware

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    [enhanced] = client.prompt_enhance.run(
        model="runware:llama-3-1-8b@prompt-enhancer", prompt="a lighthouse at dusk"
    )
    print(enhanced.text)
