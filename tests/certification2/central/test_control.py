"""Remote control, availability and reservations, as the server sees them (blocks F to H)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from smartserver.core import clock
from stations.models import Reservation, Transaction, TransactionEvent
from stations.ocpp.frames import Payload
from stations.services.authorization.reservations import cancel, reserve
from tests.certification2.central.support import ACCEPTED, REJECTED, CentralCase2, ScriptedStation2, metered
from tests.certification2.support import token

State = Reservation.State


class RemoteStart(CentralCase2):
    def start(self, client: ScriptedStation2, reply: Payload = ACCEPTED) -> int:
        """Asked by the operator; the remoteStartId that the server has chosen."""
        command = self.command("RequestStartTransaction", {"idToken": token(), "evseId": 1})
        number: int = client.expect("RequestStartTransaction")["remoteStartId"]
        client.reply(reply)
        self.assert_answered(command, reply["status"])
        return number

    def assert_started(self) -> None:
        running = self.transaction()
        self.assertEqual(running.remote_start, self.newest("RequestStartTransaction"))
        self.assertEqual((running.active, running.id_token), (True, self.card))

    def test_tc_f_01_plugged_in_first(self) -> None:
        with self.booted() as client:
            client.tell(1, "Occupied")
            client.event("Started", "CablePluggedIn", "EVConnected")
            number = self.start(client, {"status": "Accepted", "transactionId": "T1"})
            client.event("Updated", "RemoteStart", "Charging", idToken=token(), info={"remoteStartId": number})
            self.assert_started()

    def test_tc_f_02_token_is_asked_about(self) -> None:
        with self.booted() as client:
            number = self.start(client)
            self.assertEqual(client.authorize()["status"], "Accepted")
            client.event("Started", "RemoteStart", "Idle", idToken=token(), info={"remoteStartId": number})
            self.assert_started()

    def test_tc_f_03_token_is_taken_as_it_is(self) -> None:
        with self.booted() as client:
            number = self.start(client)
            client.event("Started", "RemoteStart", "Idle", idToken=token(), info={"remoteStartId": number})
            client.event("Updated", "CablePluggedIn", "Charging")
            self.assert_started()

    def test_tc_f_04_nobody_plugs_in(self) -> None:
        with self.booted() as client:
            number = self.start(client)
            client.event("Started", "RemoteStart", "Idle", idToken=token(), info={"remoteStartId": number})
            client.event("Ended", "EVConnectTimeout", info={"stoppedReason": "Timeout"})
            self.assertEqual((self.transaction().active, self.transaction().end_reason), (False, "Timeout"))


class Triggers(CentralCase2):
    def trigger(self, client: ScriptedStation2, message: str, **more: Any) -> None:
        self.ask(client, "TriggerMessage", {"requestedMessage": message, **more}, ACCEPTED)

    def test_tc_f_06_unlock(self) -> None:
        self.asked("UnlockConnector", {"evseId": 1, "connectorId": 1}, "Unlocked")

    def meter_values(self, *evses: int, **where: Any) -> None:
        with self.booted() as client:
            self.trigger(client, "MeterValues", **where)
            for evse in evses:
                values = metered(1000.0 * evse, "Trigger")
                self.assertEqual(client.call("MeterValues", evseId=evse, meterValue=values), {})
            found = self.station.evses.filter(number__in=evses, power_w=11_000.0)
            self.assertEqual(found.count(), len(evses))

    def test_tc_f_11_meter_values_of_an_evse(self) -> None:
        self.meter_values(1, evse={"id": 1})

    def test_tc_f_12_meter_values_of_all(self) -> None:
        self.meter_values(1, 2)

    def transactions(self, *evses: int, **where: Any) -> None:
        with self.booted() as client:
            self.family("SISTER")
            for evse, card in zip(evses, (self.card.value, "SISTER"), strict=False):
                client.charge(evse, card=card, reference=f"T{evse}")
            self.trigger(client, "TransactionEvent", **where)
            for evse in evses:
                client._sequence = 2
                client.event("Updated", "Trigger", "SuspendedEV", reference=f"T{evse}", evse=evse)
            self.assertEqual(set(Transaction.objects.values_list("charging_state", flat=True)), {"SuspendedEV"})
            self.assertEqual(TransactionEvent.objects.filter(trigger="Trigger").count(), len(evses))

    def test_tc_f_13_transaction_of_an_evse(self) -> None:
        self.transactions(1, evse={"id": 1})

    def test_tc_f_14_transactions_of_all(self) -> None:
        self.transactions(1, 2)

    def test_tc_f_15_logs_idle(self) -> None:
        with self.booted() as client:
            self.trigger(client, "LogStatusNotification")
            self.assertEqual(client.call("LogStatusNotification", status="Idle"), {})

    def test_tc_f_18_firmware_idle(self) -> None:
        with self.booted() as client:
            self.trigger(client, "FirmwareStatusNotification")
            self.assertEqual(client.call("FirmwareStatusNotification", status="Idle"), {})

    def test_tc_f_20_heartbeat(self) -> None:
        with self.booted() as client:
            self.trigger(client, "Heartbeat")
            self.assertIn("currentTime", client.call("Heartbeat"))

    def status_of_one(self, status: str) -> None:
        with self.booted() as client:
            self.trigger(client, "StatusNotification", evse={"id": 1, "connectorId": 1})
            client.tell(1, status)
            self.assertEqual(self.status(1), status)

    def test_tc_f_23_status_available(self) -> None:
        self.status_of_one("Available")

    def test_tc_f_24_status_occupied(self) -> None:
        self.status_of_one("Occupied")

    def test_tc_f_27_not_implemented(self) -> None:
        self.asked("TriggerMessage", {"requestedMessage": "LogStatusNotification"}, "NotImplemented")


class Only21(CentralCase2):
    version = "2.1"

    def test_tc_f_100_of_the_vendor(self) -> None:
        self.asked("TriggerMessage", {"requestedMessage": "CustomTrigger", "customTrigger": "Moonlight"})


class Availability(CentralCase2):
    def changed(self, operative: bool, *statuses: str, result: str = "Accepted", **evse: int) -> None:
        """The station obeys, and tells its new status."""
        request: Payload = {"operationalStatus": "Operative" if operative else "Inoperative"}
        if evse:
            request["evse"] = evse
        with self.booted() as client:
            if result == "Scheduled":
                client.charge()
            self.ask(client, "ChangeAvailability", request, {"status": result})
            if result == "Scheduled":
                self.assertTrue(self.transaction().active)
                client.end("StopAuthorized", "Local")
            for number, status in enumerate(statuses, 1):
                client.tell(number, status)
                self.assertEqual(self.status(number), status)

    def test_tc_g_01_status(self) -> None:
        with self.booted() as client:
            client.tell(1, "Occupied")
            self.assertEqual((self.status(1), self.row()["status"]), ("Occupied", "Occupied"))

    def test_tc_g_03_evse_out(self) -> None:
        self.changed(False, "Unavailable", id=1)

    def test_tc_g_04_evse_in(self) -> None:
        self.changed(True, "Available", id=1)

    def test_tc_g_05_station_out(self) -> None:
        self.changed(False, "Unavailable", "Unavailable")

    def test_tc_g_06_station_in(self) -> None:
        self.changed(True, "Available", "Available")

    def test_tc_g_07_connector_out(self) -> None:
        self.changed(False, "Unavailable", id=1, connectorId=1)

    def test_tc_g_08_connector_in(self) -> None:
        self.changed(True, "Available", id=1, connectorId=1)

    def test_tc_g_11_evse_out_after_its_transaction(self) -> None:
        self.changed(False, "Unavailable", result="Scheduled", id=1)

    def test_tc_g_14_station_out_after_its_transactions(self) -> None:
        self.changed(False, "Unavailable", "Unavailable", result="Scheduled")

    def test_tc_g_17_connector_out_after_its_transaction(self) -> None:
        self.changed(False, "Unavailable", result="Scheduled", id=1, connectorId=1)

    def test_tc_g_20_lock_fails(self) -> None:
        with self.booted() as client:
            client.tell(1, "Occupied")
            client.tell(1, "Faulted")
            self.assertEqual(self.row()["status"], "Faulted")
            self.assertFalse(Transaction.objects.exists())


class Reservations(CentralCase2):
    def reserve(self, client: ScriptedStation2, reply: Payload = ACCEPTED, evse: int = 1, **more: str) -> Reservation:
        until = clock.now() + timedelta(hours=1)
        made = self.order(reserve, evse=evse, id_token=self.card.value, expires_at=until, **more)
        sent = client.expect("ReserveNow")
        self.assertEqual((sent["id"], sent.get("evseId", 0)), (made.pk, evse))
        self.assertEqual(sent.get("connectorType", ""), more.get("connector_type", ""))
        client.reply(reply)
        self.assert_answered(self.newest("ReserveNow"), reply["status"])
        return made

    def assert_state(self, made: Reservation, state: str) -> None:
        made.refresh_from_db()
        self.assertEqual(made.state, state)

    def use(self, client: ScriptedStation2, made: Reservation, card: str = "", evse: int = 1) -> None:
        self.assert_state(made, State.ACTIVE)
        shown = token(card or self.card.value)
        client.event("Started", "Authorized", evse=evse, idToken=shown, reservationId=made.pk)
        self.assert_state(made, State.USED)
        self.assertEqual(self.transaction().reservation, made)

    def test_tc_h_01_used(self) -> None:
        with self.booted() as client:
            self.use(client, self.reserve(client))

    def test_tc_h_07_not_used(self) -> None:
        with self.booted() as client:
            made = self.reserve(client)
            client.tell(1, "Reserved")
            client.call("ReservationStatusUpdate", reservationId=made.pk, reservationUpdateStatus="Expired")
            client.tell(1, "Available")
            self.assert_state(made, State.EXPIRED)

    def test_tc_h_08_any(self) -> None:
        with self.booted() as client:
            self.use(client, self.reserve(client, evse=0), evse=2)

    def test_tc_h_14_as_many_as_evses(self) -> None:
        with self.booted() as client:
            made = [self.reserve(client, evse=evse) for evse in (1, 2)]
            for each in made:
                self.assert_state(each, State.ACTIVE)
            self.assert_state(self.reserve(client, {"status": "Occupied"}, 0), State.REFUSED)

    def test_tc_h_15_of_a_type(self) -> None:
        with self.booted() as client:
            self.use(client, self.reserve(client, connector_type="sType2"))

    def test_tc_h_17_cancelled(self) -> None:
        with self.booted() as client:
            made = self.reserve(client)
            self.direct(cancel, reservation_id=made.pk)
            self.answered(client, "CancelReservation", ACCEPTED)
            self.assert_state(made, State.CANCELLED)

    def test_tc_h_19_same_group(self) -> None:
        self.family("SISTER")
        with self.booted() as client:
            self.use(client, self.reserve(client), "SISTER")

    def test_tc_h_20_a_fault(self) -> None:
        with self.booted() as client:
            made = self.reserve(client)
            client.call("ReservationStatusUpdate", reservationId=made.pk, reservationUpdateStatus="Removed")
            client.tell(1, "Faulted")
            self.assert_state(made, State.CANCELLED)

    def test_tc_h_22_station_takes_none(self) -> None:
        with self.booted() as client:
            self.assert_state(self.reserve(client, REJECTED), State.REFUSED)
