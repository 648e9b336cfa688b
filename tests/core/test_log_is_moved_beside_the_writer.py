"""SQLite's log: what is committed reaches the database beside the writer, readers keep what they see."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
from pathlib import Path
from unittest import mock, skipUnless

from asgiref.sync import sync_to_async
from django.db import connection
from django.test import TransactionTestCase

from smartserver.core import checkpoints
from smartserver.core.runtime import Runtime
from tests.core.support import adding, stored, until


def database() -> Path:
    return Path(connection.settings_dict["NAME"])


def in_the_file(name: str) -> bool:
    """Whether it stands in the database itself, where no log is read.

    Another process looks: who closes a file that SQLite has open gives up the locks of the whole process.
    """
    return subprocess.run(["grep", "-qF", name, database()], check=False).returncode == 0


@skipUnless(connection.vendor == "sqlite", "PostgreSQL has a checkpointer of its own.")
class LogIsMovedBesideTheWriter(TransactionTestCase):
    def setUp(self) -> None:
        # The last connection that is closed moves everything; here that is not the writer's.
        self.reader = sqlite3.connect(database(), isolation_level=None, check_same_thread=False)
        self.addCleanup(self.reader.close)
        self.reader.execute("SELECT COUNT(*) FROM auth_group").fetchone()

    async def store(self, name: str) -> None:
        runtime = Runtime(topics=[])
        await runtime.start()
        await runtime.writer.run(adding(name))
        await runtime.stop()

    async def test_what_was_committed_is_moved(self) -> None:
        await self.store("moved by hand")
        self.assertFalse(await sync_to_async(in_the_file)("moved by hand"))
        self.assertEqual(await sync_to_async(checkpoints.move)(), 0)
        self.assertTrue(await sync_to_async(in_the_file)("moved by hand"))

    async def test_a_reader_keeps_what_it_sees_and_nobody_waits_for_it(self) -> None:
        reader = self.reader
        reader.execute("BEGIN")
        before = reader.execute("SELECT COUNT(*) FROM auth_group").fetchone()
        await self.store("not yet moved")
        self.assertGreater(await sync_to_async(checkpoints.move)(), 0)
        self.assertFalse(await sync_to_async(in_the_file)("not yet moved"))
        self.assertEqual(reader.execute("SELECT COUNT(*) FROM auth_group").fetchone(), before)
        reader.execute("COMMIT")
        self.assertEqual(await sync_to_async(checkpoints.move)(), 0)

    async def test_a_running_process_does_it_by_itself(self) -> None:
        runtime = Runtime(topics=[], tasks=[checkpoints.keep_log_moved])
        with mock.patch.object(checkpoints, "INTERVAL", 0.01):
            await runtime.start()
            await runtime.writer.run(adding("moved by itself"))
            await until(lambda: in_the_file("moved by itself"))
            await runtime.stop()
        self.assertIn("moved by itself", await sync_to_async(stored)())

    async def test_with_another_database_there_is_nothing_to_do(self) -> None:
        with mock.patch.object(connection, "vendor", "postgresql"):
            await asyncio.wait_for(checkpoints.keep_log_moved(Runtime(topics=[])), 10)
