"""What the answers to our calls tell, for OCPP 1.6: (request, answer) → fact.

Actions whose answer is no more than its status (Reset, UnlockConnector, …) need no line here: the
status is kept with the command.
"""

from __future__ import annotations

from collections.abc import Mapping

from stations.ocpp.routes import Reader

ANSWERS: Mapping[str, Reader] = {}
