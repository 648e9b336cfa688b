"""A station with slots for batteries: drivers come, or the server sends them (2.1 use cases S01 to S03)."""

from __future__ import annotations

from typing import Any

from django.test import SimpleTestCase

from stations.emulator.point import swaps
from stations.emulator.point.driver import Habits
from stations.emulator.point.slots import CHARGED
from stations.models import BatterySwap, IdToken
from stations.ocpp.frames import Payload
from tests.emulator.fakes import HOUR, Answers, Drive, model
from tests.emulator.scripted import Scripted
from tests.field.support import FieldCase
from tests.waiting import eventually

BUSY = Habits(first_arrival=(1e9, 1e9), idle_mean=60.0, grid_alarms_per_hour=0.0)
TOKEN = {"idToken": "CARD", "type": "ISO14443"}


def free(drive: Drive) -> int:
    return sum(battery is None for battery in drive.station.swaps.slots.batteries.values())


class Swaps(SimpleTestCase):
    def setUp(self) -> None:
        self.drive = Scripted(self, "2.1", slots=3)

    def ask(self, request: int = 7) -> Payload:
        return self.drive.ask("RequestBatterySwap", requestId=request, idToken=TOKEN)

    def begin(self, token: str = "CARD") -> bool:
        began = self.drive.station.swaps.begin(token, self.drive.now)
        self.drive.run(0)
        return began

    def events(self) -> list[str]:
        return [each["eventType"] for each in self.drive.of("BatterySwap")]

    def test_a_request_is_followed_by_both_halves(self) -> None:
        self.assertEqual(self.ask(), {"status": "Accepted"})
        self.assertEqual(self.ask()["statusInfo"], {"reasonCode": "NoBatteryAvailable"})
        self.drive.run(HOUR)
        came, went = self.drive.of("BatterySwap")
        self.assertEqual((came["eventType"], went["eventType"]), ("BatteryIn", "BatteryOut"))
        self.assertEqual((came["requestId"], came["idToken"]), (7, TOKEN))
        (old,), (new,) = came["batteryData"], went["batteryData"]
        self.assertLess(old["soC"], 31)
        self.assertGreaterEqual(new["soC"], CHARGED)
        self.assertEqual((old["evseId"], free(self.drive)), (3, 1), "the slots are numbered behind two connectors")

    def test_a_driver_shows_a_token_first(self) -> None:
        self.assertTrue(self.begin())
        self.drive.run(HOUR)
        self.assertEqual(self.drive.of("Authorize"), [{"idToken": TOKEN}])
        self.assertEqual(self.events(), ["BatteryIn", "BatteryOut"])
        self.assertGreater(self.drive.of("BatterySwap")[0]["requestId"], swaps.OWN_REQUESTS)

    def test_a_token_that_may_not_gets_nothing(self) -> None:
        self.drive.registry.token_status = lambda action: "Blocked"
        self.begin()
        self.drive.run(HOUR)
        self.assertEqual(self.events(), [])
        self.assertEqual(self.ask()["status"], "Accepted")

    def test_without_a_word_of_the_server_nothing_is_handed_out(self) -> None:
        for lose in ("refused", "unanswered", "disconnected"):
            self.drive.station.swaps.begin("CARD", self.drive.now)
            message = self.drive.listen(answer=False)
            assert message is not None
            if lose == "refused":
                self.drive.station.refused(message, self.drive.now)
            else:
                getattr(self.drive.station, lose)(self.drive.now)
        self.drive.connect().run(HOUR)
        self.assertEqual(self.events(), [])
        self.drive.station.swaps.authorised("CARD", True, self.drive.now)
        self.assertEqual(self.drive.run(HOUR).of("BatterySwap"), [], "a verdict that nobody waits for")

    def test_one_after_the_other_while_batteries_last(self) -> None:
        done = 0
        while self.ask(done)["status"] == "Accepted":
            self.drive.run(100)
            done += 1
        self.assertEqual(done, 2)
        self.drive.run(2 * HOUR)
        self.assertEqual(self.ask()["status"], "Accepted", "they have been charged")

    def test_a_slot_may_be_watched(self) -> None:
        watched = {"component": {"name": "BatteryCartridge", "evse": {"id": 4}}, "variable": {"name": "SoC"}}
        monitor = {"type": "Delta", "value": 1.0, "severity": 5} | watched
        (result,) = self.drive.ask("SetVariableMonitoring", setMonitoringData=[monitor])["setMonitoringResult"]
        self.assertEqual(result["status"], "Accepted")
        self.drive.run(HOUR)
        events = [each for request in self.drive.of("NotifyEvent") for each in request["eventData"]]
        self.assertIn("BatteryCartridge", {each["component"]["name"] for each in events})

    def test_stations_without_slots_have_none(self) -> None:
        drive = Scripted(self, "2.1")
        asked = drive.ask("RequestBatterySwap", requestId=1, idToken=TOKEN)
        self.assertEqual(asked["status"], "Rejected")
        self.assertEqual(model("2.0.1", slots=3).swaps.slots.batteries, {})


class Drivers(SimpleTestCase):
    def test_come_by_habit_and_one_in_a_while_forgets(self) -> None:
        drive = Drive(model("2.1", slots=6, habits=BUSY)).connect().run(48 * HOUR)
        self.assertEqual(drive.problems, [])
        events = [each["eventType"] for each in drive.of("BatterySwap")]
        self.assertGreater(events.count("BatteryOut"), 50)
        self.assertGreater(events.count("BatteryOutTimeout"), 0)
        self.assertIn(
            events.count("BatteryIn") - events.count("BatteryOut") - events.count("BatteryOutTimeout"), (0, 1)
        )
        requests: dict[int, list[str]] = {}
        for each in drive.of("BatterySwap"):
            requests.setdefault(each["requestId"], []).append(each["eventType"])
        self.assertTrue(all(halves[0] == "BatteryIn" and len(halves) <= 2 for halves in requests.values()))
        self.assertGreaterEqual(free(drive), 1)

    def test_stay_away_from_a_station_without_a_server(self) -> None:
        drive = Drive(model("2.1", slots=3, habits=BUSY), Answers())
        drive.run(HOUR)
        self.assertEqual(drive.said, [])


class AgainstTheServer(FieldCase):
    def emulate(self) -> Any:
        return self.emulated(version="2.1", speed=120.0, slots=3)

    def test_both_sides_know_the_same(self) -> None:
        IdToken.objects.create(value="CARD")
        with self.emulate() as point:
            point.wait_ready()
            asked = self.command("RequestBatterySwap", {"requestId": 5, "idToken": TOKEN})
            self.assertEqual(self.settled(asked).result, "Accepted")
            eventually(lambda: BatterySwap.objects.filter(state__in=("complete", "timed_out")).exists())
            point.act(lambda model, now: model.swaps.begin("CARD", now))
            eventually(lambda: BatterySwap.objects.filter(state__in=("complete", "timed_out")).count() == 2)
        self.assertEqual(set(BatterySwap.objects.values_list("token_status", flat=True)), {"Accepted"})
        told = [frame[3] for frame in point.said("BatterySwap")]
        for payload in told:
            (data,) = payload["batteryData"]
            swap = BatterySwap.objects.get(request=payload["requestId"])
            kept = swap.batteries.get(serial_number=data["serialNumber"])
            self.assertEqual((kept.slot, kept.soc, kept.soh), (data["evseId"], data["soC"], data["soH"]))
