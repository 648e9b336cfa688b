"""Payments at a 2.1 station: on web pages by the code on its display, settlements, VAT numbers (C18 to C25). Pure.

Bank cards are a matter of `terminal.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stations.emulator.point import tokens2
from stations.emulator.point.limits import DRIVER, impose
from stations.emulator.point.message import Message
from stations.emulator.point.payment_variables import WEB
from stations.ocpp.frames import Payload
from stations.ocpp.web_payments import Recipe, Scanned, written

if TYPE_CHECKING:
    from stations.emulator.point.station import Station

REMEMBERED = 32
"""Remote starts whose token came with more than its value."""


class Payments:
    def __init__(self, station: Station) -> None:
        self._station = station
        self._awaited: dict[int, float] = {}
        """Until when somebody pays on a web page, by EVSE: seconds of the station."""
        self._chosen: dict[int, dict[str, float]] = {}
        """The TransactionLimitType that a driver has chosen on the display, by EVSE."""
        self._details: dict[str, list[Payload]] = {}
        """The additionalInfo of tokens that came with a remote start."""
        self.receipts: dict[str, str] = {}
        """The server's receiptId by pspRef."""
        self.receipt_urls: dict[str, str] = {}
        """Where drivers find it, where the server says so: shown as a QR code."""
        self.vat_numbers: dict[str, str] = {}
        """Accepted or Rejected, by number."""
        self._take: dict[str, Callable[[Payload, Payload], None]] = {
            "NotifySettlement": self._take_receipt,
            "VatNumberValidation": self._take_verdict,
        }

    # -- on web pages -----------------------------------------------------------------------

    def choose(self, evse: int, **limits: float) -> None:
        """On the display a driver says how much it may be at most, before the code is scanned (C25.FR.03)."""
        self._chosen[evse] = limits

    def code(self, evse: int, now: float) -> str:
        """The address in the QR code of an EVSE; empty: none is shown."""
        text = self._station.variables.text
        template, secret = text(WEB, "URLTemplate"), text(WEB, "SharedSecret")
        if text(WEB, "Enabled").casefold() != "true" or not template or not secret:
            return ""
        recipe = Recipe(secret, int(text(WEB, "ValidityTime")), int(text(WEB, "Length")))
        password = recipe.password(self._station.clock(now))
        limits = self._chosen.get(evse, {})
        return written(template, Scanned(self._station.identity, evse, password, text(WEB, "TOTPVersion"), limits))

    def await_payment(self, evse: int, timeout: int, now: float) -> None:
        """Somebody pays for an EVSE, which is nobody else's meanwhile (C25.FR.22); 0 seconds: no longer."""
        self._awaited[evse] = now + timeout

    def is_awaited(self, evse: int, now: float) -> bool:
        return self._awaited.get(evse, now) > now

    # -- remote starts ------------------------------------------------------------------------

    def remember(self, token: Payload) -> None:
        """A remote start: its token may tell more than its value, such as the brand of the card (C24)."""
        if "additionalInfo" in token:
            if len(self._details) >= REMEMBERED:
                del self._details[next(iter(self._details))]
            self._details[tokens2.read(token)] = token["additionalInfo"]

    def complete(self, message: Message) -> None:
        """Before a message leaves: what was told along with its token; for whom somebody has paid, and how much."""
        if message.token in self._details and "idToken" in message.payload:
            message.payload["idToken"]["additionalInfo"] = self._details[message.token]
        charge = message.charge
        if charge is not None and message.token == charge.token and tokens2.is_paid(charge.token):
            self._awaited.pop(charge.outlet, None)
            if limits := self._chosen.pop(charge.outlet, None):
                impose(charge, limits, DRIVER)
                message.payload["transactionInfo"]["transactionLimit"] = dict(charge.limits)

    # -- what happens at the station --------------------------------------------------------

    def type_vat_number(self, number: str, evse: int, now: float) -> None:
        """Whoever pays wants a receipt for a company; the server says whether there is such a number (C18.FR.08)."""
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
        self.receipt_urls[said["pspRef"]] = answer.get("receiptUrl", "")

    def _take_verdict(self, said: Payload, answer: Payload) -> None:
        self.vat_numbers[said["vatNumber"]] = answer["status"]
