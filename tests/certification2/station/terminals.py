"""A station with a payment terminal, and somebody with a bank card."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from stations.emulator.point.bank import BankCard
from stations.models import Transaction
from stations.ocpp.frames import Payload
from tests.certification.station.support import ChargePoint
from tests.certification2.station.support import CHARGED, StationCase2
from tests.stations.tariffs import energy, tariff
from tests.waiting import eventually

VISA = "4111111111111234"
FUNDS = 1000.0
REFERENCE = "PSP-1"
DEAR = tariff(**energy(100))

DETAILS = [
    {"additionalIdToken": "VISA", "type": "PaymentBrand"},
    {"additionalIdToken": "CC", "type": "PaymentRecognition"},
    {"additionalIdToken": "411111", "type": "CardBin"},
    {"additionalIdToken": "1234", "type": "CardLast4Digits"},
]
TOKEN: Payload = {"idToken": REFERENCE, "type": "DirectPayment", "additionalInfo": DETAILS}

STOPPED = "Ended StopAuthorized Local"


class TerminalCase(StationCase2):
    version = "2.1"

    def setUp(self) -> None:
        super().setUp()
        self.bank_card = BankCard(VISA, funds=FUNDS)

    @contextmanager
    def terminal(
        self, *, configured: dict[str, str] | None = None, start_point: str = "EVConnected", **variables: str
    ) -> Iterator[ChargePoint]:
        """A station that is idle; `variables` of its PaymentCtrlr. The first payment has the reference `PSP-1`."""
        with self.booted(configured=configured, payments=True) as point:
            point.model.terminal.provider.new_reference = lambda: REFERENCE
            self.put_variable(point, "TxCtrlr", "TxStartPoint", start_point)
            for name, value in variables.items():
                self.put_variable(point, "PaymentCtrlr", name, value)
            yield point

    def tap(self, point: ChargePoint) -> None:
        point.do(lambda model, now: model.terminal.tap(self.bank_card, 1, now))

    def pay(self, point: ChargePoint, *story: str) -> Transaction:
        """Somebody plugs in, and pays with the card."""
        point.plug_in()
        self.assert_story(*(story or CHARGED)[:2])
        self.tap(point)
        self.assert_story(*(story or CHARGED)[2:])
        return self.transaction()

    def charge_some(self, point: ChargePoint) -> None:
        """Until it has to be paid for."""
        begin = point.meter()
        eventually(lambda: point.meter() > begin + 20)

    def set_tariff(self, body: Payload = DEAR) -> None:
        """The station counts by itself."""
        self.ask("SetDefaultTariff", {"evseId": 0, "tariff": body})

    def event_with_token(self) -> Payload:
        (event,) = [each for each in self.requests("TransactionEvent") if "idToken" in each]
        return event

    def settlement(self, status: str) -> Payload:
        """What was told of the only payment."""
        (told,) = self.requests("NotifySettlement")
        self.assertEqual((told["pspRef"], told["status"]), (REFERENCE, status))
        return told

    def assert_released(self) -> None:
        eventually(lambda: self.bank_card.funds == FUNDS)
