"""`manage.py serve`: migrate, make the administrator, serve with uvicorn."""

from __future__ import annotations

import argparse
import gc
import signal
import sys
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand

from smartserver.bootstrap import prepare


class Command(BaseCommand):
    help = "Prepares the database and serves HTTP and WebSockets until SIGTERM or Ctrl-C."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        # uvicorn stops cleanly at SIGTERM and then raises it again: that is the end we asked for.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        if (password := prepare(verbosity=options["verbosity"] - 1)) is not None:
            self.stdout.write(f"Administrator “{settings.SUPERUSER_NAME}”, password (shown only once): {password}")
        self.stdout.write(f"Serving on http://{options['host']}:{options['port']}/", ending="\n")
        self.stdout.flush()
        # Where stations on this machine find firmware, unless PUBLIC_URL or ALLOWED_HOSTS say otherwise.
        settings.SERVED_AT = f"http://127.0.0.1:{options['port']}"
        settings.SERVED_HOST = options["host"]
        _tune_interpreter()
        uvicorn.run(
            "smartserver.asgi:application",
            host=options["host"],
            port=options["port"],
            ws="websockets-sansio",
            ws_max_size=settings.MAX_FRAME_BYTES,
            # Chargers that never answer a ping stay connected as long as they talk: the sockets
            # have their own rule for silence.
            ws_ping_interval=None,
            # Frames are small and sent one by one: compression costs more than it saves.
            ws_per_message_deflate=False,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=10,
            proxy_headers=True,
            server_header=False,
        )


def _tune_interpreter() -> None:
    """Settings of the interpreter for a process with one busy event loop and one busy writer."""
    # What was loaded by now stays: the garbage collector need not look at it again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
