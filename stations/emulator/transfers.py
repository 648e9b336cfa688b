"""Files that a station fetches and delivers: firmware and logs, over real HTTP(S)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests

from stations.emulator.point.effects import Delivery, Download, Upload

CONNECT_SECONDS, READ_SECONDS = 10.0, 30.0
LARGEST = 64 * 1024 * 1024
CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose certificates a station believes in when it transfers files."""

    ca_file: str = ""
    insecure: bool = False

    @property
    def verify(self) -> bool | str:
        return False if self.insecure else self.ca_file or True


def fetch(url: str, trust: Trust) -> bytes | None:
    """The file's content; None: it could not be had."""
    if not _transferable(url):
        return None
    content = bytearray()
    try:
        with requests.Session() as session:
            session.trust_env = False
            with session.get(
                url, stream=True, timeout=(CONNECT_SECONDS, READ_SECONDS), verify=trust.verify
            ) as response:
                response.raise_for_status()
                for chunk in response.iter_content(CHUNK):
                    content += chunk
                    if len(content) > LARGEST:
                        return None
    except (requests.RequestException, ValueError):
        return None
    return bytes(content)


def deliver(url: str, name: str, body: bytes, trust: Trust) -> Delivery:
    """An address that ends in a slash is a folder (1.6 section 6.31); user and password may stand in it.

    A log goes to no other address than the one that the server named: redirections are not followed (2.1 N01)."""
    if not _transferable(url):
        return Delivery.UNSUPPORTED
    if urlsplit(url).path.endswith("/") and not urlsplit(url).query:
        url += name
    headers = {"Content-Type": "text/plain; charset=utf-8", "Content-Disposition": f'attachment; filename="{name}"'}
    try:
        with requests.Session() as session:
            session.trust_env = False
            response = session.put(
                url,
                data=body,
                headers=headers,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                verify=trust.verify,
                allow_redirects=False,
            )
            return _understood(response.status_code)
    except (requests.RequestException, ValueError):
        return Delivery.FAILED


def _understood(status: int) -> Delivery:
    if 200 <= status < 300:
        return Delivery.ARRIVED
    return _REFUSALS.get(status, Delivery.FAILED)


_REFUSALS = {
    400: Delivery.MISUNDERSTOOD,
    401: Delivery.DENIED,
    403: Delivery.DENIED,
    405: Delivery.UNSUPPORTED,
    501: Delivery.UNSUPPORTED,
}
"""By the status of HTTP."""


def _transferable(url: str) -> bool:
    """SupportedFileTransferProtocols: FTP and its like are not among them."""
    return url.lower().startswith(("http://", "https://"))


class Transfers:
    """The transfers of one station, each in a thread; what comes of them is handed to `done` in the event loop."""

    def __init__(self, trust: Trust) -> None:
        self._trust = trust
        self._tasks: set[asyncio.Task[None]] = set()

    def start(
        self,
        errand: Download | Upload,
        *,
        downloaded: Callable[[int, bytes | None], None],
        uploaded: Callable[[int, Delivery], None],
    ) -> None:
        async def run() -> None:
            if isinstance(errand, Download):
                downloaded(errand.job, await asyncio.to_thread(fetch, errand.url, self._trust))
            else:
                delivery = await asyncio.to_thread(deliver, errand.url, errand.name, errand.body, self._trust)
                uploaded(errand.job, delivery)

        task = asyncio.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
