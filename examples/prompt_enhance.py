"""Have a richer prompt made of a short one."""

import os

from runware_client import Runware
from runware_client.tasks.prompt_enhance import PromptEnhanceRequest

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    request = PromptEnhanceRequest(
        model="runware:llama-3-1-8b@prompt-enhancer", prompt="a lighthouse at dusk"
    )
    [enhanced] = client.prompt_enhance.run(request)
    print(enhanced.text)
