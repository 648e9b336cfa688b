"""What an emulated 2.x station knows of a customer (N09), and how it forgets it (N10). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stations.emulator.point import tokens2
from stations.emulator.point.access import same
from stations.emulator.point.message import Message
from stations.ocpp.frames import Payload

if TYPE_CHECKING:
    from stations.emulator.point.station import Station

LONGEST_PART = 512
"""Characters of `data` in one NotifyCustomerInformation."""

NOTHING_KNOWN = "Nothing is known of this customer."


def token_of(station: Station, payload: Payload) -> str | None:
    """By what it knows the customer whom a CustomerInformation names; "": by nothing; None: nobody is named."""
    if token := payload.get("idToken"):
        return tokens2.read(token)
    if certificate := payload.get("customerCertificate"):
        return station.security.contracts.holder(certificate)
    return payload.get("customerIdentifier") or None


def known_of(station: Station, token: str) -> str:
    """A line for each thing that is known."""
    lines = [f"{where}: {token} {status}" for where, status in station.access.about(token)]
    lines += [f"Contract certificate: {number}" for number in station.security.contracts.serials(token)]
    for outlet in station.outlets:
        charge = outlet.charge
        if charge is not None and same(charge.token, token):
            lines.append(
                f"Session at EVSE {outlet.number}: {charge.reference}, {charge.charging_seconds:.0f} s of charging"
            )
    waiting = [
        message for message in station.outbox if message.charge is not None and same(message.charge.token, token)
    ]
    if waiting:
        lines.append(f"Messages that wait to be sent: {len(waiting)}")
    return "\n".join(lines) or NOTHING_KNOWN


def forget(station: Station, token: str) -> None:
    """The local list is the server's own, and stays (N10)."""
    station.access.forget(token)
    station.security.contracts.forget(token)


def information_parts(request: int, text: str, stamp: str) -> list[Message]:
    """NotifyCustomerInformation, in as many parts as it takes."""
    starts = range(0, len(text), LONGEST_PART)
    return [
        Message(
            "NotifyCustomerInformation",
            {
                "requestId": request,
                "generatedAt": stamp,
                "seqNo": number,
                "tbc": start + LONGEST_PART < len(text),
                "data": text[start : start + LONGEST_PART],
            },
        )
        for number, start in enumerate(starts)
    ]
