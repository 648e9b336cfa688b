"""Which use-case takes which fact of smart charging.

Not in `__init__.py`: the checks of commands are a part of this package, and some of these use-cases send commands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from smartserver.core.batch import Batch
from stations.ocpp import smart_charging as facts
from stations.services.context import Context
from stations.services.settled import Settled
from stations.services.smart_charging import dynamic, ev_schedules, limits, needs, terms

USE_CASES: Mapping[type, Callable[[Batch, Context, Any], Any]] = {
    facts.EVScheduleNotified: ev_schedules.keep_ev_schedule,
    facts.LimitCleared: limits.clear_limit,
    facts.LimitNotified: limits.keep_limit,
    facts.NeedsNotified: needs.take_needs,
    facts.PriorityNotified: terms.note_priority,
    facts.SchedulePulled: dynamic.tell_update,
}

TOLD: Mapping[type, Callable[[Batch, Settled, Any], None]] = {
    facts.PriorityUsed: terms.keep_priority,
    facts.ScheduleUpdated: dynamic.keep_update,
    facts.TransferAllowed: terms.keep_transfer,
}
