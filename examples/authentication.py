"""Check that the API key is accepted."""

import os

from runware_client import Runware

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    [session] = client.authentication.run(api_key=os.environ["RUNWARE_API_KEY"])
    print(session.connection_session_uuid)
