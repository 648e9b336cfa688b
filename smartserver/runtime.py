"""The runtime of this process: what it shows live, what it does at its start and beside its sockets."""

from __future__ import annotations

from django.conf import settings

import bridge.cms.selectors
import bridge.cms.tasks
import devices.selectors
import devices.tasks
import stations.files.tasks
import stations.selectors
import stations.tasks
from bridge.cms.services import channels
from smartserver.core import hours
from smartserver.core.runtime import Runtime
from smartserver.webhooks.delivery import Deliverer
from smartserver.webhooks.outbox import Outbox
from stations.services.equipment import connections

webhooks = Outbox()

runtime = Runtime(
    topics=(
        stations.selectors.TOPIC,
        devices.selectors.TOPIC,
        stations.selectors.COMMANDS,
        bridge.cms.selectors.ALERTS,
    ),
    # With other processes about, their sockets are none of our business; their silence tells.
    first=() if settings.REDIS_URL else (connections.mark_all_offline, channels.close_all),
    tasks=(
        stations.tasks.watch_silence,
        stations.tasks.watch_commands,
        stations.tasks.watch_time,
        stations.tasks.watch_ghosts,
        stations.files.tasks.judge_jobs,
        stations.files.tasks.clear_remains,
        stations.files.tasks.renew_certificates,
        devices.tasks.sweep,
        bridge.cms.tasks.watch_commands,
        bridge.cms.tasks.watch_channels,
        hours.keep(devices.selectors.SERIES, stations.selectors.SERIES),
        Deliverer(webhooks),
    ),
    sinks=(webhooks,),
)
