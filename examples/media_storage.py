"""Store a file in the account, and delete it again."""

import os

from runware_client import Runware

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    [stored] = client.media_storage.run(
        operation="upload", media="https://example.com/waves.mp4"
    )
    print(stored.media_uuid, stored.media_url)
    client.media_storage.run(operation="delete", media=stored.media_uuid)
