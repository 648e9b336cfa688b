"""TransactionEvents of 2.x: gaps in their numbers, what they tell late, who began and ended the session, its limits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from smartserver.core.errors import Conflict, NotFound
from stations.models import Command, IdToken, IdTokenGroup, Transaction, TransactionEvent
from stations.ocpp.frames import Payload
from stations.services.commands import queue_command
from stations.services.sessions.limits import set_limits
from tests.stations.asked import AskedCase
from tests.stations.factories import TokenFactory, TransactionFactory
from tests.stations.support import NOON, call, rules_of

CARD = {"idToken": "CARD", "type": "ISO14443"}


class EventCase(AskedCase):
    version = "2.1"

    def setUp(self) -> None:
        super().setUp()
        self.token: IdToken = TokenFactory.create(value="CARD")

    def tell(
        self, phase: str, number: int, trigger: str = "Trigger", *, minute: int | None = None, **more: Any
    ) -> Payload:
        """An event; its number is the minute of its time, unless that is told."""
        moment = NOON + timedelta(minutes=number if minute is None else minute)
        payload = {
            "eventType": phase,
            "timestamp": moment.isoformat(),
            "triggerReason": trigger,
            "seqNo": number,
            "transactionInfo": {"transactionId": "T1", **more.pop("info", {})},
            "evse": {"id": 1, "connectorId": 1},
        }
        answer: Payload = self.do(call(self.station, "TransactionEvent", payload | more, version=self.version))
        return answer

    @property
    def session(self) -> Transaction:
        return Transaction.objects.get()

    @property
    def missing(self) -> int:
        return self.session.missing_events


class Gaps(EventCase):
    def test_are_counted_and_filled(self) -> None:
        self.tell("Started", 0)
        self.tell("Updated", 3)
        self.assertEqual(self.missing, 2)
        self.tell("Updated", 1, offline=True)
        self.tell("Updated", 1, offline=True)
        self.assertEqual(self.missing, 1)
        self.tell("Ended", 5)
        self.assertEqual(self.missing, 2)
        for number in (2, 4):
            self.tell("Updated", number, offline=True)
        self.assertEqual((self.missing, TransactionEvent.objects.count()), (0, 6))

    def test_a_start_that_has_not_come_is_missing(self) -> None:
        self.tell("Updated", 7)
        self.assertEqual(self.missing, 1)
        self.tell("Started", 5)
        self.assertEqual(self.missing, 1)
        self.tell("Updated", 6)
        self.assertEqual(self.missing, 0)

    def test_a_station_that_begins_its_numbers_anew_has_none(self) -> None:
        self.tell("Started", 0)
        self.tell("Updated", 1)
        self.tell("Updated", 0, minute=9, info={"chargingState": "Charging"})
        self.assertEqual((self.missing, self.session.charging_state), (0, "Charging"))


class LateEvents(EventCase):
    def test_tell_what_was_and_not_how_things_are(self) -> None:
        self.tell("Started", 0)
        now = {"chargingState": "Charging", "timeSpentCharging": 60, "operationMode": "ChargingOnly", "tariffId": "DAY"}
        self.tell("Updated", 3, info=now, numberOfPhasesUsed=1, cableMaxCurrent=32)
        before = {"chargingState": "SuspendedEV", "timeSpentCharging": 30, "operationMode": "Idle", "tariffId": "NIGHT"}
        self.tell("Updated", 2, info=before, numberOfPhasesUsed=3, cableMaxCurrent=16)
        session = self.session
        self.assertEqual((session.charging_state, session.charging_seconds), ("Charging", 60))
        self.assertEqual((session.operation_mode, session.tariff), ("ChargingOnly", "DAY"))
        self.assertEqual((session.phases_used, session.cable_max_current_a), (1, 32))
        late = TransactionEvent.objects.get(sequence=2)
        self.assertEqual(late.details["timeSpentCharging"], 30)
        self.assertEqual((late.details["numberOfPhasesUsed"], late.charging_state), (3, "SuspendedEV"))

    def test_numbers_that_no_column_holds_are_kept_as_they_were_sent(self) -> None:
        self.tell("Started", 0, info={"timeSpentCharging": 2**40, "remoteStartId": -1}, cableMaxCurrent=-5)
        self.assertEqual((self.session.charging_seconds, self.session.remote_start_number), (None, None))
        self.assertEqual(TransactionEvent.objects.get().details["timeSpentCharging"], 2**40)


class WhoStops(EventCase):
    def stop(self, value: str, group: str = "", *, master: bool = False) -> Transaction:
        known = IdTokenGroup.objects.filter(name=group).first()
        row = known or (IdTokenGroup.objects.create(name=group, master=master) if group else None)
        TokenFactory.create(value=value, group=row)
        self.tell("Started", 0, "Authorized", idToken=CARD)
        self.tell("Updated", 1, "StopAuthorized", idToken={"idToken": value, "type": "ISO14443"})
        return self.session

    def test_a_stranger_is_recorded(self) -> None:
        session = self.stop("OTHER")
        self.assertEqual((session.stopped_by and session.stopped_by.value, session.active), ("OTHER", True))
        self.assertEqual((session.remark, rules_of(self.station)), ("stopped_by_stranger", {"stopped_by_stranger": 1}))

    def test_a_member_of_the_group_is_none(self) -> None:
        self.token.group = IdTokenGroup.objects.create(name="FAMILY")
        self.token.save()
        self.assertEqual(self.stop("OURS", "FAMILY").remark, "")

    def test_nor_is_a_master_pass(self) -> None:
        self.assertEqual(self.stop("CHIEF", "MASTERS", master=True).remark, "")

    def test_the_token_of_the_end_is_not_that_of_the_session(self) -> None:
        TokenFactory.create(value="OTHER")
        self.tell("Started", 0)
        self.tell("Updated", 1, "StopAuthorized", idToken={"idToken": "OTHER", "type": "ISO14443"})
        self.assertIsNone(self.session.id_token)


class RemoteStarts(EventCase):
    def start(self, **more: Any) -> Command:
        return self.ask("RequestStartTransaction", {"idToken": CARD, "evseId": 1} | more)

    def test_the_event_names_the_command(self) -> None:
        command = self.start()
        number = self.take().payload["remoteStartId"]
        self.tell("Started", 0, "RemoteStart", info={"remoteStartId": number}, idToken=CARD)
        self.assertEqual((self.session.remote_start, self.session.remote_start_number), (command, number))
        self.tell("Updated", 1, info={"remoteStartId": number + 1})
        self.assertEqual(self.session.remote_start, command, "a session begins once")

    def test_one_that_has_not_left_began_nothing(self) -> None:
        self.start(remoteStartId=5)
        self.tell("Started", 0, "RemoteStart", info={"remoteStartId": 5})
        self.assertEqual((self.session.remote_start, self.session.remote_start_number), (None, 5))

    def test_the_answer_names_a_transaction_that_waits(self) -> None:
        self.tell("Started", 0, "CablePluggedIn")
        command = self.start(remoteStartId=5)
        self.answer({"status": "Accepted", "transactionId": "T1"})
        self.assertEqual((self.session.remote_start, self.session.remote_start_number), (command, 5))

    def test_a_refusal_names_none(self) -> None:
        self.tell("Started", 0, "CablePluggedIn")
        for reply in ({"status": "Rejected", "transactionId": "T1"}, {"status": "Accepted"}):
            self.start()
            self.answer(reply)
        self.assertIsNone(self.session.remote_start)

    def test_the_number_is_that_of_the_idempotency_key(self) -> None:
        def order(key: str | None) -> int:
            payload = {"idToken": CARD}
            command = self.do(
                lambda batch: queue_command(
                    batch,
                    station_id=self.station.pk,
                    action="RequestStartTransaction",
                    payload=payload,
                    idempotency_key=key,
                )
            )
            number: int = command.payload["remoteStartId"]
            return number

        self.assertEqual(order("order-1"), order("order-1"))
        self.assertNotEqual(order("order-1"), order("order-2"))
        self.assertNotEqual(order(None), order(None))
        self.assertEqual(Command.objects.count(), 4)


class Limits(EventCase):
    def limit(self, limits: dict[str, float], number: int | None = None) -> Any:
        key = self.session.pk if number is None else number
        return self.do(lambda batch: set_limits(batch, transaction_id=key, limits=limits))

    def test_are_told_until_the_station_has_them(self) -> None:
        self.token.limits = {"maxEnergy": 5000}
        self.token.save()
        for number in (0, 1):
            answer = self.tell("Updated" if number else "Started", number, idToken=CARD)
            self.assertEqual(answer["transactionLimit"], {"maxEnergy": 5000})
        answer = self.tell("Updated", 2, "LimitSet", info={"transactionLimit": {"maxEnergy": 5000.0}})
        self.assertEqual((answer, self.session.limits), ({}, {"maxEnergy": 5000.0}))
        self.limit({"maxTime": 600})
        self.assertEqual(self.tell("Updated", 3)["transactionLimit"], {"maxTime": 600}, "an operator's go before")
        self.assertEqual(self.tell("Ended", 4), {}, "it is over")

    def test_only_of_what_runs_and_in_2_1(self) -> None:
        with self.assertRaises(NotFound):
            self.limit({"maxTime": 600}, 10**6)
        over = TransactionFactory.create(station=self.station, active=False)
        with self.assertRaises(Conflict):
            self.limit({"maxTime": 600}, over.pk)
        running = TransactionFactory.create(station=self.station)
        self.station.ocpp_version = "2.0.1"
        self.station.save()
        with self.assertRaises(Conflict):
            self.limit({"maxTime": 600}, running.pk)

    def test_are_not_told_to_2_0_1(self) -> None:
        self.version = "2.0.1"
        self.token.limits = {"maxEnergy": 5000}
        self.token.save()
        self.assertEqual(self.tell("Started", 0, idToken=CARD), {"idTokenInfo": {"status": "Accepted"}})
