"""Monitoring of variables (block N of 2.x): what stations have, what they reported, what they stream.

monitors.py   monitors, monitoring base and level, as answers and reports tell them
events.py     NotifyEvent
streams.py    periodic event streams (2.1)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from smartserver.core.batch import Batch
from stations.ocpp import monitoring
from stations.ocpp.routes import AnyAnswer
from stations.services.context import Context
from stations.services.monitoring import events, monitors, streams
from stations.services.settled import Settled

USE_CASES: Mapping[type, Callable[[Batch, Context, Any], AnyAnswer]] = {
    monitoring.EventsReported: events.keep_events,
    monitoring.StreamOpened: streams.open_stream,
    monitoring.StreamClosed: streams.close_stream,
    monitoring.StreamDelivered: streams.keep_values,
}

TOLD: Mapping[type, Callable[[Batch, Settled, Any], None]] = {
    monitoring.MonitorsSet: monitors.keep_monitors,
    monitoring.MonitorsCleared: monitors.forget_monitors,
    monitoring.MonitoringBaseSet: monitors.keep_base,
    monitoring.MonitoringLevelSet: monitors.keep_level,
    monitoring.StreamAdjusted: streams.keep_adjustment,
    monitoring.StreamsListed: streams.keep_list,
}
