"""Train a LoRA, and wait until tasks can use it."""

import os

from runware_client import Runware
from runware_client.tasks.training import TrainingRequest

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    request = TrainingRequest(
        model="runware:qwen-image@style-lora-training",
        inputs={"dataset": "https://example.com/harbours.zip"},
        import_model={"air": "acme:harbours@1", "name": "Harbours", "version": "1.0"},
    )
    [trained] = client.training.run(request, timeout=3600)
    print(trained.air)
