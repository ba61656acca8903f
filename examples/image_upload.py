"""Upload an image once, then name it by its UUID in as many tasks as you like."""

import os

from runware_client import Runware

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    # A URL, or a file of your own: its pathlib.Path, its bytes, or the open file.
    [uploaded] = client.image_upload.run(image="https://example.com/pier.png")
    print(uploaded.image_uuid)
