"""Contracts of vehicles and the status of certificates, as the server sees them (blocks C and M)."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path

from django.test import override_settings

from stations.emulator.cars import ElectricCar
from stations.models import Certificate, Contract, IdToken
from stations.ocpp import iso15118
from stations.ocpp.frames import Payload
from stations.services.certificates import list_certificates
from stations.services.certificates.pem import pem_of
from tests.certification2.central.support import CentralCase2, ScriptedStation2
from tests.certification2.contracts import EMAID, OTHERS, TOKEN, ContractCase2
from tests.stations.pki import Issuer, Responder

CHAIN = "V2GCertificateChain"


class Foreign(ContractCase2, CentralCase2):
    """Contracts of a mobility operator whom the server trusts, and whose responder it may ask."""

    def setUp(self) -> None:
        super().setUp()
        IdToken.objects.create(value=EMAID)
        self.operator = Issuer("MO root")
        self.responder = Responder(self.respond)
        self.addCleanup(self.responder.close)
        _, self.contract = self.operator.issue(EMAID, responder=self.responder.url)
        file = Path(self.enterContext(tempfile.TemporaryDirectory())) / "trusted.pem"
        file.write_text(self.operator.pem)
        self.enterContext(override_settings(V2G_TRUST_FILE=file, OCSP_HOSTS=["127.0.0.1"]))

    def respond(self, question: bytes) -> tuple[int, bytes]:
        self.said = self.operator.answer(self.contract)
        return 200, self.said

    def authorize(self, client: ScriptedStation2, status: str, word: str, **shown: object) -> None:
        """What the server says of the token, and of the certificate."""
        client.tell(1, "Occupied")
        answer = client.call("Authorize", idToken=TOKEN, **shown)
        self.assertEqual((answer["idTokenInfo"]["status"], answer["certificateStatus"]), (status, word))

    def hashes(self) -> list[Payload]:
        return [self.operator.data(self.contract, self.responder.url)]

    def charge(self, client: ScriptedStation2) -> None:
        client.event("Started", "CablePluggedIn", "EVConnected")
        answer = client.event("Updated", "Authorized", "Charging", idToken=TOKEN)
        self.assertEqual(answer["idTokenInfo"]["status"], "Accepted")
        charged_by = self.transaction().id_token
        assert charged_by is not None
        self.assertEqual(charged_by.value, EMAID)

    def test_tc_c_50_checked_by_the_station_and_accepted(self) -> None:
        with self.booted() as client:
            self.authorize(client, "Accepted", "Accepted", iso15118CertificateHashData=self.hashes())
            self.assertEqual(len(self.responder.asked), 1, "its issuer was asked whether it was revoked")
            self.charge(client)

    def test_tc_c_51_checked_by_the_station_and_rejected(self) -> None:
        self.operator.revoked.add(self.contract.serial_number)
        with self.booted() as client:
            self.authorize(client, "Invalid", "CertificateRevoked", iso15118CertificateHashData=self.hashes())
            self.assertEqual(len(self.responder.asked), 1)

    def test_tc_c_52_checked_by_the_server_and_accepted(self) -> None:
        with self.booted() as client:
            self.authorize(client, "Accepted", "Accepted", certificate=pem_of(self.contract))
            self.assertEqual(len(self.responder.asked), 1)
            self.charge(client)

    def test_tc_m_24_status(self) -> None:
        """The responder's own words go to the station."""
        with self.booted() as client:
            answer = client.call("GetCertificateStatus", ocspRequestData=self.hashes()[0])
            self.assertEqual(answer["status"], "Accepted")
            self.assertEqual(base64.b64decode(answer["ocspResult"]), self.said, "just as the responder has signed it")


class Contracts(ContractCase2, CentralCase2):
    def request(self, client: ScriptedStation2, car: ElectricCar, action: str) -> None:
        """The car takes what it gets, so it can read it, and it is for this car."""
        schema, exi = car.request(action)
        payload = {"iso15118SchemaVersion": schema, "action": action, "exiRequest": exi}
        frame = client.ask("Get15118EVCertificate", payload)
        self.assertEqual(frame[0], 3, frame)
        answer = frame[2]
        self.assertEqual(answer["status"], "Accepted")
        self.assertLessEqual(len(answer["exiResponse"]), 7500)
        self.assertTrue(car.take(action, answer["exiResponse"]))
        self.assertEqual(car.contract, Contract.objects.latest("pk").pem)

    def test_tc_m_26_a_vehicle_gets_a_contract(self) -> None:
        self.sign_contract()
        car = self.build_car()
        with self.booted() as client:
            self.request(client, car, iso15118.INSTALL)
        self.assertEqual(car.emaid, EMAID)

    def test_tc_m_28_renewed(self) -> None:
        self.sign_contract()
        car = self.build_car()
        with self.booted() as client:
            self.request(client, car, iso15118.INSTALL)
            first = car.contract
            self.request(client, car, iso15118.UPDATE)
        self.assertEqual(car.emaid, EMAID)
        self.assertNotEqual(car.contract, first)


class Contracts20(ContractCase2, CentralCase2):
    version = "2.1"

    def test_tc_m_100_a_vehicle_of_edition_20_gets_contracts(self) -> None:
        """What it wants first goes first; it hears how many more there are, and asks for what it takes."""
        for emaid in (EMAID, *OTHERS):
            self.sign_contract(emaid)
        car = self.build_car_20(most=2, preferred=OTHERS)
        with self.booted() as client:
            for got, remaining in ((OTHERS[:1], 2), (OTHERS, 1)):
                schema, exi = car.request("Install")
                more = {"maximumContractCertificateChains": car.most, "prioritizedEMAIDs": list(car.preferred)}
                payload = {"iso15118SchemaVersion": schema, "action": "Install", "exiRequest": exi} | more
                frame = client.ask("Get15118EVCertificate", payload)
                self.assertEqual(
                    (frame[0], frame[2]["status"], frame[2]["remainingContracts"]), (3, "Accepted", remaining)
                )
                self.assertTrue(car.take("Install", frame[2]["exiResponse"]))
                self.assertEqual(car.emaids, got)


class Chains(CentralCase2):
    def test_tc_m_15_listed(self) -> None:
        """The Sub-CAs stand below what the station shows to vehicles."""
        leaf, *issuers = (
            {"hashAlgorithm": "SHA256", "issuerNameHash": "aa", "issuerKeyHash": "bb", "serialNumber": serial}
            for serial in ("f1", "f2", "f3")
        )
        with self.booted() as client:
            self.order(list_certificates, use=CHAIN)
            self.assertEqual(client.expect("GetInstalledCertificateIds"), {"certificateType": [CHAIN]})
            found = {"certificateType": CHAIN, "certificateHashData": leaf, "childCertificateHashData": issuers}
            client.reply({"status": "Accepted", "certificateHashDataChain": [found]})
            self.assert_answered(self.newest("GetInstalledCertificateIds"), "Accepted")
            row = Certificate.objects.get()
            self.assertEqual((row.use, row.state, row.serial_number), (CHAIN, Certificate.State.INSTALLED, "f1"))
            self.assertEqual(row.children, issuers)
