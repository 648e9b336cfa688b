"""What is wrong with a call to a station beyond its schema: what can never be right is refused before it is queued."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stations.ocpp.frames import Payload

Check = Callable[[int, Payload], None]
"""(station, payload); raises an error of the tree in `smartserver.core.errors`."""

CHECKS: Mapping[str, Check] = {}
