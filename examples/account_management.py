"""Ask what is left to spend."""

import os

from runware_client import Runware

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    [account] = client.account_management.run(operation="getDetails")
    print(account.organization_name, account.balance)
