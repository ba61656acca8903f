"""Bring a LoRA of your own to the platform."""

import os

from runware_client import Runware

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    [upload] = client.model_upload.run(
        category="lora",
        architecture="sdxl",
        name="Harbour at dusk",
        version="1.0",
        download_url="https://example.com/harbour.safetensors",
        private=True,
    )
    print(upload.status, upload.message)
