"""Store a file in the account, and delete it again."""

import os

from runware_client import Runware
from runware_client.tasks.media_storage import MediaStorageRequest

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    request = MediaStorageRequest(
        operation="upload", media="https://example.com/waves.mp4"
    )
    [stored] = client.media_storage.run(request)
    print(stored.media_uuid, stored.media_url)
    client.media_storage.run(
        MediaStorageRequest(operation="delete", media=stored.media_uuid)
    )
