"""Ask whether the platform is there."""

import os

from runware_client import Runware

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    [answer] = client.ping.run()
    print(answer.pong)
