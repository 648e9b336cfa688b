"""A station delivers diagnostics or a log: PUT or POST, the file itself or a form with one file in it.

The file is written as it comes. Only when all of it is on disk, and the row that names it is committed, the
station is told so. An interrupted, oversize or slow upload leaves nothing, and its address can be used again.
"""

from __future__ import annotations

import errno
import logging
from functools import partial

from smartserver.core.errors import BadInput, Conflict, NotFound, SmartServerError
from smartserver.core.runtime import Runtime
from stations import storage
from stations.files.exchange import Exchange
from stations.files.multipart import BadMultipart, FormFile, boundary_of
from stations.files.threads import in_thread
from stations.models import FileJob
from stations.services import files
from stations.services.files.addresses import Gone
from stations.storage import Draft, Kept, TooLarge

logger = logging.getLogger(__name__)

CHUNK = 262_144
"""Bytes that are gathered before they are written: a thread is not worth its while for a few."""

FORM_OVERHEAD = 65_536
"""Bytes that a form may have beside its file."""


class DiskFull(SmartServerError):
    code = "no_space"
    status = 507


async def upload(exchange: Exchange, runtime: Runtime, job: FileJob, *, token: str, name: str, limit: int) -> None:
    """Receive the file of this job. `name` is what the station calls it in its address."""
    form = _form_of(exchange)
    _check_length(exchange, limit + (FORM_OVERHEAD if form else 0))
    if exchange.header("content-range"):
        raise BadInput("A part of a file cannot be stored (RFC 9110 section 14.5).")
    try:
        draft = await in_thread(partial(Draft, limit))
        try:
            await _fill(draft, exchange, form, limit)
            kept = await in_thread(partial(draft.keep, storage.UPLOADS))
        except BaseException:
            draft.discard()
            raise
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        logger.error("No space is left for the upload of job %d.", job.pk)
        raise DiskFull("The server has no space for this file.") from None
    await _store(runtime, token, kept, form.name if form is not None and form.name else name)
    # 200 and not 201: nothing can be fetched at this address, and all chargers take 200 for success.
    await exchange.answer(200, {"size": kept.size, "sha256": kept.sha256})


def _form_of(exchange: Exchange) -> FormFile | None:
    try:
        boundary = boundary_of(exchange.header("content-type"))
    except BadMultipart as error:
        raise BadInput(str(error)) from None
    return FormFile(boundary) if boundary is not None else None


def _check_length(exchange: Exchange, limit: int) -> None:
    """Refuse what is announced as too large before any of it is sent."""
    length = exchange.header("content-length")
    if length.isascii() and length.isdigit() and int(length[:20]) > limit:
        raise TooLarge(f"A file may have at most {limit} bytes.", limit=limit)


async def _fill(draft: Draft, exchange: Exchange, form: FormFile | None, limit: int) -> None:
    """Write the file; an error when it is not whole."""
    waiting = bytearray()
    received = 0
    async for data in exchange.body():
        received += len(data)
        if received > limit + FORM_OVERHEAD:
            raise TooLarge(f"A file may have at most {limit} bytes.", limit=limit)
        if form is None:
            waiting += data
        else:
            try:
                for piece in form.feed(data):
                    waiting += piece
            except BadMultipart as error:
                raise BadInput(str(error)) from None
        if len(waiting) >= CHUNK:
            await in_thread(partial(draft.write, bytes(waiting)))
            waiting.clear()
    if waiting:
        await in_thread(partial(draft.write, bytes(waiting)))
    if form is not None and not form.complete:
        raise BadInput("The form has no end.")
    if not draft.size:
        raise BadInput("The file is empty.")


async def _store(runtime: Runtime, token: str, kept: Kept, name: str) -> None:
    """Commit the row that names the file. A file that the database does not want is removed at once.

    When nobody knows whether the commit came about, the file stays: the sweep looks for its row later.
    """
    try:
        taken = await runtime.writer.run(partial(files.receive_file, token=token, kept=kept, name=name))
    except (Conflict, Gone, NotFound):
        await in_thread(partial(storage.remove, kept.path))
        raise
    if not taken:
        await in_thread(partial(storage.remove, kept.path))
