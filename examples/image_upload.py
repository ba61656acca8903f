"""Upload an image once, then name it by its UUID in as many tasks as you like."""

import os

from runware_client import Runware
from runware_client.tasks.image_upload import ImageUploadRequest

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    # A URL, or a file of your own: its pathlib.Path, its bytes, or the open file.
    request = ImageUploadRequest(image="https://example.com/pier.png")
    [uploaded] = client.image_upload.run(request)
    print(uploaded.image_uuid)
