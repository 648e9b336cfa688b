"""Reports that stations send in parts (2.x): taken, put together, and given up when nothing comes any more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from smartserver.core.batch import Batch
from stations.ocpp.reports import ReportAsked, ReportPart
from stations.services.reports.completions import COMPLETIONS
from stations.services.reports.parts import SILENCE, mark_incomplete, take_answer, take_part
from stations.services.settled import Settled

USE_CASES: Mapping[type, Callable[[Batch, Any, Any], Any]] = {ReportPart: take_part}

TOLD: Mapping[type, Callable[[Batch, Settled, Any], None]] = {ReportAsked: take_answer}

__all__ = ["COMPLETIONS", "SILENCE", "TOLD", "USE_CASES", "mark_incomplete", "take_answer", "take_part"]
