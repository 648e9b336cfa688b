"""Sessions at the emulator, refused ids, its cache and its meter values."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

from stations.models import IdToken, MeterValue, Transaction
from tests.certification.station.support import ChargePoint, StationCase
from tests.certification.support import CARD, STRANGER
from tests.waiting import eventually


class Start(StationCase):
    def test_tc_003_regular_session_plug_in_first(self) -> None:
        with self.booted() as point:
            self.charge(point)
            self.assertEqual((self.row()["status"], self.row()["sessions"]), ("Charging", 1))
            self.assertTrue(point.charging)
            point.present(CARD)
            self.assert_story("StopTransaction Local", "1 Finishing")
            point.unplug()
            self.assert_story("1 Available")
            self.assert_ended("Local")

    def test_tc_004_1_regular_session_identification_first(self) -> None:
        with self.booted() as point:
            point.present(CARD)
            self.assert_story("Authorize", "1 Preparing")
            point.plug_in()
            self.assert_story("StartTransaction", "1 Charging")
            eventually(lambda: point.running)
            point.present(CARD)
            point.unplug()
            self.assert_story("StopTransaction Local", "1 Finishing", "1 Available")
            self.assert_ended("Local")

    def test_tc_004_2_connection_time_out(self) -> None:
        with self.booted() as point:
            self.change("ConnectionTimeOut", "3")
            point.present(CARD)
            self.assert_story("Authorize", "1 Preparing", "1 Available")
            self.assertFalse(Transaction.objects.exists())

    def test_tc_024_lock_failure(self) -> None:
        with self.booted() as point:
            point.plug_in()
            point.at(lambda outlet, now: outlet.fault(now, "ConnectorLockFailure"))
            point.present(CARD)
            self.assert_story("1 Preparing", "1 Faulted ConnectorLockFailure", "Authorize")
            self.assertFalse(Transaction.objects.exists())
            self.assertFalse(point.charging)

    def test_tc_041_fault(self) -> None:
        with self.booted() as point:
            point.at(lambda outlet, now: outlet.fault(now, "GroundFailure"))
            self.assert_story("1 Faulted GroundFailure")
            point.plug_in()
            point.present(CARD)
            self.ask("RemoteStartTransaction", {"idTag": CARD, "connectorId": 1}, "Rejected")
            self.assertFalse(Transaction.objects.exists())
            self.assertFalse(point.charging)


class Stop(StationCase):
    def test_tc_005_1_unplugged_and_unlocked(self) -> None:
        with self.booted() as point:
            self.charge(point)
            point.unplug()
            self.assert_story("StopTransaction EVDisconnected", "1 Available")
            self.assert_ended("EVDisconnected")

    def test_tc_005_2_unplugged_and_locked(self) -> None:
        with self.booted(configured={"UnlockConnectorOnEVSideDisconnect": "false"}) as point:
            self.charge(point)
            point.unplug()
            self.assert_story("StopTransaction EVDisconnected", "1 Finishing")
            self.assert_ended("EVDisconnected")
            point.present(CARD)
            self.assert_story("Authorize", "1 Available")

    def test_tc_005_3_unplugged_and_going_on(self) -> None:
        with self.booted() as point:
            self.change("StopTransactionOnEVSideDisconnect", "false")
            self.charge(point)
            point.unplug()
            self.assert_story("1 SuspendedEV")
            self.assertTrue(self.transaction().active)
            self.assertFalse(point.charging)
            point.plug_in()
            self.assert_story("1 Charging")
            point.present(CARD)
            self.assert_story("StopTransaction Local", "1 Finishing")
            self.assert_ended("Local")

    def test_tc_068_stopped_by_the_same_id(self) -> None:
        IdToken.objects.create(value="OTHER")
        with self.booted() as point:
            self.charge(point)
            point.present("OTHER")
            self.assert_story("Authorize")
            self.assertTrue(self.transaction().active, "a valid card of somebody else ends nothing")
            point.present(CARD)
            self.assert_story("StopTransaction Local", "1 Finishing")
            self.assertEqual(self.requests("StopTransaction")[0]["idTag"], CARD)
            self.assertEqual(self.assert_ended("Local").stopped_by, self.card)

    def test_tc_069_stopped_by_an_id_of_the_same_parent(self) -> None:
        self.family("SISTER")
        with self.booted() as point:
            self.charge(point)
            point.present("SISTER")
            self.assert_story("Authorize", "StopTransaction Local", "1 Finishing")
            self.assertEqual(self.requests("StopTransaction")[0]["idTag"], "SISTER")
            stopped_by = self.assert_ended("Local").stopped_by
            assert stopped_by is not None
            self.assertEqual(stopped_by.value, "SISTER")


class Refused(StationCase):
    def refuse(self, card: str) -> None:
        with self.booted() as point:
            point.plug_in()
            point.present(card)
            self.assert_story("1 Preparing", "Authorize")
            point.unplug()
            self.assert_story("1 Available")
            self.assertFalse(Transaction.objects.exists())

    def test_tc_023_1_unknown_id(self) -> None:
        self.refuse(STRANGER)

    def test_tc_023_2_expired_id(self) -> None:
        self.expire(self.card)
        self.refuse(CARD)

    def test_tc_023_3_blocked_id(self) -> None:
        self.block(self.card)
        self.refuse(CARD)

    def test_tc_023_4_not_accepted_on_site(self) -> None:
        """Identified first: nothing waits for a plug."""
        with self.booted() as point:
            point.present(STRANGER)
            self.assert_story("Authorize")
            point.plug_in()
            self.assert_story("1 Preparing")
            self.assertFalse(Transaction.objects.exists())

    def test_tc_023_5_not_accepted_at_a_remote_start(self) -> None:
        with self.booted() as point:
            self.change("AuthorizeRemoteTxRequests", "true")
            point.plug_in()
            self.assert_story("1 Preparing")
            self.ask("RemoteStartTransaction", {"idTag": STRANGER, "connectorId": 1})
            self.assert_story("Authorize")
            point.unplug()
            self.assert_story("1 Available")
            self.assertFalse(Transaction.objects.exists())


class Cache(StationCase):
    PREAUTHORIZED = {"LocalPreAuthorize": "true", "AuthorizationCacheEnabled": "true"}

    def learn(self, point: ChargePoint) -> None:
        """The station hears that the card is good, and nothing comes of it."""
        point.present(CARD)
        self.assert_story("Authorize", "1 Preparing")
        point.present(CARD)
        self.assert_story("1 Available")

    def test_tc_007_1_cached_id_on_site(self) -> None:
        with self.booted(configured=self.PREAUTHORIZED) as point:
            self.charge(point)
            point.unplug()
            self.assert_story("StopTransaction EVDisconnected", "1 Available")
            self.start(point)
            self.assertEqual(self.row()["sessions"], 1)

    def test_tc_007_2_cached_id_at_a_remote_start(self) -> None:
        configured = self.PREAUTHORIZED | {"AuthorizeRemoteTxRequests": "true"}
        with self.booted(configured=configured) as point:
            self.learn(point)
            point.plug_in()
            self.ask("RemoteStartTransaction", {"idTag": CARD, "connectorId": 1})
            self.assert_story("1 Preparing", "StartTransaction", "1 Charging")

    def test_tc_061_1_clear_cache(self) -> None:
        with self.booted(configured=self.PREAUTHORIZED) as point:
            self.charge(point)
            point.unplug()
            self.assert_story("StopTransaction EVDisconnected", "1 Available")
            self.ask("ClearCache")
            self.charge(point)

    def test_tc_061_2_clear_cache_before_a_remote_start(self) -> None:
        configured = self.PREAUTHORIZED | {"AuthorizeRemoteTxRequests": "true"}
        with self.booted(configured=configured) as point:
            self.learn(point)
            self.ask("ClearCache")
            point.plug_in()
            self.ask("RemoteStartTransaction", {"idTag": CARD, "connectorId": 1})
            self.assert_story("1 Preparing", "Authorize", "StartTransaction", "1 Charging")


class Meters(StationCase):
    def test_tc_070_sampled_meter_values(self) -> None:
        with self.booted() as point:
            self.change("MeterValueSampleInterval", "2")
            self.change("MeterValuesSampledData", "Energy.Active.Import.Register,Power.Active.Import,SoC")
            self.charge(point)
            eventually(lambda: len(self.requests("MeterValues")) >= 3)
            for request in self.requests("MeterValues"):
                (value,) = request["meterValue"]
                self.assertEqual({each["context"] for each in value["sampledValue"]}, {"Sample.Periodic"})
                measurands = [each["measurand"] for each in value["sampledValue"]]
                self.assertEqual(measurands, ["Energy.Active.Import.Register", "Power.Active.Import", "SoC"])
                self.assertEqual(request["transactionId"], self.transaction().pk)
            registers = [row.energy_wh or 0.0 for row in MeterValue.objects.order_by("pk")]
            self.assertEqual(registers, sorted(registers))
            self.assertGreater(registers[-1], registers[0])

    def test_tc_071_clock_aligned_meter_values(self) -> None:
        with self.booted(speed=1.0) as point:
            self.change("MeterValueSampleInterval", "0")
            self.change("MeterValuesAlignedData", "Energy.Active.Import.Register")
            self.change("ClockAlignedDataInterval", "1")
            mine = MeterValue.objects.filter(transaction=self.charge(point))
            eventually(lambda: mine.count() >= 2)
            stamps = []
            for request in self.requests("MeterValues"):
                (value,) = request["meterValue"]
                self.assertEqual([each["context"] for each in value["sampledValue"]], ["Sample.Clock"])
                if request["connectorId"] == 1:
                    stamps.append(datetime.fromisoformat(value["timestamp"]).timestamp())
            self.assertEqual({round(stamp, 2) % 1 for stamp in stamps}, {0.0}, "whole seconds")
            self.assertEqual({round(after - before) for before, after in pairwise(stamps)}, {1})
