"""What is wrong with a tariff, whether it is entered here or sent as a command."""

from __future__ import annotations

from typing import Any

from stations.ocpp import schemas
from stations.ocpp.frames import Payload
from stations.ocpp.tariffs.sense import problems_of
from stations.services.smart_charging.profile_rules import refuse


def check_tariff(body: dict[str, Any]) -> None:
    """`InvalidPayload`, with what is wrong where in the TariffType."""
    found = schemas.request_problems("2.1", "SetDefaultTariff", {"evseId": 0, "tariff": body})
    refuse([("/".join(map(str, each.path[1:])), each.message) for each in found])
    refuse([(each.path, each.reason) for each in problems_of(body)])


def check_sent(station_id: int, payload: Payload) -> None:
    """SetDefaultTariff and ChangeTransactionTariff have a tariff that makes sense, whoever asks for them."""
    refuse([(f"tariff/{each.path}".rstrip("/"), each.reason) for each in problems_of(payload["tariff"])])
