"""`kill -9` in the middle of an upload: afterwards there is nothing of it, and the same address takes the file."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import requests
from django.test import SimpleTestCase

from smartserver.core import clock
from stations.services.files.addresses import hash_of
from tests.server import ServerProcess
from tests.services import PostgresDatabase, needs_postgres
from tests.stations.files.support import TOKEN, digest
from tests.waiting import eventually

CONTENT = bytes(range(256)) * 10_000


Query = Callable[[str], list[Any]]


def make_job(server: ServerProcess, database_url: str) -> None:
    """A diagnostics job whose address is known here."""
    now, later = clock.now(), clock.now() + timedelta(hours=1)
    script = (
        "import django; django.setup();"
        "from stations.models import *;"
        "FileJob.objects.create(station=Station.objects.create(identity='CP1'), kind='diagnostics', state='running',"
        f"created_at='{now.isoformat()}', token_hash='{hash_of(TOKEN)}', address_expires_at='{later.isoformat()}')"
    )
    environment = os.environ | {
        "SMARTSERVER_DATA_DIR": str(server.data),
        "DATABASE_URL": database_url,
        "DJANGO_SETTINGS_MODULE": "smartserver.settings",
    }
    subprocess.run([sys.executable, "-c", script], check=True, env=environment, cwd=Path(__file__).parents[2])


def files_of(server: ServerProcess) -> list[Path]:
    return [path for path in (server.data / "files").rglob("*") if path.is_file()]


class KillTests(SimpleTestCase):
    def check(self, database_url: str, query_of: Callable[[ServerProcess], Query]) -> None:
        with ServerProcess(DATABASE_URL=database_url, REDIS_URL="") as server:
            query = query_of(server)
            make_job(server, database_url)
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
                head = f"PUT /files/uploads/{TOKEN} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(CONTENT)}\r\n\r\n"
                line.sendall(head.encode() + CONTENT[: len(CONTENT) // 2])
                eventually(lambda: any(path.stat().st_size for path in files_of(server)))
                server.kill()
            self.assertEqual(len(files_of(server)), 1, "the half file is there")
            orphan = server.data / "files" / "uploads" / "renamed-and-not-committed"
            orphan.write_bytes(CONTENT)
            os.utime(orphan, (orphan.stat().st_mtime - 60,) * 2)

            server.start()
            eventually(lambda: files_of(server) == [])
            self.assertEqual(query("SELECT path, size, received_at FROM stations_filejob"), [("", None, None)])

            address = f"{server.http}/files/uploads/{TOKEN}/diag.bin"
            self.assertEqual(requests.put(address, CONTENT, timeout=30).status_code, 200)
            server.kill()
            server.start()
            ((path, size, sha256, name),) = query("SELECT path, size, sha256, file_name FROM stations_filejob")
            self.assertEqual((size, sha256, name), (len(CONTENT), digest(CONTENT), "diag.bin"))
            self.assertEqual((server.data / "files" / path).read_bytes(), CONTENT)
            self.assertNotIn(TOKEN, server.log.read_text())
            self.assertEqual(requests.put(address, b"another", timeout=30).status_code, 409)

    def test_on_sqlite(self) -> None:
        def query_of(server: ServerProcess) -> Query:
            def query(sql: str) -> list[Any]:
                with sqlite3.connect(server.database, timeout=20) as connection:
                    return connection.execute(sql).fetchall()

            return query

        self.check("", query_of)

    @needs_postgres
    def test_on_postgres(self) -> None:
        with PostgresDatabase(f"smartserver_uploads_{os.getpid()}") as database:

            def query(sql: str) -> list[Any]:
                with psycopg.connect(database.url) as connection:
                    return connection.execute(sql).fetchall()

            self.check(database.url, lambda _: query)
