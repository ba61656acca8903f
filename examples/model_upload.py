"""Bring a LoRA of your own to the platform."""

import os

from runware_client import Runware
from runware_client.tasks.model_upload import ModelUploadRequest

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    request = ModelUploadRequest(
        category="lora",
        architecture="sdxl",
        name="Harbour at dusk",
        version="1.0",
        download_url="https://example.com/harbour.safetensors",
        private=True,
    )
    [upload] = client.model_upload.run(request)
    print(upload.status, upload.message)
