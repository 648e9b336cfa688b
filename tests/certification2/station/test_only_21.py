"""What came with 2.1 at the emulator: streams, priority, dynamic profiles, tariffs (blocks I, K, N and Q)."""

from __future__ import annotations

from typing import Any

import orjson

from smartserver.core import clock
from stations.models import BatterySwap, ChargingTerms, EventStream, Message, Monitor, Report, StreamValue
from stations.ocpp.frames import Payload
from stations.services.monitoring.streams import MAX_OPEN
from tests.certification.support import CARD
from tests.certification2.station.test_monitoring import POWER, STATE, MonitoringCase
from tests.certification2.station.test_smart_charging import ProfileCase, profile
from tests.certification2.support import token
from tests.stations.tariffs import energy, tariff
from tests.waiting import eventually


class Streams(MonitoringCase):
    version = "2.1"
    quiet = MonitoringCase.quiet | {"OpenPeriodicEventStream", "NotifyPeriodicEventStream", "ClosePeriodicEventStream"}

    def open(self) -> EventStream:
        """A monitor that streams, of which something has come."""
        periodic = {"type": "Periodic", "value": 2.0, "severity": 8} | STATE
        self.put_one(periodic | {"periodicEventStream": {"interval": 10, "values": 2}})
        eventually(lambda: StreamValue.objects.count() >= 2)
        return EventStream.objects.get()

    def test_tc_n_105_streams(self) -> None:
        with self.booted():
            stream = self.open()
            self.assertEqual((stream.state, stream.last_value), ("open", "Available"))

    def test_tc_n_106_refused(self) -> None:
        """The server has enough of them; what is measured comes as events."""
        with self.booted():
            open_ones = (
                EventStream(station=self.station, number=1000 + each, opened_at=clock.now()) for each in range(MAX_OPEN)
            )
            EventStream.objects.bulk_create(open_ones)
            periodic = {"type": "Periodic", "value": 2.0, "severity": 8} | STATE
            monitor = self.put_one(periodic | {"periodicEventStream": {"interval": 10, "values": 2}})
            found = self.event(monitor)
            self.assertEqual((found.trigger, found.value), ("Periodic", "Available"))
            asked = Message.objects.get(station=self.station, action="OpenPeriodicEventStream")
            self.assertEqual(orjson.loads(asked.reply)["status"], "Rejected")
            self.assertEqual((self.requests("NotifyPeriodicEventStream"), StreamValue.objects.count()), ([], 0))

    def test_tc_n_104_report_of_a_target(self) -> None:
        with self.booted():
            monitor = self.put_one({"type": "TargetDelta", "value": 500.0, "severity": 5} | POWER)
            self.ask("GetMonitoringReport", {"requestId": 8, "monitoringCriteria": ["DeltaMonitoring"]})
            eventually(lambda: Report.objects.filter(request=8, state="complete").exists())
            told = [
                (each["variable"]["name"], found["type"], found["value"], found["eventNotificationType"])
                for part in self.requests("NotifyMonitoringReport")
                for each in part["monitor"]
                for found in each["variableMonitoring"]
                if found["id"] == monitor
            ]
            self.assertEqual(told, [("Power", "TargetDelta", 500.0, "CustomMonitor")])
            self.assertEqual(Monitor.objects.get(number=monitor).type, "TargetDelta")

    def test_tc_n_108_closed(self) -> None:
        with self.booted():
            stream = self.open()
            self.ask("ClearVariableMonitoring", {"id": [stream.monitor]}, "")
            eventually(lambda: EventStream.objects.get().state == "closed")

    def test_tc_n_109_adjusted(self) -> None:
        with self.booted():
            stream = self.open()
            self.ask("AdjustPeriodicEventStream", {"id": stream.number, "params": {"values": 1}})
            self.assertEqual(EventStream.objects.get().values, 1)


class Charging(ProfileCase):
    version = "2.1"
    quiet = ProfileCase.quiet | {"PullDynamicScheduleUpdate"}

    def test_tc_k_104_priority_profile(self) -> None:
        with self.booted():
            self.put(profile(6, "PriorityCharging", limit=9000.0))
            self.assertEqual(self.kept(), {6})

    def test_tc_k_118_priority_by_the_server(self) -> None:
        with self.booted() as point:
            self.put(profile(5))
            self.put(profile(6, "PriorityCharging", limit=9000.0))
            reference = self.charge(point).reference
            self.limited(point, 4000.0)
            self.ask("UsePriorityCharging", {"transactionId": reference, "activate": True})
            self.limited(point, 9000.0)
            self.assertTrue(ChargingTerms.objects.get().priority)

    def test_tc_k_119_priority_on_site(self) -> None:
        with self.booted() as point:
            self.put(profile(6, "PriorityCharging", limit=9000.0))
            self.charge(point)
            point.do(lambda model, now: model.charging.prioritise(model.outlet(1), True, now))
            eventually(lambda: ChargingTerms.objects.filter(priority=True, priority_by="station").exists())

    def dynamic(self, **more: Any) -> Payload:
        schedule = {
            "id": 1,
            "chargingRateUnit": "W",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 9000.0}],
        }
        return profile(7, chargingProfileKind="Dynamic", chargingSchedule=[schedule], **more)

    def test_tc_k_121_dynamic_pulled(self) -> None:
        with self.booted() as point:
            self.put(self.dynamic(dynUpdateInterval=5))
            self.charge(point)
            eventually(lambda: len(point.answers("PullDynamicScheduleUpdate")) >= 1)
            answer = point.answers("PullDynamicScheduleUpdate")[0][2]
            self.assertEqual(answer, {"status": "Accepted", "scheduleUpdate": {"limit": 9000.0}})

    def test_tc_k_122_dynamic_pushed(self) -> None:
        with self.booted() as point:
            self.put(self.dynamic())
            self.charge(point)
            self.limited(point, 9000.0)
            self.ask("UpdateDynamicSchedule", {"chargingProfileId": 7, "scheduleUpdate": {"limit": 3000.0}})
            self.limited(point, 3000.0)

    def test_tc_k_123_dynamic_that_there_is_not(self) -> None:
        with self.booted():
            update = {"chargingProfileId": 9, "scheduleUpdate": {"limit": 3000.0}}
            self.ask("UpdateDynamicSchedule", update, "Rejected")


class Tariffs(ProfileCase):
    version = "2.1"

    def test_tc_i_110_default_cleared(self) -> None:
        with self.booted() as point:
            self.ask("SetDefaultTariff", {"evseId": 0, "tariff": tariff(**energy(0.5))})
            reply = self.ask("ClearTariffs", {"tariffIds": ["T1"]}, "")
            self.assertEqual(reply["clearTariffsResult"][0]["status"], "Accepted")
            self.assertEqual(point.receive("GetTariffs", {"evseId": 0})["status"], "NoTariff")

    def test_tc_i_104_transaction_under_the_default(self) -> None:
        with self.booted() as point:
            self.ask("SetDefaultTariff", {"evseId": 0, "tariff": tariff(**energy(0.5))})
            self.charge(point)
            point.present(CARD)
            self.assert_story("Ended StopAuthorized Local")
            details = self.requests("TransactionEvent")[-1]["costDetails"]
            self.assertEqual(details["totalCost"]["currency"], "EUR")

    def test_tc_i_111_cleared_in_use(self) -> None:
        """A transaction keeps what was agreed at its start."""
        with self.booted() as point:
            self.ask("SetDefaultTariff", {"evseId": 0, "tariff": tariff(**energy(0.5))})
            self.charge(point)
            self.ask("ClearTariffs", {"tariffIds": ["T1"]}, "")
            point.present(CARD)
            self.assert_story("Ended StopAuthorized Local")
            self.assertIn("costDetails", self.requests("TransactionEvent")[-1])

    def test_tc_i_102_default_too_many_elements(self) -> None:
        with self.booted():
            hours = [(0.1, {"startTimeOfDay": f"{hour:02}:00", "endTimeOfDay": f"{hour:02}:30"}) for hour in range(11)]
            self.ask("SetDefaultTariff", {"evseId": 0, "tariff": tariff(**energy(*hours))}, "TooManyElements")

    def test_tc_i_116_changed(self) -> None:
        with self.booted() as point:
            self.ask("SetDefaultTariff", {"evseId": 0, "tariff": tariff(**energy(0.5))})
            reference = self.charge(point).reference
            cheap = tariff(**energy(0.1)) | {"tariffId": "T2"}
            self.ask("ChangeTransactionTariff", {"tariff": cheap, "transactionId": reference})

    def test_tc_i_117_changed_where_nothing_runs(self) -> None:
        with self.booted():
            request = {"tariff": tariff(**energy(0.1)), "transactionId": "another"}
            self.ask("ChangeTransactionTariff", request, "TxNotFound")


class Swaps(ProfileCase):
    version = "2.1"

    def test_tc_s_102_too_few(self) -> None:
        """It has no slots at all."""
        with self.booted():
            self.ask("RequestBatterySwap", {"requestId": 5, "idToken": token()}, "Rejected")
            self.assertEqual(BatterySwap.objects.get().state, "refused")
