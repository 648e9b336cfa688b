"""`kill -9` in the middle of an upload: afterwards there is nothing of it, and the same address takes the file."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests
from django.test import SimpleTestCase

from smartserver.core import clock
from stations.services.files.addresses import hash_of
from tests.server import ServerProcess
from tests.stations.files.support import TOKEN, digest
from tests.waiting import eventually

CONTENT = bytes(range(256)) * 10_000


def rows(server: ServerProcess, sql: str, *values: Any) -> list[Any]:
    with sqlite3.connect(server.database, timeout=20) as connection:
        return connection.execute(sql, values).fetchall()


def make_job(server: ServerProcess) -> None:
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
        "DJANGO_SETTINGS_MODULE": "smartserver.settings",
    }
    subprocess.run([sys.executable, "-c", script], check=True, env=environment, cwd=Path(__file__).parents[2])


def files_of(server: ServerProcess) -> list[Path]:
    return [path for path in (server.data / "files").rglob("*") if path.is_file()]


class KillTests(SimpleTestCase):
    def test_nothing_is_half_kept(self) -> None:
        with ServerProcess(DATABASE_URL="", REDIS_URL="") as server:
            make_job(server)
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
            self.assertEqual(rows(server, "SELECT path, size, received_at FROM stations_filejob"), [("", None, None)])

            address = f"{server.http}/files/uploads/{TOKEN}/diag.bin"
            self.assertEqual(requests.put(address, CONTENT, timeout=30).status_code, 200)
            server.kill()
            server.start()
            ((path, size, sha256, name),) = rows(server, "SELECT path, size, sha256, file_name FROM stations_filejob")
            self.assertEqual((size, sha256, name), (len(CONTENT), digest(CONTENT), "diag.bin"))
            self.assertEqual((server.data / "files" / path).read_bytes(), CONTENT)
            self.assertNotIn(TOKEN, server.log.read_text())
            self.assertEqual(requests.put(address, b"another", timeout=30).status_code, 409)
