"""Batteries that are swapped (2.1 block S)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from smartserver.core.batch import Batch
from stations.ocpp import batteries
from stations.services.batteries import swaps
from stations.services.context import Context
from stations.services.settled import Settled

USE_CASES: Mapping[type, Callable[[Batch, Context, Any], Any]] = {batteries.BatterySwapped: swaps.keep_swap}

TOLD: Mapping[type, Callable[[Batch, Settled, Any], None]] = {batteries.SwapRequested: swaps.keep_request}
