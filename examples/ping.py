"""Ask whether the platform is there."""

import os

from runware_client import Runware
from runware_client.tasks.ping import PingRequest

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    [answer] = client.ping.run(PingRequest())
    print(answer.pong)
