"""What follows from the end of a command: the table of use-cases, by what the answer tells.

An answer becomes a fact (`v16/answers.py`), and the fact finds its use-case in `TOLD`. A command that ended without
an answer that means something (refused, timed out, expired, cancelled) finds one by its action in `UNTOLD`: whoever
waits for its effect has to know that it will not come.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from smartserver.core.writer import Batch
from stations.ocpp.routes import Reader
from stations.ocpp.v16.answers import ANSWERS as ANSWERS_16
from stations.services.settled import Settled

ANSWERS: Mapping[str, Mapping[str, Reader]] = {"1.6": ANSWERS_16, "2.0.1": {}, "2.1": {}}

TOLD: Mapping[type, Callable[[Batch, Settled, Any], None]] = {}

UNTOLD: Mapping[str, Callable[[Batch, Settled], None]] = {}


def follow(batch: Batch, settled: Settled) -> None:
    """Do what follows from a command's end."""
    read = ANSWERS[settled.version].get(settled.action) if settled.reply is not None else None
    if read is not None:
        assert settled.reply is not None
        fact = read(settled.request, settled.reply)
        TOLD[type(fact)](batch, settled, fact)
    elif settled.reply is None and (use_case := UNTOLD.get(settled.action)):
        use_case(batch, settled)
