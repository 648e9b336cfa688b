"""A station fetches its firmware: GET and HEAD, from any byte on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import BinaryIO
from urllib.parse import quote

from smartserver.core.errors import NotFound, SmartServerError
from smartserver.core.runtime import Runtime
from stations import storage
from stations.files.exchange import NO_STORE, Exchange
from stations.files.ranges import requested
from stations.files.threads import in_thread
from stations.models import FileJob, FirmwareFile
from stations.services import files

logger = logging.getLogger(__name__)

CHUNK = 262_144


class UnsatisfiableRange(SmartServerError):
    code = "range_not_satisfiable"
    status = 416


async def download(exchange: Exchange, runtime: Runtime, job: FileJob) -> None:
    """Send the firmware of this job, or the part of it that is asked for."""
    firmware = job.firmware
    assert firmware is not None
    try:
        file = await in_thread(partial(storage.open_file, firmware.path))
    except FileNotFoundError:
        logger.error("The firmware file of job %d is gone: %s", job.pk, firmware.path)
        raise NotFound("The file is gone.") from None
    try:
        await _answer(exchange, runtime, job, firmware, file)
    finally:
        file.close()


async def _answer(exchange: Exchange, runtime: Runtime, job: FileJob, firmware: FirmwareFile, file: BinaryIO) -> None:
    tag = f'"{firmware.sha256}"'
    headers = [
        (b"content-type", b"application/octet-stream"),
        (b"content-disposition", f"attachment; filename*=UTF-8''{quote(firmware.name)}".encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"accept-ranges", b"bytes"),
        (b"etag", tag.encode()),
        NO_STORE,
    ]
    part = requested(exchange.header("range"), firmware.size) if exchange.method == "GET" else None
    if exchange.header("if-range") not in ("", tag):
        part = None  # it has the beginning of another file
    if part is not None and not part:
        whole = (b"content-range", f"bytes */{firmware.size}".encode())
        await exchange.refuse(UnsatisfiableRange(f"The file has {firmware.size} bytes."), [whole])
        return
    status = 200
    if part is not None:
        status = 206
        headers.append((b"content-range", f"bytes {part.start}-{part.stop - 1}/{firmware.size}".encode()))
    wanted = range(firmware.size) if part is None else part
    headers.append((b"content-length", str(len(wanted)).encode()))
    await exchange.send({"type": "http.response.start", "status": status, "headers": headers})
    if exchange.method == "HEAD":
        await exchange.send({"type": "http.response.body", "body": b""})
        return
    if job.address_used_at is None or job.state == FileJob.State.FAILED:
        await _note(runtime, job, complete=False)
    await in_thread(partial(file.seek, wanted.start))
    if await _while_there(exchange, partial(_send, exchange, file, len(wanted))) and wanted.stop == firmware.size:
        await _note(runtime, job, complete=True)


async def _note(runtime: Runtime, job: FileJob, *, complete: bool) -> None:
    """On record, where that is possible; the station gets its file all the same."""
    try:
        await runtime.writer.run(partial(files.note_fetch, job_id=job.pk, complete=complete))
    except SmartServerError as error:
        logger.warning("The download of job %d could not be noted: %s", job.pk, error)


async def _send(exchange: Exchange, file: BinaryIO, length: int) -> bool:
    while length > 0:
        data = await in_thread(partial(file.read, min(CHUNK, length)))
        if not data:
            return False  # the file is shorter than its row says; the server ends the connection
        length -= len(data)
        async with exchange.time_left():
            await exchange.send({"type": "http.response.body", "body": data, "more_body": length > 0})
    return True


async def _while_there(exchange: Exchange, work: Callable[[], Awaitable[bool]]) -> bool:
    """Whether the work came to its end; it is stopped when the peer goes away, or does not take what is sent."""
    sending = asyncio.ensure_future(work())
    leaving = asyncio.ensure_future(_gone(exchange))
    try:
        await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        return sending.result() if sending.done() else False
    except TimeoutError:
        return False
    finally:
        for task in (sending, leaving):
            task.cancel()
        await asyncio.gather(sending, leaving, return_exceptions=True)


async def _gone(exchange: Exchange) -> None:
    while (await exchange.receive())["type"] != "http.disconnect":
        pass
