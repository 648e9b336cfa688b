"""Control of distributed energy resources (2.1 block R): controls as stations have them, alarms of the grid.

`controls` follows them from the answer to their end, `reported` is what a station lists, `alarms` what it warns of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from smartserver.core.batch import Batch
from stations.ocpp import der
from stations.services.context import Context
from stations.services.der import alarms, controls
from stations.services.settled import Settled

USE_CASES: Mapping[type, Callable[[Batch, Context, Any], Any]] = {
    der.DERAlarmReported: alarms.keep_alarm,
    der.DERStartStop: controls.keep_start_stop,
}

TOLD: Mapping[type, Callable[[Batch, Settled, Any], None]] = {
    der.DERControlSet: controls.keep_control,
    der.DERControlsCleared: controls.forget_controls,
}

UNTOLD: Mapping[str, Callable[[Batch, Settled], None]] = {"SetDERControl": controls.lose_control}
