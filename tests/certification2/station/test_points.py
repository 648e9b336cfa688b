"""Where transactions of the emulator begin and end: TxStartPoint and TxStopPoint (block E)."""

from __future__ import annotations

import tempfile
from io import StringIO
from pathlib import Path

from django.core.management import call_command
from django.test import override_settings

from stations.emulator.cars import ElectricCar
from stations.emulator.point.connector import Lock
from stations.emulator.point.vehicle import Rating, Vehicle
from stations.models import IdToken, Transaction
from stations.ocpp.frames import Payload
from stations.services import certificates
from tests.certification.station.support import ChargePoint
from tests.certification.support import CARD
from tests.certification2.station.support import CHARGED, StationCase2
from tests.waiting import eventually

EMAID = "DE8AA1A2B3C4D5"
FREE = "1 Available"
ENERGY = "Updated ChargingStateChanged"
STARTED_WITH_ENERGY = "Started ChargingStateChanged"
GONE = "Updated EVCommunicationLost"


def vehicle(*, wants_wh: float, talks: bool = False) -> Vehicle:
    """One that takes so much, with 11 kW."""
    return Vehicle(
        capacity_wh=77_000.0, soc=0.5, target=0.5 + wants_wh / 77_000.0, rating=Rating(11_000.0, 3), talks=talks
    )


class PointsCase(StationCase2):
    def points(self, *, start: str = "", stop: str = "") -> None:
        if start:
            self.set_variable("TxCtrlr", "TxStartPoint", start)
        if stop:
            self.set_variable("TxCtrlr", "TxStopPoint", stop)

    def event(self, number: int = -1) -> Payload:
        return self.requests("TransactionEvent")[number]

    def assert_token_told(self, number: int) -> None:
        """The event says who charges."""
        self.assertEqual(self.event(number)["idToken"]["idToken"], CARD)
        self.assertEqual(self.transaction().id_token, self.card)


class Starts(PointsCase):
    def test_tc_e_02_energy(self) -> None:
        """Nothing is told of a vehicle that is not ready; the transaction begins when it takes energy."""
        late = vehicle(wants_wh=0.0)
        with self.booted() as point:
            self.points(start="EnergyTransfer")
            point.at(lambda outlet, now: outlet.plug_in(now, late))
            point.present(CARD)
            self.assert_story("1 Occupied", "Authorize")
            self.assertFalse(Transaction.objects.exists())
            late.target = 0.8
            self.assert_story(STARTED_WITH_ENERGY)
            self.assertEqual(self.event()["transactionInfo"]["chargingState"], "Charging")
            self.assert_token_told(0)

    def test_tc_e_11_signed_data(self) -> None:
        with self.booted() as point:
            self.set_variable("SampledDataCtrlr", "SignReadings", "true")
            self.points(start="DataSigned")
            point.plug_in()
            point.present(CARD)
            self.assert_story("1 Occupied", "Authorize", "Started SignedDataReceived", ENERGY)
            (value,) = self.event(0)["meterValue"]
            self.assertIn("signedMeterValue", value["sampledValue"][0])
            self.assertEqual(self.event(0)["transactionInfo"]["chargingState"], "EVConnected")
            self.assert_token_told(0)

    def test_tc_e_12_parking_bay(self) -> None:
        with self.booted() as point:
            self.points(start="ParkingBayOccupancy")
            point.at(lambda outlet, now: outlet.drive_in(now))
            self.assert_story("Started EVDetected")
            self.assertEqual(self.event()["transactionInfo"]["chargingState"], "Idle")
            point.plug_in()
            self.assert_story("1 Occupied", "Updated CablePluggedIn")
            point.present(CARD)
            self.assert_story("Authorize", "Updated Authorized", ENERGY)
            self.assert_token_told(2)


class Stops(PointsCase):
    quiet = PointsCase.quiet | {"NotifyEVChargingSchedule", "Updated ChargingRateChanged"}
    """What a vehicle that got a plan says of it, sooner or later."""

    def charge_and_stop(self, point: ChargePoint, stop: str) -> None:
        self.points(stop=stop)
        self.charge(point)
        point.present(CARD)

    def test_tc_e_08_energy_on_site(self) -> None:
        with self.booted() as point:
            self.charge_and_stop(point, "EnergyTransfer")
            self.assert_story("Updated StopAuthorized", "Ended ChargingStateChanged Local")
            self.assert_token_told(-2)
            self.assert_ended("Local")

    def test_tc_e_14_unplugged_at_the_station(self) -> None:
        """What initiated the end is its reason, though the transaction outlasts it."""
        with self.booted() as point:
            self.charge_and_stop(point, "EVConnected")
            self.assert_story("Updated StopAuthorized", ENERGY)
            self.assertEqual((self.transaction().charging_state, point.charging), ("EVConnected", False))
            point.unplug()
            self.assert_story("Ended EVCommunicationLost Local", FREE)
            self.assert_ended("Local")

    def test_tc_e_19_parking_bay(self) -> None:
        with self.booted() as point:
            self.points(start="ParkingBayOccupancy")
            point.at(lambda outlet, now: outlet.drive_in(now))
            self.assert_story("Started EVDetected")
            self.points(stop="ParkingBayOccupancy")
            point.plug_in()
            point.present(CARD)
            self.assert_story("1 Occupied", "Updated CablePluggedIn", *CHARGED[2:])
            point.present(CARD)
            self.assert_story("Updated StopAuthorized", ENERGY)
            point.unplug()
            self.assert_story(GONE, FREE)
            self.assertEqual((self.transaction().active, self.transaction().charging_state), (True, "Idle"))
            point.at(lambda outlet, now: outlet.drive_out(now))
            self.assert_story("Ended EVDeparted Local")
            self.assert_ended("Local")

    def test_tc_e_22_vehicle_takes_no_more(self) -> None:
        with self.booted() as point:
            self.points(stop="EnergyTransfer")
            point.at(lambda outlet, now: outlet.plug_in(now, vehicle(wants_wh=20.0)))
            point.present(CARD)
            self.assert_story(*CHARGED, "Ended ChargingStateChanged StoppedByEV")
            self.assertEqual(self.assert_ended("StoppedByEV").energy_wh, 20.0)

    def test_tc_e_27_fixed_cable(self) -> None:
        """The transaction waits for its vehicle, and not for ever (E10, EVConnectionTimeOut)."""
        with self.booted() as point:
            self.set_variable("TxCtrlr", "StopTxOnEVSideDisconnect", "false")
            point.at(lambda outlet, now: setattr(outlet, "lock", Lock.MISSING))
            self.charge(point)
            self.set_variable("TxCtrlr", "EVConnectionTimeOut", "5")
            point.unplug()
            self.assert_story(GONE, "Ended EVConnectTimeout Timeout", FREE)
            self.assert_ended("Timeout")

    def test_tc_e_46_by_the_vehicle(self) -> None:
        with self.booted() as point:
            point.at(lambda outlet, now: outlet.plug_in(now, vehicle(wants_wh=20_000.0, talks=True)))
            point.present(CARD)
            self.assert_story(*CHARGED, "NotifyEVChargingNeeds")
            point.at(lambda outlet, now: outlet.finish_charging(now))
            self.assert_story("Ended ChargingStateChanged StoppedByEV")
            point.unplug()
            self.assert_story(FREE)
            self.assert_ended("StoppedByEV")

    def test_tc_e_54_unplugged_by_iso_15118(self) -> None:
        """A vehicle that has a contract instead of a card."""
        self.enterContext(override_settings(V2G_DIR=Path(self.enterContext(tempfile.TemporaryDirectory()))))
        IdToken.objects.create(value=EMAID)
        self.direct(
            lambda batch, *, by: certificates.register_contract(batch, emaid=EMAID, vehicle="WP0EXAMPLE0000001")
        )
        out = StringIO()
        call_command("v2g", "vehicle", "WP0EXAMPLE0000001", stdout=out)
        car = ElectricCar(out.getvalue())
        with self.booted() as point:
            point.do(lambda model, now: model.security.contracts.request(car, "Install", now))
            self.assert_story("Get15118EVCertificate")
            eventually(lambda: car.emaid == EMAID)
            point.at(lambda outlet, now: outlet.plug_in(now, vehicle(wants_wh=20_000.0, talks=True)))
            point.do(lambda model, now: model.security.contracts.present(car, 1, now))
            self.assert_story(*CHARGED, "NotifyEVChargingNeeds")
            self.assertEqual(self.event(1)["idToken"], {"idToken": EMAID, "type": "eMAID"})
            point.unplug()
            self.assert_story("Ended EVCommunicationLost EVDisconnected", FREE)
            self.assert_ended("EVDisconnected")
