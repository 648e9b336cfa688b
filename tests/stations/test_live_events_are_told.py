"""What webhooks hear of stations and sessions; and that meter values, which come by the thousand, stay cheap."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from smartserver.core import change
from smartserver.core.batch import Batch, Unit
from smartserver.core.events import (
    STATION_STATUS_CHANGED,
    TRANSACTION_ENDED,
    TRANSACTION_STARTED,
    TRANSACTION_UPDATED,
)
from stations.models import Station, Transaction
from stations.ocpp.frames import Payload
from stations.services.tariffs.register import add_tariff, assign_tariff
from tests.stations.factories import EvseFactory, StationFactory, TokenFactory, TransactionFactory
from tests.stations.support import NOON, NOON_TEXT, call
from tests.stations.tariffs import energy, tariff
from tests.units import run_published

TIME = "2026-06-21T12:00:00.000Z"


class EventCase(TestCase):
    def setUp(self) -> None:
        self.station: Station = StationFactory.create(identity="Told")
        TokenFactory.create(value="CARD")

    def events(self, *units: Unit[Any]) -> list[tuple[str, dict[str, Any]]]:
        return run_published(*units)[1].events

    def unit(self, action: str, given: Payload, **options: Any) -> Unit[Payload]:
        return call(self.station, action, given, **options)


class Statuses(EventCase):
    def status(self, status: str, **more: Any) -> Unit[Payload]:
        given = {"connectorId": 2, "errorCode": "NoError", "status": status} | more
        return self.unit("StatusNotification", given)

    def test_are_told_when_they_change(self) -> None:
        told = {"station": "Told", "evse": 2, "connector": 1, "info": "", "vendor_error_code": ""}
        first = (STATION_STATUS_CHANGED, told | {"status": "Available", "error_code": ""})
        self.assertEqual(self.events(self.status("Available"), self.status("Available")), [first])
        fault = self.status("Available", errorCode="HighTemperature", info="hot", vendorErrorCode="E7")
        error = {"error_code": "HighTemperature", "info": "hot", "vendor_error_code": "E7"}
        self.assertEqual(self.events(fault), [(STATION_STATUS_CHANGED, told | {"status": "Available"} | error)])


class Sessions(EventCase):
    START = {"connectorId": 1, "idTag": "CARD", "meterStart": 1000, "timestamp": NOON_TEXT}

    def test_are_told_once_from_start_to_end(self) -> None:
        start = self.unit("StartTransaction", self.START)
        ((kind, told),) = self.events(start, start)
        number = Transaction.objects.get().pk
        place = {"transaction": number, "station": "Told", "evse": 1, "connector": 1, "id_token": "CARD"}
        begun = place | {"reference": told["reference"], "started_at": TIME, "meter_start_wh": 1000.0}
        self.assertEqual((kind, told), (TRANSACTION_STARTED, begun))
        stop = self.unit("StopTransaction", {"transactionId": number, "meterStop": 3000, "timestamp": NOON_TEXT})
        ended = {"ended_at": TIME, "end_reason": "Local", "meter_stop_wh": 3000.0, "energy_wh": 2000.0, "remark": ""}
        free = {"cost": None, "currency": "", "cost_is_final": False}
        self.assertEqual(self.events(stop, stop), [(TRANSACTION_ENDED, begun | ended | free)])

    def test_their_end_tells_what_they_cost(self) -> None:
        def enter(batch: Batch) -> None:
            made = add_tariff(batch, body=tariff(**energy(0.5)))
            assign_tariff(batch, tariff_id=made.pk)

        change.store(enter)
        self.events(self.unit("StartTransaction", self.START))
        stop = {"transactionId": Transaction.objects.get().pk, "meterStop": 3000, "timestamp": NOON_TEXT}
        ((_, told),) = self.events(self.unit("StopTransaction", stop))
        self.assertEqual((told["cost"], told["currency"], told["cost_is_final"]), (1.0, "EUR", True))

    def test_stops_of_nobody_are_told_too(self) -> None:
        stop = self.unit("StopTransaction", {"transactionId": -1, "meterStop": 3000, "timestamp": NOON_TEXT})
        ((kind, told),) = self.events(stop, stop)
        self.assertEqual((kind, told["remark"], told["energy_wh"]), (TRANSACTION_ENDED, "unknown_transaction_id", None))

    def event(self, number: int, state: str, **more: Any) -> Unit[Payload]:
        given = {
            "eventType": "Updated" if number else "Started",
            "timestamp": NOON_TEXT,
            "triggerReason": "ChargingStateChanged",
            "seqNo": number,
            "transactionInfo": {"transactionId": "T1", "chargingState": state},
            "evse": {"id": 1},
        }
        return self.unit("TransactionEvent", given | more, version="2.0.1")

    def test_are_told_when_their_state_changes_and_not_with_each_reading(self) -> None:
        meters = [{"timestamp": NOON_TEXT, "sampledValue": [{"value": 100}]}]
        told = self.events(
            self.event(0, "EVConnected"),
            self.event(1, "Charging"),
            self.event(2, "Charging", meterValue=meters),
            self.event(3, "Charging", meterValue=meters),
            self.event(4, "Charging", idToken={"idToken": "CARD", "type": "ISO14443"}),
        )
        self.assertEqual([kind for kind, _ in told], [TRANSACTION_STARTED, TRANSACTION_UPDATED, TRANSACTION_UPDATED])
        self.assertEqual(told[1][1]["charging_state"], "Charging")


class MeterValues(EventCase):
    def test_cost_two_reads_a_batch_and_tell_nothing(self) -> None:
        units, numbers = [], []
        for _ in range(20):
            station = StationFactory.create()
            session = TransactionFactory.create(
                station=station, evse=EvseFactory.create(station=station), meter_start_wh=0, started_at=NOON
            )
            numbers.append(session.pk)
            for register in (100, 200):
                values = [{"timestamp": NOON_TEXT, "sampledValue": [{"value": str(register)}]}]
                given = {"connectorId": 1, "transactionId": session.pk, "meterValue": values}
                units.append(call(station, "MeterValues", given))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            told = self.events(*units)
        reads = [each["sql"] for each in queries if each["sql"].startswith("SELECT")]
        self.assertEqual((len(reads), told), (2, []))
        self.assertEqual(set(Transaction.objects.values_list("energy_wh", flat=True)), {200.0})
        self.assertEqual(Transaction.objects.count(), len(numbers))
