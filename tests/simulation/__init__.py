"""A deterministic simulation of the client: virtual time, a network, a server with a ledger.

The client is the shipped one, or that in the folder which the environment variable
SIMULATED_CLIENT names.
"""

import os
import sys
from pathlib import Path

_SHIPPED = Path(__file__).parent.parent.parent / "generated"
CLIENT = os.environ.get("SIMULATED_CLIENT", str(_SHIPPED))
if CLIENT not in sys.path:
    sys.path.insert(0, CLIENT)
