"""Battery swaps, and the answer to the request for one (use cases S01 to S03)."""

from __future__ import annotations

from stations.ocpp.batteries import Battery, BatterySwapped, SwapEvent, SwapRequested
from stations.ocpp.facts import Token
from stations.ocpp.frames import Payload
from stations.ocpp.reading import MAX_NUMBER, stamp, text, whole


def read_swap(payload: Payload) -> BatterySwapped:
    return BatterySwapped(
        event=SwapEvent(payload["eventType"]),
        request=whole(payload, "requestId", least=-MAX_NUMBER),
        token=_token(payload),
        batteries=tuple(map(_battery, payload["batteryData"])),
    )


def _token(payload: Payload) -> Token:
    return Token(text(payload["idToken"], "idToken"), text(payload["idToken"], "type"))


def _battery(data: Payload) -> Battery:
    return Battery(
        slot=whole(data, "evseId"),
        serial_number=text(data, "serialNumber"),
        soc=float(data["soC"]),
        soh=float(data["soH"]),
        produced=stamp(data.get("productionDate")).moment,
        vendor_info=text(data, "vendorInfo"),
    )


def read_requested(request: Payload, answer: Payload) -> SwapRequested:
    info = answer.get("statusInfo") or {}
    return SwapRequested(request["requestId"], _token(request), answer["status"], text(info, "reasonCode"))
