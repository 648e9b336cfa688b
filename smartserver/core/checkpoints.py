"""SQLite's log is moved into the database beside the writer, so that hardly a message waits for it.

A commit appends pages to a log; now and then they have to be copied to their places in the database. SQLite lets the
commit that made the log too long do that, and with 32 MB to copy all who wait for this commit wait for a large part of
a second. Here the copying is done by a thread, a little at a time: a PASSIVE checkpoint waits for nobody, and nobody
waits for it. What is left for the commit that finds the log too long is the last moment's pages, and with them the
log begins anew. (https://www.sqlite.org/wal.html, section 3.2 on checkpoints by an application)
"""

from __future__ import annotations

import asyncio

from django.db import connection

from smartserver.core.beside import beside
from smartserver.core.runtime import Runtime

INTERVAL = 1.0
"""Seconds between two looks at the log."""


async def keep_log_moved(runtime: Runtime) -> None:
    """The task; with another database there is nothing to do."""
    while connection.vendor == "sqlite":
        await asyncio.sleep(INTERVAL)
        await beside(move)


def move() -> int:
    """Copy what is committed into the database, as far as no reader needs the old pages; the pages left in the log."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
        _busy, logged, moved = cursor.fetchone()
    return int(logged - moved)
