"""Vehicles of ISO 15118 at the emulator: they get contracts, and charge by them (blocks C and M)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson

from stations.emulator.cars import ElectricCar
from stations.models import Contract, Message
from stations.ocpp import iso15118
from stations.ocpp.frames import Payload
from stations.services.certificates import install_certificate
from tests.certification.station.support import ChargePoint
from tests.certification2.contracts import EMAID, TOKEN, ContractCase2
from tests.certification2.station.support import CHARGED, StationCase2
from tests.waiting import eventually

MO_ROOT = "MORootCertificate"
ASKED = "Get15118EVCertificate"
HASHES, CERTIFICATE = "iso15118CertificateHashData", "certificate"


class CarCase(ContractCase2, StationCase2):
    @contextmanager
    def plugged(self, *roots: str, contracted: bool = True) -> Iterator[tuple[ChargePoint, ElectricCar]]:
        """A car with a contract, which it has got here, at a station with these roots."""
        self.contract = self.sign_contract() if contracted else Contract()
        car = self.build_car()
        with self.booted() as point:
            for use in roots:
                self.order(install_certificate, use=use, pem="")
                self.assert_answered(self.newest("InstallCertificate"), "Accepted")
            if contracted:
                self.assertTrue(self.request(point, car, "Install"))
            yield point, car

    def request(self, point: ChargePoint, car: ElectricCar, action: str) -> bool:
        """The car asks for a contract; whether it takes what it gets."""
        seen = len(self.results(point))
        point.do(lambda model, now: model.security.contracts.request(car, action, now))
        self.assert_story(ASKED)
        eventually(lambda: len(self.results(point)) > seen)
        _, what, how = self.results(point)[-1].split()
        self.assertEqual(what, f"Contract{action}")
        return how == "taken"

    def results(self, point: ChargePoint) -> list[str]:
        """What became of such requests, as the station's journal has it."""
        lines: str = point.do(lambda model, now: model.journal.text())
        return [line for line in lines.splitlines() if " ContractInstall " in line or " ContractUpdate " in line]

    def show(self, point: ChargePoint, car: ElectricCar) -> None:
        point.do(lambda model, now: model.security.contracts.present(car, 1, now))

    def show_and_charge(self, point: ChargePoint, car: ElectricCar) -> None:
        point.plug_in()
        self.assert_story(*CHARGED[:2])
        self.show(point, car)
        self.assert_story(*CHARGED[2:])
        self.assert_by_contract(self.requests("TransactionEvent"))

    def show_in_vain(self, point: ChargePoint, car: ElectricCar, *story: str) -> None:
        point.plug_in()
        self.assert_story(*CHARGED[:2])
        self.show(point, car)
        self.assert_story(*story)
        self.assertFalse(point.charging)
        self.assertIsNone(self.transaction().id_token)

    def assert_by_contract(self, events: list[Payload]) -> None:
        """The transaction is that of the contract (C07.FR.01: the eMAID is its token)."""
        self.assertEqual([each["idToken"] for each in events if "idToken" in each], [TOKEN])
        charged_by = self.transaction().id_token
        assert charged_by is not None
        self.assertEqual(charged_by.value, EMAID)

    def assert_asked(self, sent: str, not_sent: str, certificate: str) -> Any:
        """What the server was asked about the contract, and what it has said of its certificate."""
        asked, answer = self.requests("Authorize")[-1], self.answer("Authorize")
        self.assertEqual(asked["idToken"], TOKEN)
        self.assertNotIn(not_sent, asked)
        self.assertEqual(answer["certificateStatus"], certificate)
        self.assertEqual(answer["idTokenInfo"]["status"] == "Accepted", certificate == "Accepted")
        return asked[sent]

    def answer(self, action: str) -> Payload:
        """What the server has said to the newest call of this kind."""
        row = Message.objects.filter(station=self.station, direction="in", action=action).latest("pk")
        found: Payload = orjson.loads(row.reply)
        return found


class Charging(CarCase):
    def test_tc_c_50_checked_by_the_station_and_accepted(self) -> None:
        """It knows who has issued the contract; the server only asks whether a certificate was revoked."""
        with self.plugged(MO_ROOT) as (point, car):
            self.show_and_charge(point, car)
            named = self.assert_asked(HASHES, CERTIFICATE, "Accepted")
            contract = Contract.objects.get()
            self.assertEqual(named[0]["serialNumber"], contract.serial_number)
            self.assertEqual(len(named), car.contract.count("BEGIN"), "each below the root")

    def test_tc_c_51_checked_by_the_station_and_rejected(self) -> None:
        with self.plugged(MO_ROOT) as (point, car):
            self.cancel(self.contract)
            self.show_in_vain(point, car, "Authorize")
            self.assert_asked(HASHES, CERTIFICATE, "ContractCancelled")

    def test_tc_c_52_checked_by_the_server_and_accepted(self) -> None:
        with self.plugged() as (point, car):
            self.show_and_charge(point, car)
            self.assertEqual(self.assert_asked(CERTIFICATE, HASHES, "Accepted"), car.contract)

    def test_tc_c_53_checked_by_the_server_and_rejected(self) -> None:
        with self.plugged() as (point, car):
            self.cancel(self.contract)
            self.show_in_vain(point, car, "Authorize")
            self.assert_asked(CERTIFICATE, HASHES, "ContractCancelled")

    def test_tc_c_53_that_the_server_may_not_check(self) -> None:
        with self.plugged() as (point, car):
            self.set_variable("ISO15118Ctrlr", "CentralContractValidationAllowed", "false")
            self.show_in_vain(point, car)

    def charged_before(self, point: ChargePoint, car: ElectricCar) -> None:
        """So that the eMAID is in the cache; nobody else may charge offline."""
        self.set_variable("AuthCtrlr", "OfflineTxForUnknownIdEnabled", "false")
        self.show_and_charge(point, car)
        point.unplug()
        self.assert_story("Ended EVCommunicationLost EVDisconnected", "1 Available")
        point.go_offline()
        point.plug_in()
        self.show(point, car)

    def test_tc_c_54_offline_and_accepted(self) -> None:
        with self.plugged(MO_ROOT) as (point, car):
            self.set_variable("ISO15118Ctrlr", "ContractValidationOffline", "true")
            self.charged_before(point, car)
            self.assertTrue(point.charging)
            point.come_back()
            self.assert_calls("Started CablePluggedIn", "Updated Authorized", "Updated ChargingStateChanged")
            events = self.requests("TransactionEvent")[-3:]
            self.assertEqual([each["offline"] for each in events], [True] * 3)
            self.assert_by_contract(events)

    def not_accepted(self, point: ChargePoint, car: ElectricCar) -> None:
        self.charged_before(point, car)
        self.assertFalse(point.charging)
        point.come_back()
        self.assert_calls("Started CablePluggedIn")

    def test_tc_c_55_offline_and_not_checked(self) -> None:
        with self.plugged(MO_ROOT) as (point, car):
            self.set_variable("ISO15118Ctrlr", "ContractValidationOffline", "false")
            self.not_accepted(point, car)

    def test_tc_c_55_offline_and_the_root_is_unknown(self) -> None:
        with self.plugged() as (point, car):
            self.set_variable("ISO15118Ctrlr", "ContractValidationOffline", "true")
            self.not_accepted(point, car)


class Getting(CarCase):
    def test_tc_m_26_a_contract(self) -> None:
        with self.plugged(contracted=False) as (point, car):
            self.sign_contract()
            self.assertTrue(self.request(point, car, "Install"))
            asked = self.requests(ASKED)[-1]
            self.assertEqual((asked["action"], asked["iso15118SchemaVersion"]), ("Install", iso15118.SCHEMA))
            self.assertEqual(set(asked), {"action", "iso15118SchemaVersion", "exiRequest"}, "2.0.1 has no more")
            self.assertEqual((car.emaid, self.answer(ASKED)["status"]), (EMAID, "Accepted"))
            self.assertEqual(car.contract, Contract.objects.get().pem)

    def test_tc_m_27_none(self) -> None:
        """Nobody has signed one for this vehicle; it charges without, by a card."""
        with self.plugged(contracted=False) as (point, car):
            self.assertFalse(self.request(point, car, "Install"))
            answer = self.answer(ASKED)
            self.assertEqual((answer["status"], answer["exiResponse"], car.contract), ("Failed", "", ""))
            self.charge(point)

    def test_tc_m_28_renewed(self) -> None:
        with self.plugged() as (point, car):
            first = car.contract
            self.assertTrue(self.request(point, car, "Update"))
            self.assertEqual((self.requests(ASKED)[-1]["action"], car.emaid), ("Update", EMAID))
            self.assertNotEqual(car.contract, first)
            self.assertEqual(car.contract, Contract.objects.latest("pk").pem)
            self.show_and_charge(point, car)

    def test_tc_m_29_not_renewed(self) -> None:
        """The car keeps what it has."""
        with self.plugged() as (point, car):
            first = car.contract
            self.cancel(self.contract)
            self.assertFalse(self.request(point, car, "Update"))
            self.assertEqual((self.answer(ASKED)["status"], car.contract, car.emaid), ("Failed", first, EMAID))
