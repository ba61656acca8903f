"""A deterministic simulation of the client, with virtual time, a network and a server.

The server keeps a ledger. The environment variable SIMULATED_CLIENT names the folder of
the client to test; the default is the shipped client.
"""

import os
import sys
from pathlib import Path

_SHIPPED = Path(__file__).parent.parent.parent / "generated"
CLIENT = os.environ.get("SIMULATED_CLIENT", str(_SHIPPED))
if CLIENT not in sys.path:
    sys.path.insert(0, CLIENT)
