"""Questions that have to be asked elsewhere before a station's call can be answered.

A use-case that cannot answer from what is stored returns an `Enquiry` instead. It is asked outside of any transaction,
and what was heard goes into another unit of the writer, which stores it and answers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from smartserver.core.batch import Batch
from stations.ocpp.routes import AnyAnswer


@dataclass(frozen=True, slots=True)
class Enquiry:
    """`ask` ends by itself within seconds, and says what went wrong instead of raising.

    `conclude` gets what was heard; like a use-case it may run twice.
    """

    ask: Callable[[], Awaitable[Any]]
    conclude: Callable[[Batch, Any], AnyAnswer]
