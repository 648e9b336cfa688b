"""The payment terminal of a 2.1 station: bank cards that start, stop and pay for sessions (use cases C18 to C23). Pure.

The reference of a payment (pspRef) is the token of its session, of the type DirectPayment. So the session goes its way
as with any token, and the terminal follows it: it adds to the messages about the token what is known of the card, and
looks after each step what has become of the session.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stations.emulator.point import tokens2
from stations.emulator.point.access import ACCEPTED, Verdict, same
from stations.emulator.point.bank import BankCard, Provider
from stations.emulator.point.limits import DRIVER, impose
from stations.emulator.point.message import Charge, Message
from stations.emulator.point.outlet import Outlet
from stations.emulator.point.payment_variables import PAYMENT
from stations.emulator.point.settings import listed
from stations.emulator.point.words import Reason
from stations.ocpp.frames import Payload
from stations.ocpp.tariffs.details import told_total

if TYPE_CHECKING:
    from stations.emulator.point.station import Station


@dataclass(slots=True, eq=False)
class Payment:
    """From the card at the terminal to its settlement."""

    card: BankCard
    outlet: int
    reference: str
    accepted: bool = False
    """The server was asked about it, and has let it in (AuthorizeDirectPayment)."""
    charge: Charge | None = None
    """The session that it pays for."""
    ended: bool = False
    cost: float | None = None
    """What the session costs in the end."""
    receipt_for: Payload | None = None
    """vatNumber and vatCompany, where somebody wants a receipt for a company."""

    @property
    def token(self) -> str:
        return tokens2.paid_by(self.reference)


class Terminal:
    def __init__(self, station: Station, provider: Provider) -> None:
        self.provider = provider
        self._station = station
        self._payments: dict[str, Payment] = {}
        """Those that are not settled, by token."""

    # -- what drivers do ----------------------------------------------------------------------

    def tap(self, card: BankCard, evse: int, now: float) -> None:
        """A card is held to the terminal for an EVSE. The card that pays for its session ends it, or takes it back."""
        outlet = self._station.outlet(evse)
        mine = next((each for each in self._payments.values() if each.card is card and each.outlet == evse), None)
        if mine is not None:
            outlet.present(mine.token, now)
        elif not (self._is_free(outlet, now) and self._authorize(card, outlet, now)) and outlet.driver is not None:
            outlet.driver.refused(now)

    def _is_free(self, outlet: Outlet, now: float) -> bool:
        """Whether a session could be paid for: nobody else has one, and nobody pays on a web page."""
        taken = outlet.charge is not None and outlet.charge.authorised
        awaited = self._station.payments.is_awaited(outlet.number, now)
        return self._flag("Enabled") and not taken and not awaited and outlet.admits("")

    def _authorize(self, card: BankCard, outlet: Outlet, now: float) -> bool:
        """Whether the card's bank holds the amount; then the server may have its say."""
        reference = self.provider.authorize(card, self._amount("AuthorizationAmount"))
        if not reference:
            return False
        payment = Payment(card, outlet.number, reference)
        self._payments[payment.token] = payment
        if self._flag("AuthorizeDirectPayment"):
            outlet.present(payment.token, now)
        else:
            outlet.decided(payment.token, Verdict(ACCEPTED), now)
        return True

    # -- what is said -------------------------------------------------------------------------

    def complete(self, message: Message) -> None:
        """Before a message leaves: what is known of the card; and of an end, what it costs."""
        payment = self._payments.get(message.token) or self._of(message.charge)
        if payment is None:
            return
        if "idToken" in message.payload and message.token == payment.token:
            self._describe(message.payload["idToken"], payment.card)
        if message.charge is None:
            return
        if payment.charge is None:
            payment.charge = message.charge
            impose(message.charge, {"maxCost": self.provider.held(payment.reference)}, DRIVER)
            message.payload["transactionInfo"]["transactionLimit"] = dict(message.charge.limits)
        if message.payload["eventType"] == "Ended":
            payment.ended = True
            details = message.payload.get("costDetails")
            total = None if details is None else told_total(details)[0]
            payment.cost = None if total is None else float(total)

    def _describe(self, token: Payload, card: BankCard) -> None:
        wanted = listed(self._station.variables.text(PAYMENT, "PaymentDetails"))
        details = [{"additionalIdToken": value, "type": kind} for kind, value in card.details.items() if kind in wanted]
        if details:
            token["additionalInfo"] = details

    def hear(self, message: Message, answer: Payload) -> None:
        """The server's answer: the cost of a session that only it counts; a VAT number."""
        payment = self._of(message.charge)
        if payment is not None and payment.ended and payment.cost is None and message.payload["eventType"] == "Ended":
            payment.cost = answer.get("totalCost", 0.0)
        if message.action == "Authorize" and message.token in self._payments:
            self._payments[message.token].accepted = answer["idTokenInfo"]["status"] == ACCEPTED
        if message.action == "VatNumberValidation" and answer["status"] == ACCEPTED:
            self._take_company(message.payload, answer)

    def _take_company(self, asked: Payload, answer: Payload) -> None:
        company = {"vatCompany": answer["company"]} if "company" in answer else {}
        for payment in self._payments.values():
            if payment.outlet == asked.get("evseId"):
                payment.receipt_for = {"vatNumber": asked["vatNumber"]} | company

    def _of(self, charge: Charge | None) -> Payment | None:
        if charge is None:
            return None
        return next((each for each in self._payments.values() if each.charge is charge), None)

    # -- what becomes of payments -------------------------------------------------------------

    def look(self, now: float) -> None:
        """After each step of the station."""
        for payment in list(self._payments.values()):
            self._follow(payment, now)

    def _follow(self, payment: Payment, now: float) -> None:
        outlet = self._station.outlet(payment.outlet)
        charge = outlet.charge
        if payment.ended:
            if payment.cost is not None:
                self._settle(payment, payment.cost, now)
        elif charge is not None and charge.authorised and same(charge.token, payment.token):
            if charge.running:
                self._watch(payment, outlet, charge, now)
        elif not outlet.asks(payment.token):
            self._take_back(payment, now)

    def _watch(self, payment: Payment, outlet: Outlet, charge: Charge, now: float) -> None:
        """Hold more on the card before the session has used up what is held, else end it then (C23)."""
        counted = self._station.costs.so_far(charge, outlet.reading(now))
        cost = charge.cost if counted is None else counted  # else as the server has told it
        if cost is None:
            return
        step, threshold = (self._amount(f"IncrementalAuthorization{each}") for each in ("Amount", "Threshold"))
        raised = False
        while step > 0.0 and cost > self.provider.held(payment.reference) - threshold:
            if not self.provider.increase(payment.reference, step):
                break
            raised = True
        held = self.provider.held(payment.reference)
        if raised:
            impose(charge, {"maxCost": held}, DRIVER)
            outlet.say_of(self._station.words.limited, now)
        elif cost >= held:
            outlet.stop(now, Reason.COST_LIMIT)
            self._follow(payment, now)

    def _take_back(self, payment: Payment, now: float) -> None:
        """No session has come of it (C19). The server hears of it where it has let the card in."""
        self._drop(payment)
        if payment.accepted:
            self._tell(payment, "Canceled", 0.0, now)

    def _settle(self, payment: Payment, cost: float, now: float) -> None:
        """The session is over: it is paid for (C21), or there is nothing to pay (C20)."""
        if cost <= 0.0:
            self._drop(payment)
            self._tell(payment, "Canceled", 0.0, now)
            return
        del self._payments[payment.token]
        if self._flag("SettlementByCSMS"):
            return
        amount = min(cost, self.provider.held(payment.reference))
        status, info = self.provider.capture(payment.reference, amount)
        more: Payload = {"statusInfo": info} if info else {}
        if status == "Settled":
            more |= (payment.receipt_for or {}) | self._receipt(payment)
        self._tell(payment, status, amount, now, **more)

    def _receipt(self, payment: Payment) -> Payload:
        if self._flag("ReceiptByCSMS"):
            return {}
        address = self._station.variables.text(PAYMENT, "ReceiptServerUrl")
        return {"receiptId": payment.reference[:50], "receiptUrl": f"{address}{payment.reference}"}

    def _drop(self, payment: Payment) -> None:
        del self._payments[payment.token]
        self.provider.release(payment.reference)

    def _tell(self, payment: Payment, status: str, amount: float, now: float, **more: object) -> None:
        reference = "" if payment.charge is None else payment.charge.reference
        self._station.payments.settle(payment.reference, amount, now, reference=reference, **{"status": status} | more)

    # -- its variables ------------------------------------------------------------------------

    def _flag(self, name: str) -> bool:
        return self._station.variables.text(PAYMENT, name).casefold() == "true"

    def _amount(self, name: str) -> float:
        return float(self._station.variables.text(PAYMENT, name))
