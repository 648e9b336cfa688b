"""Network profiles (use case B09)."""

from __future__ import annotations

from stations.ocpp.frames import Payload
from stations.ocpp.network import NetworkProfileSet
from stations.ocpp.reading import MAX_NUMBER, whole


def read_set(request: Payload, answer: Payload) -> NetworkProfileSet:
    slot = whole(request, "configurationSlot", least=-MAX_NUMBER)
    return NetworkProfileSet(slot, request["connectionData"], answer["status"])
