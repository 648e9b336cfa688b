"""An emulated 2.x station and the real server agree on what may be charged, and on what a vehicle needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from smartserver.core import clock
from smartserver.core.clock import isoformat
from stations.emulator.point.vehicle import Rating, Vehicle
from stations.models import (
    ChargingLimit,
    ChargingNeeds,
    ChargingProfile,
    ChargingTerms,
    EVSchedule,
    IdToken,
    Report,
    Transaction,
)
from stations.ocpp.charging import Difference
from stations.services.smart_charging.schedules import compare_schedule, expected_schedule
from tests.field.support import CARD, Emulated, FieldCase
from tests.waiting import eventually


class EndToEnd(FieldCase):
    @contextmanager
    def charging(self, version: str, vehicle: Vehicle) -> Iterator[Emulated]:
        """A strict station at which a session runs."""
        self.row = self.strict(configured_at=clock.now(), ocpp_version=version)
        IdToken.objects.create(value=CARD)
        with self.emulated(version=version, speed=10.0) as emulator:
            emulator.wait_ready()
            emulator.model.outlet(1).rating = Rating(22_000.0, 3)
            emulator.act(lambda model, now: model.outlet(1).plug_in(now, vehicle))
            emulator.present()
            eventually(lambda: emulator.running)
            yield emulator

    def expected(self) -> list[float | None]:
        found = expected_schedule(self.row.pk, 1, clock.now(), 60, "W")
        return [period.limit for period in found.periods]

    def differences(self) -> tuple[Difference, ...]:
        """Between what the server expects, and what the station says."""
        command = self.settled(
            self.command("GetCompositeSchedule", {"evseId": 1, "duration": 60, "chargingRateUnit": "W"})
        )
        assert command.reply is not None
        assert command.settled_at is not None
        found = compare_schedule(self.row.pk, command.payload, command.reply, command.settled_at)
        assert found.reported is not None
        return found.differences

    def test_a_vehicle_gets_the_plan_that_it_asked_for_in_201(self) -> None:
        with self.charging("2.0.1", Vehicle.talking(stays=4 * 3600.0)) as emulator:
            self.meet(emulator)

    def test_a_vehicle_gets_the_plan_that_it_asked_for_in_21(self) -> None:
        with self.charging("2.1", Vehicle.talking(stays=4 * 3600.0)) as emulator:
            self.meet(emulator)

    def meet(self, emulator: Emulated) -> None:
        eventually(lambda: EVSchedule.objects.exists())
        needs, transaction = ChargingNeeds.objects.get(), Transaction.objects.get()
        self.assertEqual((needs.result, needs.transaction), ("Accepted", transaction))
        # 23.1 kWh in four hours, of which the station's clock has run off a little.
        (planned,) = self.expected()
        assert planned is not None
        self.assertAlmostEqual(planned, 5800, delta=150)
        eventually(lambda: emulator.model.outlet(1).limit == planned)
        self.assertEqual(self.differences(), ())

        emulator.act(lambda model, now: model.charging.announce(3000.0, now))
        eventually(lambda: ChargingLimit.objects.filter(cleared_at=None).exists())
        self.assertEqual(self.expected(), [3000.0])
        self.assertEqual(self.differences(), ())
        command = self.command("GetChargingProfiles", {"requestId": 5, "chargingProfile": {}})
        self.assertEqual(self.settled(command).result, "Accepted")
        eventually(lambda: Report.objects.filter(kind="charging_profiles", state="complete").exists())
        self.assertEqual(
            sorted(ChargingProfile.objects.values_list("limit_source", "source")),
            [("CSO", "server"), ("SO", "station")],
        )
        emulator.act(lambda model, now: model.charging.withdraw(now))
        eventually(lambda: ChargingLimit.objects.exclude(cleared_at=None).exists())
        eventually(lambda: abs((self.expected()[0] or 0.0) - 5800) < 150)  # planned anew, with the limit and without
        self.assertEqual(self.settled(self.command("ClearChargingProfile", {})).result, "Accepted")
        self.assertEqual((self.expected(), self.differences()), ([None], ()))

    def test_a_vehicle_feeds_the_grid_as_the_server_says(self) -> None:
        with self.charging("2.1", Vehicle.talking(stays=None, feed_w=5_000.0)) as emulator:
            self.feed(emulator)

    def feed(self, emulator: Emulated) -> None:
        reference = Transaction.objects.get().reference
        eventually(lambda: EVSchedule.objects.exists())
        allowed = {"transactionId": reference, "allowedEnergyTransfer": ["AC_BPT"]}
        self.assertEqual(self.settled(self.command("NotifyAllowedEnergyTransfer", allowed)).result, "Accepted")
        self.assertEqual(ChargingTerms.objects.get().allowed_energy_transfer, ["AC_BPT"])

        period: dict[str, Any] = {"startPeriod": 0, "operationMode": "CentralSetpoint", "setpoint": -1000.0}
        schedule = {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [period]}
        dynamic = {
            "id": 3,
            "stackLevel": 1,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Dynamic",
            "transactionId": reference,
            "dynUpdateInterval": 5,
            "chargingSchedule": [schedule],
        }
        self.settled(self.command("SetChargingProfile", {"evseId": 1, "chargingProfile": dynamic}))
        eventually(lambda: emulator.model.outlet(1).fed == 1000.0)
        update = {"chargingProfileId": 3, "scheduleUpdate": {"setpoint": -2000.0}}
        self.assertEqual(self.settled(self.command("UpdateDynamicSchedule", update)).result, "Accepted")
        eventually(lambda: emulator.model.outlet(1).fed == 2000.0)
        emulator.wait_answer("PullDynamicScheduleUpdate")
        self.assertEqual(emulator.answers("PullDynamicScheduleUpdate")[-1][2]["status"], "Accepted")
        eventually(lambda: emulator.model.outlet(1).fed == 2000.0)
        self.prioritise(emulator, reference)

    def prioritise(self, emulator: Emulated, reference: str) -> None:
        """With priority nothing is fed back (K21); a driver takes it away again (K22)."""
        fast = {
            "id": 4,
            "stackLevel": 0,
            "chargingProfilePurpose": "PriorityCharging",
            "chargingProfileKind": "Absolute",
            "chargingSchedule": [
                {
                    "id": 1,
                    "startSchedule": isoformat(clock.now()),
                    "chargingRateUnit": "W",
                    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 9000.0}],
                }
            ],
        }
        self.settled(self.command("SetChargingProfile", {"evseId": 1, "chargingProfile": fast}))
        used = self.command("UsePriorityCharging", {"transactionId": reference, "activate": True})
        self.assertEqual(self.settled(used).result, "Accepted")
        eventually(lambda: (emulator.model.outlet(1).fed, emulator.model.outlet(1).limit) == (0.0, 9000.0))
        emulator.act(lambda model, now: model.charging.prioritise(model.outlet(1), False, now))
        eventually(lambda: emulator.model.outlet(1).fed == 2000.0)
        eventually(lambda: ChargingTerms.objects.get().priority is False)
        self.assertEqual(ChargingTerms.objects.get().priority_by, "station")
        eventually(lambda: emulator.model.outlet(1).fed == 2000.0)
