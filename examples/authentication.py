"""Check that the API key is accepted."""

import os

from runware_client import Runware
from runware_client.tasks.authentication import AuthenticationRequest

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    request = AuthenticationRequest(api_key=os.environ["RUNWARE_API_KEY"])
    [session] = client.authentication.run(request)
    print(session.connection_session_uuid)
