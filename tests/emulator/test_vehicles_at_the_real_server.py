"""An emulated 2.x station and its cars against the real server: certificates, their status, contracts, sessions."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Callable
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

from cryptography.x509 import ocsp
from cryptography.x509.ocsp import load_der_ocsp_response
from django.core.management import call_command
from django.test import override_settings

from smartserver.core import change
from stations.emulator.cars import ElectricCar
from stations.emulator.keys import StationKeys
from stations.emulator.point.model import ChargePointModel
from stations.models import Certificate, Contract, IdToken, SecurityEvent
from stations.services import certificates
from stations.services.certificates import pki
from stations.services.certificates.pem import pem_of
from stations.services.commands import Requester
from tests.field.support import Emulated, FieldCase
from tests.waiting import eventually

EMAID, CAR = "DE8AA1A2B3C4D5", "WP0EXAMPLE0000001"
OLGA = Requester("olga")
V2G = "V2GCertificate"


@override_settings(OPEN=True)
class Vehicles(FieldCase):
    identity = "CP1"

    def setUp(self) -> None:
        super().setUp()
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(override_settings(CA_DIR=folder / "authority", V2G_DIR=folder / "v2g"))

    def prepare(self, station: Emulated) -> None:
        """A station with keys of its own, which trusts the roots of the server."""
        station.model.security.keys = StationKeys()
        station.wait_ready()
        for use in ("V2GRootCertificate", "MORootCertificate"):
            row = self.order(certificates.install_certificate, use=use, pem="")
            eventually(lambda row=row: self.state(row) == "installed")  # type: ignore[misc]

    def order(self, use_case: Callable[..., Any], **values: Any) -> Any:
        return change.store(partial(use_case, station_id=self.station().pk, by=OLGA, **values))

    def state(self, row: Certificate) -> str:
        row.refresh_from_db()
        return row.state

    def test_a_station_is_certified_for_vehicles(self) -> None:
        for version in ("2.0.1", "2.1"):
            identity = f"CP{version}"
            with self.subTest(version), self.emulated(identity=identity, version=version) as station:
                self.certify(station, version)

    def station(self, identity: str = "") -> Any:
        return super().station(identity or self.identity)

    def certify(self, station: Emulated, version: str) -> None:
        self.identity = station.identity
        self.prepare(station)
        self.order(certificates.ask_for_request, use=V2G)
        mine = Certificate.objects.filter(station__identity=self.identity)
        eventually(lambda: mine.filter(use=V2G, state="installed").exists())
        answers = station.model.security.statuses.answers
        eventually(lambda: len(answers) == 3)  # of its own certificate, and of both Sub-CAs
        for answer in answers.values():
            self.assertEqual(
                load_der_ocsp_response(base64.b64decode(answer)).certificate_status, ocsp.OCSPCertStatus.GOOD
            )
        command = self.order(certificates.list_certificates, use="V2GCertificateChain")
        self.assertEqual(self.settled(command).result, "Accepted")
        row = mine.get(use=V2G)
        self.assertEqual((row.state, len(row.children)), ("installed", 2))
        if version == "2.1":
            station.act(lambda model, now: model.security.statuses.ask_chain(V2G, now))
            eventually(lambda: set(station.model.security.statuses.words.values()) == {"Good"})
        self.delete(station, row)

    def delete(self, station: Emulated, row: Certificate) -> None:
        change.store(partial(certificates.delete_certificate, certificate_id=row.pk, by=OLGA))
        eventually(lambda: self.state(row) == "deleted")
        assert station.model.security.keys is not None
        self.assertEqual(station.model.security.keys.chain(V2G), "")

    def test_a_certificate_of_somebody_else_is_refused_and_reported(self) -> None:
        with self.emulated(version="2.1") as station:
            self.prepare(station)
            station.act(lambda model, now: model.settings.put("SecurityProfile", "1"))
            wrong = {"certificateChain": certificates_of_nobody(), "certificateType": V2G}
            self.assertEqual(self.settled(self.command("CertificateSigned", wrong)).result, "Rejected")
            events = SecurityEvent.objects.filter(type="InvalidChargingStationCertificate")
            eventually(events.exists)

    def test_a_car_gets_a_contract_and_charges_by_it(self) -> None:
        IdToken.objects.create(value=EMAID)
        contract = change.store(partial(certificates.register_contract, emaid=EMAID, vehicle=CAR))
        out = StringIO()
        call_command("v2g", "vehicle", CAR, stdout=out)
        car = ElectricCar(out.getvalue())
        with self.emulated(version="2.1") as station:
            self.prepare(station)
            for action in ("Install", "Update"):
                known = car.contract
                station.act(lambda model, now, action=action: model.security.contracts.request(car, action, now))  # type: ignore[misc]
                eventually(lambda known=known: car.contract not in ("", known))  # type: ignore[misc]
            self.assertEqual(car.emaid, EMAID)
            self.show(station, car)
            eventually(lambda: station.running)
            station.unplug()
            eventually(lambda: not station.running)
            change.store(partial(certificates.cancel_contract, contract_id=contract.pk))
            self.assertFalse(Contract.objects.filter(cancelled_at=None).exists())
            station.act(lambda model, now: model.access.clear_cache())
            self.show(station, car)
            eventually(lambda: len(station.answers("Authorize")) == 2)
            answer = station.answers("Authorize")[-1][2]
            self.assertEqual(
                (answer["idTokenInfo"]["status"], answer["certificateStatus"]), ("Invalid", "ContractCancelled")
            )
            self.assertFalse(station.running)

    def show(self, station: Emulated, car: ElectricCar) -> None:
        def present(model: ChargePointModel, now: float) -> None:
            model.security.contracts.present(car, 1, now)

        station.plug_in()
        station.act(present)


def certificates_of_nobody() -> str:
    return pem_of(pki.local(pki.CPO_SUB_2).certificate)
