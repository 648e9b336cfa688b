"""Whatever drivers, servers, networks and power do, in whatever order: no crash, and every payload is valid."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from django.test import SimpleTestCase
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stations.emulator.keys import StationKeys
from stations.emulator.point import calls
from stations.emulator.point.effects import Delivery, Download, Reconnect, Upload
from stations.emulator.point.outlet import Outlet
from stations.emulator.point.settings import KEYS
from stations.emulator.point.words import Reason
from stations.ocpp import schemas
from stations.ocpp.errors import CallError
from tests.emulator.fakes import Drive, model
from tests.emulator.scripted import Registry

TOKENS = ("ANNA", "BEN", "CLEO")
STATUSES = ("Accepted", "Accepted", "Accepted", "Blocked", "Invalid", "ConcurrentTx")


class Storm:
    """Chance has everything happen to one station."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.registry = Registry()
        station = model("1.6", seed=seed, manual=True, keys=StationKeys(), security_profile=self.chance.randint(0, 1))
        self.drive = Drive(station, self.registry)
        self.problems: list[str] = []
        self.connected = False

    @property
    def number(self) -> int:
        return self.chance.choice((0, 1, 1, 2, 2, 3))

    def date(self) -> str:
        return self.drive.station.moment(self.drive.now + self.chance.uniform(-100, 2000)).stamp

    def blow(self, steps: int) -> None:
        for _ in range(steps):
            self.chance.choice((self.driver, self.driver, self.driver, self.server, self.server, self.world))()
            if self.connected:
                self.drive.listen()
            self.effects()
            self.drive.run(self.chance.choice((0, 0, 1, 30, 200))) if self.connected else self.pass_time()

    def pass_time(self) -> None:
        self.drive.now += 20
        self.drive.station.step(self.drive.now)

    def driver(self) -> None:
        outlet, now = self.drive.station.outlet(self.chance.choice((1, 2))), self.drive.now
        token = self.chance.choice(TOKENS)
        self.registry.tokens[token] = {"status": self.chance.choice(STATUSES), "parentIdTag": "GROUP"}
        actions: list[Callable[[], object]] = [
            lambda: self.plug_in(outlet),
            lambda: outlet.unplug(now),
            lambda: outlet.present(token, now),
            lambda: outlet.present(token, now),
            lambda: self.stop(outlet),
        ]
        self.chance.choice(actions)()

    def plug_in(self, outlet: Outlet) -> None:
        if outlet.vehicle is None:
            outlet.plug_in(self.drive.now)

    def stop(self, outlet: Outlet) -> None:
        if outlet.running:
            outlet.stop(self.drive.now, self.chance.choice(list(Reason)))

    def world(self) -> None:
        station, now = self.drive.station, self.drive.now
        outlet = station.outlet(self.chance.choice((1, 2)))
        actions: list[Callable[[], object]] = [
            lambda: outlet.fault(now, "GroundFailure"),
            lambda: outlet.clear_fault(now),
            lambda: outlet.emergency_stop(now),
            lambda: station.power_loss(now, 10),
            lambda: self.network(not self.connected),
            lambda: self.network(True),
        ]
        self.chance.choice(actions)()

    def network(self, up: bool) -> None:
        if up != self.connected:
            self.connected = up
            if up:
                self.drive.connect()
            else:
                self.drive.station.disconnected(self.drive.now)

    def effects(self) -> None:
        station = self.drive.station
        for effect in station.take_effects():
            if isinstance(effect, Reconnect):
                self.network(False)
            elif isinstance(effect, Download):
                station.downloaded(effect.job, self.chance.choice((None, b"", b"image")), self.drive.now)
            elif isinstance(effect, Upload):
                station.uploaded(effect.job, self.chance.choice(list(Delivery)), self.drive.now)

    def server(self) -> None:
        action, payload = self.wish()
        try:
            answer = calls.answer(self.drive.station, action, payload, self.drive.now)
        except CallError:
            return
        for problem in schemas.response_problems("1.6", action, answer):
            self.problems.append(f"{action} {problem.path} {problem.message}")

    def wish(self) -> tuple[str, dict[str, Any]]:
        chance, token = self.chance, self.chance.choice(TOKENS)
        key = chance.choice([name for name, key in KEYS.items() if key.rule is not None])
        profile = {
            "chargingProfileId": chance.randint(1, 5),
            "stackLevel": chance.randint(0, 3),
            "chargingProfilePurpose": chance.choice(("TxProfile", "TxDefaultProfile", "ChargePointMaxProfile")),
            "chargingProfileKind": chance.choice(("Absolute", "Relative")),
            "chargingSchedule": {
                "chargingRateUnit": chance.choice("AW"),
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": chance.choice((0.0, 6.0, 3000.0))}],
            },
        }
        wishes: list[tuple[str, dict[str, Any]]] = [
            ("RemoteStartTransaction", {"idTag": token, "chargingProfile": profile}),
            ("RemoteStartTransaction", {"idTag": token, "connectorId": self.number}),
            ("RemoteStopTransaction", {"transactionId": 1001 + chance.randint(0, 9)}),
            ("UnlockConnector", {"connectorId": self.number}),
            (
                "ChangeAvailability",
                {"connectorId": self.number, "type": chance.choice(("Operative", "Inoperative"))},
            ),
            ("Reset", {"type": chance.choice(("Soft", "Hard"))}),
            ("ChangeConfiguration", {"key": key, "value": chance.choice(("true", "false", "0", "5", "60", "SoC"))}),
            ("GetConfiguration", {}),
            (
                "ReserveNow",
                {
                    "connectorId": self.number,
                    "reservationId": chance.randint(1, 3),
                    "idTag": token,
                    "parentIdTag": "GROUP",
                    "expiryDate": self.date(),
                },
            ),
            ("CancelReservation", {"reservationId": chance.randint(1, 3)}),
            ("SetChargingProfile", {"connectorId": self.number, "csChargingProfiles": profile}),
            ("ClearChargingProfile", {"stackLevel": chance.randint(0, 3)}),
            ("GetCompositeSchedule", {"connectorId": self.number, "duration": 600}),
            ("TriggerMessage", {"requestedMessage": chance.choice(("MeterValues", "StatusNotification"))}),
            ("GetDiagnostics", {"location": "http://files/"}),
            ("UpdateFirmware", {"location": "http://files/1.2.bin", "retrieveDate": self.date()}),
            ("ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"}),
            ("ClearCache", {}),
        ]
        return chance.choice(wishes)


class Storms(SimpleTestCase):
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(seed=st.integers(0, 2**32))
    def test_leave_a_station_sound(self, seed: int) -> None:
        storm = Storm(seed)
        storm.network(True)
        storm.blow(150)
        self.assertEqual(storm.problems + storm.drive.problems, [])
        storm.network(True)
        storm.drive.run(3600)
        station = storm.drive.station
        self.assertTrue(station.online)
        for outlet in station.outlets:
            self.assertEqual(outlet.told, outlet.status.value)
        sessions = sum(outlet.running for outlet in station.outlets)
        starts, stops = storm.drive.of("StartTransaction"), storm.drive.of("StopTransaction")
        self.assertEqual(len(starts) - len(stops), sessions)
        self.assertEqual(storm.drive.problems, [])
