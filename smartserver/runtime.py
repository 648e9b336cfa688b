"""The runtime of this process: what it shows live, what it does at its start and beside its sockets."""

from __future__ import annotations

from django.conf import settings

import bridge.cms.charger_table
import bridge.cms.selectors
import bridge.cms.tasks
import devices.selectors
import devices.tasks
import smartserver.demo.fleet
import smartserver.overview.selectors
import smartserver.overview.tasks
import stations.files.tasks
import stations.message_selectors
import stations.selectors
import stations.session_table
import stations.tasks
from bridge.cms.services import channels
from smartserver.core import checkpoints, hours
from smartserver.core.runtime import Runtime
from smartserver.dashboard import guard
from smartserver.retention.tasks import Pruner
from smartserver.webhooks.delivery import Deliverer
from smartserver.webhooks.outbox import Outbox
from stations.services.equipment import connections

webhooks = Outbox()

runtime = Runtime(
    topics=(
        stations.selectors.TOPIC,
        devices.selectors.TOPIC,
        stations.session_table.TOPIC,
        bridge.cms.charger_table.TOPIC,
        stations.selectors.COMMANDS,
        bridge.cms.selectors.ALERTS,
        stations.message_selectors.TOPIC,
    ),
    summaries=(
        stations.selectors.STATES,
        stations.selectors.KNOCKING,
        devices.selectors.STATES,
        stations.session_table.STATES,
        bridge.cms.charger_table.STATES,
        stations.selectors.COMMAND_STATES,
        bridge.cms.selectors.ALERT_STATES,
        smartserver.overview.selectors.SUMMARY,
    ),
    # With other processes about, their sockets are none of our business; their silence tells.
    first=() if settings.REDIS_URL else (connections.mark_all_offline, channels.close_all),
    tasks=(
        checkpoints.keep_log_moved,
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
        smartserver.overview.tasks.keep_totals,
        smartserver.demo.fleet.keep,
        hours.keep(devices.selectors.SERIES, stations.selectors.SERIES),
        Deliverer(webhooks),
        Pruner(),
        guard.listen,
    ),
    sinks=(webhooks,),
)
