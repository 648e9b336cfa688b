"""Batteries in the slots of the emulator: their variables, and how they are charged there (S04 of 2.1)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from stations.models import BatterySwap, Transaction, Variable
from stations.ocpp.frames import Payload
from tests.certification.station.support import ChargePoint
from tests.certification2.station.support import BOOTED, StationCase2
from tests.certification2.support import named, token
from tests.waiting import eventually

FREE, FIRST, SECOND = 3, 4, 5
"""The slots, behind two connectors: one is free, and batteries are in the others."""

PLUGGED = ("Started CablePluggedIn", "Updated ChargingStateChanged")


class Slots(StationCase2):
    version = "2.1"

    @contextmanager
    def stocked(self, first: float = 90.0, second: float = 85.0, **configured: str) -> Iterator[ChargePoint]:
        """Batteries that are so full, %, are being charged."""
        point = self.charge_point(slots=3)
        point.set(**configured)
        batteries = point.model.swaps.slots.batteries
        for slot, soc in ((FIRST, first), (SECOND, second)):
            battery = batteries[slot]
            assert battery is not None
            battery.soc = soc
        with point:
            self.wait_booted(*BOOTED, *PLUGGED, *PLUGGED)
            yield point

    def hurry(self, point: ChargePoint) -> None:
        """The driver does the next thing."""
        point.do(lambda model, now: model.swaps.step(now))

    def states(self) -> list[tuple[int, str]]:
        """What was told of slots, as the events of their connectors."""
        events = [each for request in self.requests("NotifyEvent") for each in request["eventData"]]
        found = [each for each in events if each["variable"] == {"name": "AvailabilityState"}]
        for each in found:
            self.assertEqual((each["trigger"], each["eventNotificationType"]), ("Delta", "HardWiredNotification"))
            self.assertEqual((each["component"]["name"], each["component"]["evse"]["connectorId"]), ("Connector", 1))
        return [(each["component"]["evse"]["id"], each["actualValue"]) for each in found]

    def events(self, slot: int) -> list[Payload]:
        return [each for each in self.requests("TransactionEvent") if each["evse"] == {"id": slot, "connectorId": 1}]

    def test_tc_s_104_variables(self) -> None:
        with self.stocked():
            report = {"requestId": 31, "reportBase": "FullInventory"}
            self.ask("GetBaseReport", report)
            found = Variable.objects.filter(station=self.station, attribute="Actual")
            eventually(lambda: found.filter(component="BatteryCartridge", evse=SECOND).count() == 2)
            swap = found.filter(component="BatterySwapCtrlr").values_list("variable", "variable_instance", "value")
            eventually(
                lambda: (
                    set(swap)
                    == {
                        ("Available", "", "true"),
                        ("SwapOrder", "", "In-Out"),
                        ("TargetSoC", "", "80"),
                        ("MaxSoc", "", "100"),
                        ("IdToken", "", ""),
                        ("Timeout", "In", "120"),
                        ("Timeout", "Out", "60"),
                    }
                )
            )
            level, empty = self.get_variables(
                named("BatteryCartridge", "SoC", evse=FIRST), named("BatteryCartridge", "SoC", evse=FREE)
            )
            self.assertEqual((level["attributeValue"], empty["attributeValue"]), ("90", ""))
            kind = found.get(component="Connector", variable="ConnectorType", evse=FREE)
            self.assertEqual(kind.value, "bBatterySlot")
            self.set_variable("BatterySwapCtrlr", "MaxSoc", "79", "Rejected")
            self.set_variable("BatterySwapCtrlr", "MaxSoc", "95")
            self.set_variable("BatterySwapCtrlr", "TargetSoC", "96", "Rejected")
            self.set_variable("BatterySwapCtrlr", "TargetSoC", "95")
            self.set_variable("BatterySwapCtrlr", "Timeout", "30", instance="Out")
            self.ask("RequestBatterySwap", {"requestId": 5, "idToken": token()}, "Rejected")
            self.assertEqual(BatterySwap.objects.get().reason, "NoBatteryAvailable", "none is as full as that")

    def test_tc_s_105_charged_in_their_slots(self) -> None:
        with self.stocked(first=99.9, MeterValueSampleInterval="10") as point:
            self.assertEqual(self.states(), [(FREE, "Available"), (FIRST, "Occupied"), (SECOND, "Occupied")])
            eventually(lambda: [self.status(slot) for slot in (FREE, FIRST)] == ["Available", "Occupied"])
            started = self.events(SECOND)[0]
            self.assertEqual(started["idToken"], {"idToken": "", "type": "NoAuthorization"})
            self.assertEqual(self.level(started), 85.0)
            eventually(lambda: "EnergyLimitReached" in self.triggers(FIRST))
            full = self.events(FIRST)[self.triggers(FIRST).index("EnergyLimitReached")]
            self.assertEqual((full["transactionInfo"]["chargingState"], self.level(full)), ("SuspendedEVSE", 100.0))
            eventually(lambda: "MeterValuePeriodic" in self.triggers(SECOND))
            self.ask("RequestBatterySwap", {"requestId": 5, "idToken": token()})
            self.hurry(point)
            eventually(lambda: self.triggers(FREE)[:2] == ["CablePluggedIn", "ChargingStateChanged"])
            self.hurry(point)
            eventually(lambda: self.triggers(FIRST)[-1] == "EVCommunicationLost")
            eventually(lambda: BatterySwap.objects.get().state == "complete")
            ended = self.events(FIRST)[-1]
            self.assertEqual(
                (ended["eventType"], ended["transactionInfo"]["stoppedReason"]), ("Ended", "EVDisconnected")
            )
            self.assertEqual(self.states()[3:], [(FREE, "Occupied"), (FIRST, "Available")])
            eventually(lambda: [self.status(slot) for slot in (FREE, FIRST)] == ["Occupied", "Available"])
            came, went = self.requests("BatterySwap")
            self.assertEqual((came["eventType"], came["batteryData"][0]["evseId"]), ("BatteryIn", FREE))
            self.assertEqual((went["eventType"], went["batteryData"][0]["evseId"]), ("BatteryOut", FIRST))
            self.assertEqual(Transaction.objects.filter(station=self.station, active=True).count(), 2)

    def triggers(self, slot: int) -> list[str]:
        return [each["triggerReason"] for each in self.events(slot)]

    def level(self, event: Payload) -> float:
        (value,) = event["meterValue"]
        (soc,) = [each["value"] for each in value["sampledValue"] if each["measurand"] == "SoC"]
        return float(soc)
