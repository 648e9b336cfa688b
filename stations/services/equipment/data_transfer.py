"""DataTransfer of stations: who handles which vendor's message (1.6 section 4.3, 2.x use case P02).

Handlers stand in tables that settings name (`docs/data-transfer.md`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.db import InterfaceError, OperationalError
from django.utils.module_loading import import_string

from smartserver.core.batch import Batch
from stations.ocpp.facts import DataAnswered, DataTransferred
from stations.services.context import Context

logger = logging.getLogger(__name__)

OURS = "stations.services.equipment.own_data.HANDLERS"


class Reply(NamedTuple):
    """`status`: Accepted or Rejected. `data`: anything that JSON can hold; 1.6 stations get it as a text."""

    status: str
    data: Any = None


Handler = Callable[[Batch, Context, Any], Reply]
Handlers = Mapping[tuple[str, str], Handler]


def transfer_data(batch: Batch, context: Context, fact: DataTransferred) -> DataAnswered:
    """Have the vendor's message handled; it is in the message log in any case."""
    handlers = _handlers((OURS, *settings.DATA_TRANSFER_HANDLERS))
    handler = handlers.get((fact.vendor_id, fact.message_id))
    if handler is None:
        is_known = any(vendor == fact.vendor_id for vendor, _ in handlers)
        return DataAnswered("UnknownMessageId" if is_known else "UnknownVendorId")
    try:
        with batch.attempt():  # a handler that fails leaves nothing behind
            status, data = handler(batch, context, fact.data)
    except (OperationalError, InterfaceError):
        raise  # the database itself: the batch is tried again
    except Exception:
        logger.exception(
            "DataTransfer %s %s of station %s failed.", fact.vendor_id, fact.message_id, context.station_id
        )
        return DataAnswered("Rejected")
    return DataAnswered(status, data)


@cache
def _handlers(paths: tuple[str, ...]) -> Handlers:
    found: dict[tuple[str, str], Handler] = {}
    for path in paths:
        found.update(import_string(path))
    return found


def check_handlers(**_: Any) -> list[CheckMessage]:
    """A system check: tables that cannot be imported."""
    try:
        _handlers((OURS, *settings.DATA_TRANSFER_HANDLERS))
    except (ImportError, TypeError, ValueError) as error:
        return [Error(f"DATA_TRANSFER_HANDLERS: {error}", id="smartserver.E020")]
    return []
