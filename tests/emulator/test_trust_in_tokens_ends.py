"""What a 2.x station knows of tokens: for how long, whether it asks about what it refuses, and master passes."""

from __future__ import annotations

from django.test import SimpleTestCase

from stations.emulator.point.masters import CHOICE_SECONDS
from stations.emulator.point.variables import Path
from stations.ocpp.frames import Payload
from tests.emulator.scripted import Scripted

MASTER = "of a master pass"


class Drive2(SimpleTestCase):
    def setUp(self) -> None:
        self.drive = Scripted(self, "2.0.1")
        self.drive.set(LocalPreAuthorize=True)
        self.status = "Accepted"
        usual = self.drive.registry.to
        self.drive.registry.to = lambda action, payload: (  # type: ignore[method-assign]  # the server of this test
            {"idTokenInfo": self.info()} if action == "Authorize" else usual(action, payload)
        )

    def info(self) -> Payload:
        if self.status != MASTER:
            return {"status": self.status}
        return {"status": "Accepted", "groupIdToken": {"idToken": "MASTERS", "type": "Central"}}

    def put(self, component: str, variable: str, value: str) -> None:
        self.drive.station.variables.put(Path(component, variable), value, self.drive.now)

    def charge_once(self) -> int:
        """How often the server has been asked since the beginning."""
        self.drive.plug_in()
        self.drive.present()
        self.drive.unplug()
        return len(self.drive.of("Authorize"))


class Cache(Drive2):
    def test_each_use_makes_it_last(self) -> None:
        self.put("AuthCacheCtrlr", "LifeTime", "100")
        self.assertEqual(self.charge_once(), 1)
        for _ in range(3):
            self.drive.run(60)
            self.assertEqual(self.charge_once(), 1)
        self.drive.run(101)
        self.assertEqual(self.charge_once(), 2)

    def test_without_a_life_time_it_is_for_ever(self) -> None:
        self.charge_once()
        self.drive.run(30 * 86_400)
        self.assertEqual(self.charge_once(), 1)

    def test_what_is_refused_is_asked_about_unless_that_is_forbidden(self) -> None:
        self.status = "Blocked"
        self.assertEqual([self.charge_once(), self.charge_once()], [1, 2])
        self.put("AuthCacheCtrlr", "DisablePostAuthorize", "true")
        self.assertEqual(self.charge_once(), 2)
        self.drive.set(LocalPreAuthorize=False)
        self.assertEqual(self.charge_once(), 3, "what is known locally does not count at all")


class Masters(Drive2):
    def setUp(self) -> None:
        super().setUp()
        self.put("AuthCtrlr", "MasterPassGroupId", "MASTERS")
        self.masters = self.drive.station.masters

    def show(self, number: int = 1) -> None:
        self.status = MASTER
        self.drive.present("CHIEF", number)

    def running(self) -> list[bool]:
        return [self.drive.station.outlet(number).running for number in (1, 2)]

    def test_without_a_screen_ends_what_is_at_its_reader(self) -> None:
        self.drive.charge("A", 1)
        self.drive.charge("B", 2)
        self.show(2)
        self.assertEqual(self.running(), [True, False])

    def test_chooses_at_a_screen_while_that_waits(self) -> None:
        self.masters.screen = True
        self.drive.charge("A", 1)
        self.drive.charge("B", 2)
        self.show(2)
        self.assertEqual((self.running(), self.masters.choices(self.drive.now)), ([True, True], [1, 2]))
        self.drive.run(CHOICE_SECONDS)
        self.masters.choose_all(self.drive.now)
        self.assertEqual(self.running(), [True, True], "too late")
        self.show(2)
        self.masters.choose([1, 7], self.drive.now)
        self.assertEqual((self.running(), self.masters.choices(self.drive.now)), ([False, True], []))

    def test_begins_nothing(self) -> None:
        for self.masters.screen in (False, True):
            self.drive.plug_in()
            self.show()
            self.assertEqual((self.running(), self.masters.choices(self.drive.now)), ([False, False], []))
            self.drive.unplug()
