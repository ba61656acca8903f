"""Train a LoRA, and wait until tasks can use it."""

import os

from runware_client import Runware
from runware_client.tasks.training.training import ImportModel, Inputs

with Runware(base_url=os.environ["RUNWARE_BASE_URL"], timeout=3600) as client:
    [trained] = client.training.run(
        model="runware:qwen-image@style-lora-training",
        inputs=Inputs(dataset="https://example.com/harbours.zip"),
        import_model=ImportModel(
            air_="acme:harbours@1", name="Harbours", version="1.0"
        ),
    )
    print(trained.air)
