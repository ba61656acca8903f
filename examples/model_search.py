"""Find LoRAs to paint like watercolour with."""

import os

from runware_client import Runware
from runware_client.tasks.model_search import ModelSearchRequest

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    request = ModelSearchRequest(search="watercolour", category="lora", limit=5)
    [page] = client.model_search.run(request)
    print(f"{page.total_results} models in all, among them:")
    for model in page.results:
        print(model.air, model.name)
