"""Ask what is left to spend."""

import os

from runware_client import Runware
from runware_client.tasks.account_management import AccountManagementRequest

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    [account] = client.account_management.run(
        AccountManagementRequest(operation="getDetails")
    )
    print(account.organization_name, account.balance)
