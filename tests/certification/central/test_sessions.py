"""Sessions from the plug to the bill, refused ids and meter values, as the server sees them."""

from __future__ import annotations

from smartserver.core import clock
from smartserver.core.clock import isoformat
from stations.models import MeterValue, Transaction
from tests.certification.central.support import CentralCase
from tests.certification.support import CARD, STRANGER


class Start(CentralCase):
    def test_tc_003_regular_session_plug_in_first(self) -> None:
        with self.booted() as client:
            client.tell(1, "Preparing")
            self.assertEqual(client.authorize()["status"], "Accepted")
            answer = client.start()
            self.assertEqual(answer["idTagInfo"]["status"], "Accepted")
            client.tell(1, "Charging")
            row = self.row()
            self.assertEqual((row["status"], row["sessions"]), ("Charging", 1))
            self.assertEqual(client.authorize()["status"], "Accepted")
            answer_to_stop = client.stop(answer["transactionId"], idTag=CARD)
            self.assertEqual(answer_to_stop["idTagInfo"]["status"], "Accepted")
            client.tell(1, "Finishing")
            client.tell(1, "Available")
            self.assert_ended(answer["transactionId"], "Local")
            self.assertEqual(self.transaction().id_token, self.card)

    def test_tc_004_1_regular_session_identification_first(self) -> None:
        with self.booted() as client:
            self.assertEqual(client.authorize()["status"], "Accepted")
            client.tell(1, "Preparing")
            number = client.start()["transactionId"]
            client.tell(1, "Charging")
            client.stop(number, idTag=CARD)
            client.tell(1, "Available")
            self.assert_ended(number, "Local")

    def test_tc_004_2_connection_time_out(self) -> None:
        with self.booted() as client:
            self.assertEqual(client.authorize()["status"], "Accepted")
            client.tell(1, "Preparing")
            client.tell(1, "Available")
            self.assertEqual(self.row()["status"], "Available")
            self.assertFalse(Transaction.objects.exists())

    def test_tc_024_lock_failure(self) -> None:
        with self.booted() as client:
            client.tell(1, "Preparing")
            self.assertEqual(client.authorize()["status"], "Accepted")
            client.tell(1, "Faulted", "ConnectorLockFailure")
            self.assertEqual(self.row()["status"], "Faulted")
            connector = self.station.evses.get(number=1).connectors.get()
            self.assertEqual(connector.error_code, "ConnectorLockFailure")
            self.assertFalse(Transaction.objects.exists())

    def test_tc_041_fault(self) -> None:
        with self.booted() as client:
            client.tell(1, "Faulted", "GroundFailure")
            self.assertEqual(self.row()["status"], "Faulted")
            client.tell(1, "Available")
            self.assertEqual(self.row()["status"], "Available")


class Stop(CentralCase):
    def test_tc_005_1_unplugged_and_unlocked(self) -> None:
        with self.booted() as client:
            number = client.charge()
            client.tell(1, "SuspendedEV")
            client.stop(number, "EVDisconnected")
            client.tell(1, "Finishing")
            client.tell(1, "Available")
            self.assert_ended(number, "EVDisconnected")

    def test_tc_005_2_unplugged_and_locked(self) -> None:
        """The cable stays in the connector until the driver shows the card again."""
        with self.booted() as client:
            number = client.charge()
            client.stop(number, "EVDisconnected")
            client.tell(1, "Finishing")
            self.assertEqual(self.row()["status"], "Finishing")
            self.assertEqual(client.authorize()["status"], "Accepted")
            client.tell(1, "Available")
            self.assert_ended(number, "EVDisconnected")

    def test_tc_005_3_unplugged_and_going_on(self) -> None:
        with self.booted() as client:
            number = client.charge()
            client.tell(1, "SuspendedEV")
            self.assertTrue(self.transaction().active)
            client.tell(1, "Charging")
            client.stop(number, idTag=CARD)
            self.assert_ended(number, "Local")

    def test_tc_068_stopped_by_the_same_id(self) -> None:
        with self.booted() as client:
            number = client.charge()
            self.assertEqual(client.authorize(STRANGER)["status"], "Invalid")
            self.assertTrue(self.transaction().active)
            client.stop(number, idTag=CARD.lower())
            self.assert_ended(number, "Local")
            self.assertEqual(self.transaction().stopped_by, self.card)

    def test_tc_069_stopped_by_an_id_of_the_same_parent(self) -> None:
        self.family("SISTER")
        with self.booted() as client:
            self.assertEqual(client.authorize()["parentIdTag"], "FAMILY")
            number = client.charge()
            self.assertEqual(client.authorize("SISTER"), {"status": "Accepted", "parentIdTag": "FAMILY"})
            self.assertEqual(client.stop(number, idTag="SISTER")["idTagInfo"]["parentIdTag"], "FAMILY")
            self.assert_ended(number, "Local")
            done = self.transaction()
            assert done.stopped_by is not None
            self.assertEqual((done.stopped_by.value, done.remark), ("SISTER", ""))


class Refused(CentralCase):
    def refuse(self, card: str, status: str) -> None:
        with self.booted() as client:
            client.tell(1, "Preparing")
            self.assertEqual(client.authorize(card)["status"], status)
            self.assertFalse(Transaction.objects.exists())
            # A station that did not ask first is told with the start, which is kept all the same.
            answer = client.start(card)
            self.assertEqual(answer["idTagInfo"]["status"], status)
            client.stop(answer["transactionId"], "DeAuthorized", meter=1000)
            self.assert_ended(answer["transactionId"], "DeAuthorized", energy=0.0)

    def test_tc_023_1_unknown_id(self) -> None:
        self.refuse(STRANGER, "Invalid")

    def test_tc_023_2_expired_id(self) -> None:
        self.expire(self.card)
        self.refuse(CARD, "Expired")

    def test_tc_023_3_blocked_id(self) -> None:
        self.block(self.card)
        self.refuse(CARD, "Blocked")

    def test_tc_023_4_not_accepted_on_site(self) -> None:
        with self.booted() as client:
            client.tell(1, "Preparing")
            self.assertEqual(client.authorize(STRANGER)["status"], "Invalid")
            client.tell(1, "Available")
            self.assertFalse(Transaction.objects.exists())
            self.assertEqual(self.row()["status"], "Available")

    def test_tc_023_5_not_accepted_at_a_remote_start(self) -> None:
        with self.booted() as client:
            request = {"idTag": STRANGER, "connectorId": 1}
            self.ask(client, "RemoteStartTransaction", request, {"status": "Accepted"})
            self.assertEqual(client.authorize(STRANGER)["status"], "Invalid")
            self.assertFalse(Transaction.objects.exists())


class Cache(CentralCase):
    def test_tc_007_1_cached_id_on_site(self) -> None:
        """The station does not ask before; the verdict comes with the start."""
        with self.booted() as client:
            client.tell(1, "Preparing")
            answer = client.start()
            self.assertEqual(answer["idTagInfo"]["status"], "Accepted")
            client.tell(1, "Charging")
            self.assertEqual(self.row()["sessions"], 1)

    def test_tc_007_2_cached_id_at_a_remote_start(self) -> None:
        with self.booted() as client:
            self.ask(client, "RemoteStartTransaction", {"idTag": CARD, "connectorId": 1}, {"status": "Accepted"})
            client.tell(1, "Preparing")
            self.assertEqual(client.start()["idTagInfo"]["status"], "Accepted")
            self.assertEqual(self.row()["sessions"], 1)

    def test_tc_061_1_clear_cache(self) -> None:
        with self.booted() as client:
            self.ask(client, "ClearCache", {}, {"status": "Accepted"})
            client.tell(1, "Preparing")
            self.assertEqual(client.authorize()["status"], "Accepted")

    def test_tc_061_2_clear_cache_rejected(self) -> None:
        with self.booted() as client:
            self.ask(client, "ClearCache", {}, {"status": "Rejected"})
            self.ask(client, "RemoteStartTransaction", {"idTag": CARD, "connectorId": 1}, {"status": "Accepted"})
            self.assertEqual(client.authorize()["status"], "Accepted")


class Meters(CentralCase):
    def readings(self, client_context: str, values: tuple[int, ...]) -> None:
        with self.booted() as client:
            number = client.charge()
            for value in values:
                sampled = {"value": str(value), "context": client_context, "unit": "Wh"}
                energy = sampled | {"measurand": "Energy.Active.Import.Register"}
                power = {"value": "11000", "context": client_context, "measurand": "Power.Active.Import", "unit": "W"}
                answer = client.call(
                    "MeterValues",
                    connectorId=1,
                    transactionId=number,
                    meterValue=[{"timestamp": isoformat(clock.now()), "sampledValue": [energy, power]}],
                )
                self.assertEqual(answer, {})
            stored = MeterValue.objects.filter(transaction_id=number).order_by("pk")
            self.assertEqual([row.energy_wh for row in stored], [float(value) for value in values])
            self.assertEqual({row.power_w for row in stored}, {11000.0})
            row = self.row()
            self.assertEqual((row["power_w"], row["session_energy_wh"]), (11000.0, values[-1] - 1000.0))

    def test_tc_070_sampled_meter_values(self) -> None:
        self.readings("Sample.Periodic", (1100, 1200, 1300))

    def test_tc_071_clock_aligned_meter_values(self) -> None:
        self.readings("Sample.Clock", (1500, 2000))
