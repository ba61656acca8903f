"""Find LoRAs to paint like watercolour with."""

import os
from itertools import islice

from runware_client import Runware

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    # A page of 20 models is asked for when the one before it is used up.
    found = client.model_search.iterate(search="watercolour", category="lora", limit=20)
    for model in islice(found, 50):
        print(model.air, model.name)
