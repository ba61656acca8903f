"""Ask a language model a question."""

import os

from runware_client import Runware
from runware_client.tasks.text_inference import Message

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    [answer] = client.text_inference.run(
        model="minimax:m2.7@0",
        messages=[Message(role="user", content="Why do lighthouses blink?")],
    )
    print(answer.text)
