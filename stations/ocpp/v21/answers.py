"""Readers of the answers to the server's calls, OCPP 2.1: those of 2.0.1, and what 2.1 adds."""

from __future__ import annotations

from collections.abc import Mapping

from stations.ocpp.routes import Reader
from stations.ocpp.v21 import monitoring
from stations.ocpp.v201.answers import ANSWERS as ANSWERS_201

ANSWERS: Mapping[str, Reader] = {
    **ANSWERS_201,
    "AdjustPeriodicEventStream": monitoring.read_adjusted,
    "GetPeriodicEventStream": monitoring.read_listed,
}
