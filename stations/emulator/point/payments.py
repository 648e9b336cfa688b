"""Payments at a 2.1 station: what it says of them, and what the server answered (use cases C22 to C25). Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stations.emulator.point.message import Message
from stations.ocpp.frames import Payload

if TYPE_CHECKING:
    from stations.emulator.point.station import Station


class Payments:
    def __init__(self, station: Station) -> None:
        self._station = station
        self.awaited: dict[int, float] = {}
        """Until when somebody pays on a web page, by EVSE: seconds of the station."""
        self.receipts: dict[str, str] = {}
        """The server's receiptId by pspRef."""
        self.vat_numbers: dict[str, str] = {}
        """Accepted or Rejected, by number."""
        self._take: dict[str, Callable[[Payload, Payload], None]] = {
            "NotifySettlement": self._take_receipt,
            "VatNumberValidation": self._take_verdict,
        }

    def is_awaited(self, evse: int, now: float) -> bool:
        return self.awaited.get(evse, now) > now

    # -- what happens at the station --------------------------------------------------------

    def pay_on_web(self, evse: int, timeout: int, now: float) -> None:
        """Somebody scans the code of an EVSE, and has so many seconds to pay."""
        self.awaited[evse] = now + timeout
        self._say("NotifyWebPaymentStarted", {"evseId": evse, "timeout": timeout}, now)

    def type_vat_number(self, number: str, evse: int, now: float) -> None:
        self._say("VatNumberValidation", {"vatNumber": number, "evseId": evse}, now)

    def settle(self, psp_reference: str, amount: float, now: float, *, reference: str = "", **more: Any) -> None:
        """The terminal has settled a payment; `reference` is the transaction's, `more` other fields of the request."""
        payload: Payload = {
            "pspRef": psp_reference,
            "status": "Settled",
            "settlementAmount": amount,
            "settlementTime": self._station.moment(now).stamp,
            **more,
        }
        self._say("NotifySettlement", payload | ({"transactionId": reference} if reference else {}), now)

    def _say(self, action: str, payload: Payload, now: float) -> None:
        # A payment has to be told, also when the connection comes back late.
        self._station.say([Message(action, payload, kept=action == "NotifySettlement")], now)

    # -- what the server answers ------------------------------------------------------------

    def hear(self, action: str, said: Payload, answer: Payload) -> None:
        if take := self._take.get(action):
            take(said, answer)

    def _take_receipt(self, said: Payload, answer: Payload) -> None:
        self.receipts[said["pspRef"]] = answer.get("receiptId", "")

    def _take_verdict(self, said: Payload, answer: Payload) -> None:
        self.vat_numbers[said["vatNumber"]] = answer["status"]
