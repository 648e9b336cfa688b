"""What the emulator does not do, or not yet, and what it tells after a time offline (block B)."""

from __future__ import annotations

from stations.emulator.point.device_model import NO_EVSE_RESET
from stations.models import Registration, Station
from stations.ocpp.errors import SECURITY_ERROR, CallError
from stations.ocpp.frames import Payload
from tests.certification.station.support import ChargePoint
from tests.certification.support import CARD
from tests.certification2.station.support import BOOTED, StationCase2
from tests.certification2.support import named, token
from tests.waiting import eventually

BOOT = BOOTED[0]


class Without(StationCase2):
    """Stations that can do less than others."""

    def test_tc_b_15_base_report_that_there_is_not(self) -> None:
        with self.booted(without=frozenset({"SummaryInventory"})):
            self.ask("GetBaseReport", {"requestId": 7, "reportBase": "SummaryInventory"}, "NotSupported")
            self.ask("GetBaseReport", {"requestId": 8, "reportBase": "ConfigurationInventory"})
            eventually(lambda: 8 in self.reported())
            self.assertNotIn(7, self.reported())

    def reported(self) -> set[int]:
        return {each["requestId"] for each in self.requests("NotifyReport")}

    def test_tc_b_28_reset_of_an_evse(self) -> None:
        with self.booted(without=frozenset({NO_EVSE_RESET})):
            (told,) = self.get_variables(named("EVSE", "AllowReset", evse=1))
            self.assertEqual(told["attributeValue"], "false")
            for kind in ("OnIdle", "Immediate"):
                self.ask("Reset", {"type": kind, "evseId": 1}, "Rejected")
            self.assert_story()

    def test_tc_b_29_reset_of_an_evse_with_a_transaction(self) -> None:
        with self.booted(without=frozenset({NO_EVSE_RESET})) as point:
            running = self.charge(point)
            for kind in ("OnIdle", "Immediate"):
                self.ask("Reset", {"type": kind, "evseId": 1}, "Rejected")
            self.assertTrue(point.charging)
            running.refresh_from_db()
            self.assertTrue(running.active)
            point.present(CARD)
            self.assert_story("Ended StopAuthorized Local")
            self.assert_ended("Local")


class NotAccepted(StationCase2):
    def told(self, point: ChargePoint, action: str, payload: Payload) -> str:
        """The error code of its answer; "": it is none."""
        try:
            point.receive(action, payload)
        except CallError as error:
            return error.code
        return ""

    def hold(self, registration: str) -> None:
        Station.objects.filter(pk=self.station.pk).update(registration=registration, heartbeat_interval=10)

    def test_tc_b_30_rejected_and_spoken_to(self) -> None:
        """Our server asks nothing of a station that it has rejected; another one might."""
        self.hold(Registration.REJECTED)
        start = {"idToken": token(CARD), "remoteStartId": 1, "evseId": 1}
        questions: dict[str, Payload] = {
            "RequestStartTransaction": start,
            "GetVariables": {"getVariableData": [named("TxCtrlr", "TxStartPoint")]},
            "TriggerMessage": {"requestedMessage": "Heartbeat"},
        }
        point = self.charge_point()
        with point:
            eventually(lambda: point.model.registration.status == "Rejected")
            found = [self.told(point, action, payload) for action, payload in questions.items()]
            self.assertEqual(found, [SECURITY_ERROR] * len(questions))
            point.plug_in()
            point.present(CARD)
            eventually(lambda: self.story().count(BOOT) >= 2)
            self.assertEqual(set(self.story()), {BOOT}, "and it says nothing by itself")
            self.hold(Registration.ACCEPTED)
            eventually(lambda: point.model.registration.accepted)
            self.assertEqual(self.told(point, "GetVariables", questions["GetVariables"]), "")


class Offline(StationCase2):
    def away(self, threshold: int) -> list[tuple[int, str]]:
        """EVSE 1 is occupied while the station is offline for a moment; the statuses that it then tells by itself."""
        with self.booted() as point:
            self.set_variable("OCPPCommCtrlr", "OfflineThreshold", str(threshold))
            known = len(self.requests("StatusNotification"))
            point.go_offline()
            point.plug_in()
            point.come_back()
            # The server asks for all statuses, too: those of before and those that it asked for have other times.
            self.assert_answered(self.newest("TriggerMessage"), "Accepted")
            eventually(lambda: not len(point.model.outbox))
            new = self.requests("StatusNotification")[known:]
            first, last = new[0]["timestamp"], new[-1]["timestamp"]
            self.assertLess(first, last)
            return [(each["evseId"], each["connectorStatus"]) for each in new if each["timestamp"] == first]

    def test_tc_b_51_for_long(self) -> None:
        self.assertEqual(self.away(threshold=0), [(1, "Occupied"), (2, "Available")])

    def test_tc_b_52_for_a_moment(self) -> None:
        self.assertEqual(self.away(threshold=3600), [(1, "Occupied")])
