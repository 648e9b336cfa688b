"""Readers of the answers to the server's calls, OCPP 2.1: those of 2.0.1, and what 2.1 adds."""

from __future__ import annotations

from collections.abc import Mapping

from stations.ocpp.routes import Reader
from stations.ocpp.v21 import tariffs
from stations.ocpp.v201.answers import ANSWERS as ANSWERS_201

ANSWERS: Mapping[str, Reader] = {
    **ANSWERS_201,
    "ChangeTransactionTariff": tariffs.read_transaction_tariff,
    "ClearTariffs": tariffs.read_cleared,
    "GetTariffs": tariffs.read_tariffs,
    "SetDefaultTariff": tariffs.read_default_set,
}
