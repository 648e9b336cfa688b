"""What runs beside the transfers: jobs without news are judged, remains of crashes cleared, certificates renewed."""

from __future__ import annotations

import asyncio
import logging
import time
from functools import partial

from django.conf import settings
from django.db import connection

from smartserver.core import clock
from smartserver.core.runtime import Runtime
from stations import storage
from stations.files.threads import in_thread
from stations.services import certificates, files

logger = logging.getLogger(__name__)

JUDGING_INTERVAL = 10.0
SWEEP_INTERVAL = 600.0
RENEWAL_INTERVAL = 600.0

MARGIN = 3600.0
"""Seconds beside the longest transfer, before a file that no row names is taken for a remain."""

RESTART = 1.0
"""Seconds before the start of this process from which nothing can be under way, when it is the only one."""


async def judge_jobs(runtime: Runtime) -> None:
    """End the jobs of which nothing is heard any more."""
    while True:
        await asyncio.sleep(JUDGING_INTERVAL)
        await runtime.writer.run(lambda batch: files.expire_jobs(batch, clock.now()))


async def renew_certificates(runtime: Runtime) -> None:
    """Have stations ask for new certificates in time."""
    while settings.CERTIFICATE_RENEW_DAYS > 0:
        await asyncio.sleep(RENEWAL_INTERVAL)
        await runtime.writer.run(lambda batch: certificates.renew_expiring(batch, clock.now()))


async def clear_remains(runtime: Runtime) -> None:
    """Remove half and unnamed files: at the start those of before, then those that are too old to be in use."""
    # What other processes that share the folder are about, nobody knows.
    before = time.time() - (MARGIN + settings.TRANSFER_SECONDS if settings.REDIS_URL else RESTART)
    while True:
        removed = await in_thread(partial(_sweep, before))
        if removed:
            logger.info("%d files that no row names were removed.", len(removed))
        await asyncio.sleep(SWEEP_INTERVAL)
        before = time.time() - MARGIN - settings.TRANSFER_SECONDS


def _sweep(before: float) -> list[str]:
    try:
        return storage.sweep(files.named_files, before=before)
    finally:
        connection.close()  # this thread rarely needs one
