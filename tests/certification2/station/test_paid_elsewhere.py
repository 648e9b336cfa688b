"""Sessions for which somebody pays elsewhere: prepaid cards, a terminal of its own, a web page (C17, C24, C25)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from smartserver.core.batch import Batch
from stations.models import IdToken, SessionCost, Settlement, Transaction, WebPayment
from stations.ocpp.frames import Payload
from stations.services.tariffs import paid, register, web_codes
from tests.certification.station.support import ChargePoint
from tests.certification.support import CARD
from tests.certification2.station.support import CHARGED, StationCase2
from tests.stations.tariffs import energy, tariff
from tests.waiting import eventually

REFERENCE = "PSP-7"
DEAR = tariff(**energy(100))
DETAILS = [{"additionalIdToken": "1234", "type": "CardLast4Digits"}]
TEMPLATE = "https://pay.example/{chargingstationid}/{evse}/{totp}/{version}"

REMOTE = ("1 Occupied", "Started CablePluggedIn", "Updated RemoteStart", "Updated ChargingStateChanged")


class PaidCase(StationCase2):
    version = "2.1"

    def assign_tariff(self) -> None:
        """The server counts."""

        def unit(batch: Batch, by: Any) -> None:
            row = register.add_tariff(batch, body=DEAR)
            register.assign_tariff(batch, tariff_id=row.pk)

        self.direct(unit)

    def set_tariff(self) -> None:
        """The station counts."""
        self.ask("SetDefaultTariff", {"evseId": 0, "tariff": DEAR})

    def charge_some(self, point: ChargePoint) -> None:
        begin = point.meter()
        eventually(lambda: point.meter() > begin + 20)


class Prepaid(PaidCase):
    def setUp(self) -> None:
        super().setUp()
        self.assign_tariff()

    def pay_in(self, credit: str) -> None:
        IdToken.objects.filter(pk=self.card.pk).update(credit=Decimal(credit))

    def test_tc_c_103_with_a_balance(self) -> None:
        self.pay_in("20.5")
        with self.booted() as point:
            self.charge(point)
            self.assert_story("Updated LimitSet")
            event = self.requests("TransactionEvent")[-1]
            self.assertEqual(event["transactionInfo"]["transactionLimit"], {"maxCost": 20.5})
            self.assertTrue(point.charging)
            eventually(lambda: self.transaction().limits == {"maxCost": 20.5})

    def test_tc_c_104_without_a_balance(self) -> None:
        self.pay_in("0")
        with self.booted() as point:
            point.plug_in()
            point.present(CARD)
            self.assert_story(*CHARGED[:2], "Authorize")
            (answer,) = point.answers("Authorize")
            self.assertEqual(answer[2]["idTokenInfo"]["status"], "NoCredit")
            self.assertFalse(point.charging)


class Terminals(PaidCase):
    """A terminal of its own asks the server, and the server the station."""

    @contextmanager
    def paid(self, prepare: Callable[[], None]) -> Iterator[tuple[ChargePoint, Transaction]]:
        with self.booted(configured={"AuthorizeRemoteTxRequests": "false"}) as point:
            prepare()
            point.plug_in()
            self.assert_story(*REMOTE[:2])
            command = self.order(
                paid.start_paid, evse=1, psp_reference=REFERENCE, limits={"maxCost": 30.0}, details=DETAILS
            )
            self.assert_answered(command, "Accepted")
            self.assert_story(*REMOTE[2:], "Updated LimitSet")
            (event,) = [each for each in self.requests("TransactionEvent") if "idToken" in each]
            token: Payload = {"idToken": REFERENCE, "type": "DirectPayment", "additionalInfo": DETAILS}
            self.assertEqual(event["idToken"], token)
            limited = self.requests("TransactionEvent")[-1]["transactionInfo"]
            self.assertEqual(limited["transactionLimit"], {"maxCost": 30.0})
            self.charge_some(point)
            session = self.transaction()
            self.stop_remotely(session.reference)
            self.assert_story("Ended RemoteStop Remote")
            yield point, self.assert_ended("Remote")
            self.assertEqual(self.requests("NotifySettlement"), [], "the station has held nothing")

    def assert_due(self, session: Transaction, amount: Decimal) -> None:
        self.assertGreater(amount, 0)
        row = Settlement.objects.get()
        self.assertEqual((row.psp_reference, row.status), (REFERENCE, "Due"))
        self.assertEqual((row.transaction, row.amount), (session, amount))

    def test_tc_c_123_station_counts(self) -> None:
        with self.paid(self.set_tariff) as (_, session):
            details = self.requests("TransactionEvent")[-1]["costDetails"]
            cost = Decimal(str(details["totalCost"]["total"]["inclTax"]))
            self.assertEqual(SessionCost.objects.get().told_cost, cost)
            self.assert_due(session, cost)

    def test_tc_c_124_server_counts(self) -> None:
        with self.paid(self.assign_tariff) as (point, session):
            self.assertNotIn("costDetails", self.requests("TransactionEvent")[-1])
            assert session.cost is not None
            self.assert_due(session, session.cost)
            (answer,) = point.answers("TransactionEvent")[-1:]
            self.assertEqual(answer[2]["totalCost"], float(session.cost))


class QRCodes(PaidCase):
    @contextmanager
    def showing(self, **chosen: float) -> Iterator[ChargePoint]:
        """A station that shows codes, at which a driver may choose limits; one is scanned, and paid for."""
        with self.booted(payments=True, configured={"AuthorizeRemoteTxRequests": "true"}) as point:
            self.assertEqual(self.code(point), "")
            command = self.order(web_codes.send_code, url_template=TEMPLATE, validity_seconds=60, length=10)
            self.assert_answered(command)
            if chosen:
                point.do(lambda model, now: model.payments.choose(1, **chosen))
            _, scanned = self.direct(web_codes.scan, url=self.code(point), timeout=120)
            self.assertEqual((scanned.station, scanned.evse, scanned.limits), ("CP1", 1, chosen))
            self.settled(self.newest("NotifyWebPaymentStarted"))
            self.assertTrue(WebPayment.objects.filter(evse=1).exists())
            point.present(CARD)  # somebody else does not get in between
            command = self.order(paid.start_paid, evse=1, psp_reference=REFERENCE, limits=scanned.limits, details=[])
            self.assert_answered(command, "Accepted")
            self.assert_story("Authorize", "1 Occupied")
            self.assertEqual(self.requests("Authorize"), [{"idToken": {"idToken": REFERENCE, "type": "DirectPayment"}}])
            point.plug_in()
            self.assert_story("Started CablePluggedIn", *REMOTE[2:])
            self.assertTrue(point.charging)
            yield point

    def code(self, point: ChargePoint) -> str:
        return point.do(lambda model, now: model.payments.code(1, now))

    def first_limit(self) -> Payload | None:
        """What the event tells that has the token."""
        (event,) = [each for each in self.requests("TransactionEvent") if "idToken" in each]
        self.assertEqual(event["idToken"], {"idToken": REFERENCE, "type": "DirectPayment"})
        limit: Payload | None = event["transactionInfo"].get("transactionLimit")
        return limit

    def limited(self, **chosen: float) -> None:
        with self.showing(**chosen):
            self.assertEqual(self.first_limit(), chosen)
            self.assertEqual(self.transaction().limits, chosen)

    def test_tc_c_127_without_a_limit(self) -> None:
        with self.showing():
            self.assertIsNone(self.first_limit())

    def test_tc_c_128_limit_of_time(self) -> None:
        self.limited(maxTime=3600)

    def test_tc_c_129_limit_of_cost(self) -> None:
        self.limited(maxCost=50.0)

    def test_tc_c_130_limit_of_energy(self) -> None:
        self.limited(maxEnergy=20_000.0)
