"""Certificates of an emulated 2.x station: signed of each kind, renewed, listed in chains; cars and their contracts."""

from __future__ import annotations

import base64
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from django.test import SimpleTestCase

from smartserver.core import clock
from stations.emulator.cars import ElectricCar
from stations.emulator.keys import StationKeys
from stations.ocpp import iso15118
from stations.ocpp.frames import Payload
from tests.emulator.certificates import pem
from tests.emulator.fakes import STARTED
from tests.emulator.scripted import Scripted
from tests.stations.pki import Issuer

V2G, ROOT = "V2GCertificate", "V2GRootCertificate"
RESPONDER = "http://responder.example/ocsp"
DAY = 86_400.0


class Certified(SimpleTestCase):
    version = "2.1"

    def setUp(self) -> None:
        self.enterContext(clock.frozen(STARTED))
        self.keys = StationKeys()
        self.drive = Scripted(self, self.version, keys=self.keys, security_profile=1)
        self.root = Issuer("V2G root")
        self.sub = Issuer("CPO sub", self.root)
        self.replies: dict[str, Payload] = {}
        usual = self.drive.registry.to
        self.drive.registry.to = lambda action, payload: self.replies.get(action) or usual(action, payload)  # type: ignore[method-assign]

    def request(self, trigger: str = "SignV2GCertificate") -> Payload:
        self.assertEqual(self.drive.status_of("TriggerMessage", requestedMessage=trigger), "Accepted")
        asked: Payload = self.drive.of("SignCertificate")[-1]
        return asked

    def sign(self, asked: Payload, *, days: int = 365, issuer: Issuer | None = None) -> str:
        csr = x509.load_pem_x509_csr(asked["csr"].encode())
        issuer = issuer or self.sub
        leaf = issuer._signed("CP1", csr.public_key(), days=days, responder=RESPONDER)
        return pem(leaf) + (issuer.pem if issuer.above else "")

    def hand_over(self, asked: Payload, chain: str = "", **changes: Any) -> str:
        same = {name: asked[name] for name in ("certificateType", "requestId") if name in asked}
        return self.drive.status_of(
            "CertificateSigned", **{"certificateChain": chain or self.sign(asked)} | same | changes
        )

    def install(self, kind: str = ROOT, text: str = "") -> str:
        return self.drive.status_of("InstallCertificate", certificateType=kind, certificate=text or self.root.pem)

    def listed(self, *kinds: str) -> list[Any]:
        wanted = {"certificateType": list(kinds)} if kinds else {}
        found = self.drive.ask("GetInstalledCertificateIds", **wanted)
        return list(found.get("certificateHashDataChain", []))

    def events(self) -> list[str]:
        return [each["type"] for each in self.drive.of("SecurityEventNotification")]


class Signed(Certified):
    def test_of_each_kind(self) -> None:
        for trigger, use, curve in (
            ("SignChargingStationCertificate", "ChargingStationCertificate", "secp256r1"),
            ("SignV2GCertificate", V2G, "secp256r1"),
            ("SignV2G20Certificate", "V2G20Certificate", "secp521r1"),
        ):
            asked = self.request(trigger)
            key = x509.load_pem_x509_csr(asked["csr"].encode()).public_key()
            assert isinstance(key, ec.EllipticCurvePublicKey)
            self.assertEqual((asked["certificateType"], key.curve.name), (use, curve))
            self.assertEqual(self.hand_over(asked), "Accepted")
        self.assertTrue(self.keys.certified)
        asked = self.request("SignCombinedCertificate")
        self.assertNotIn("certificateType", asked)
        self.assertEqual(self.hand_over(asked), "Accepted")

    def test_a_combined_one_is_shown_to_the_server(self) -> None:
        self.assertEqual(self.hand_over(self.request("SignCombinedCertificate")), "Accepted")
        self.assertTrue(self.keys.certified)

    def test_what_does_not_fit_is_refused_and_reported(self) -> None:
        asked = self.request()
        for changes in (
            {"requestId": asked["requestId"] + 1},
            {"certificateType": "V2G20Certificate"},
            {"certificateChain": "nonsense"},
            {"certificateChain": self.sign(asked, days=-1)},
        ):
            with self.subTest(changes):
                self.assertEqual(self.hand_over(asked, **changes), "Rejected")
        self.install(text=Issuer("Another root").pem)
        self.assertEqual(self.hand_over(asked), "Rejected")
        self.assertEqual(self.events(), ["InvalidChargingStationCertificate"] * 5)
        self.install()
        self.assertEqual(self.hand_over(asked), "Accepted")

    def test_one_that_does_not_come_is_asked_for_again(self) -> None:
        """After longer and longer times, and not for ever (A02.FR.17 to FR.19)."""
        self.request()
        self.drive.run(60 + 120 + 240 + 480 + 960)
        self.assertEqual(len(self.drive.of("SignCertificate")), 4)

    def test_each_at_its_own_time(self) -> None:
        self.hand_over(self.request("SignChargingStationCertificate"))
        self.request("SignV2GCertificate")
        self.drive.run(30)
        self.request("SignV2G20Certificate")
        self.drive.run(45)
        uses = [each["certificateType"] for each in self.drive.of("SignCertificate")]
        self.assertEqual(uses[1:], [V2G, "V2G20Certificate", V2G])

    def test_one_that_the_server_refuses_is_not(self) -> None:
        self.replies["SignCertificate"] = {"status": "Rejected"}
        self.request()
        self.drive.run(600)
        self.assertEqual(len(self.drive.of("SignCertificate")), 1)

    def test_one_that_ends_soon_is_renewed_by_itself(self) -> None:
        self.hand_over(
            self.request("SignChargingStationCertificate"), self.sign(self.drive.of("SignCertificate")[-1], days=40)
        )
        self.drive.run(9 * DAY)
        self.assertEqual(len(self.drive.of("SignCertificate")), 1)
        self.replies["SignCertificate"] = {"status": "Rejected"}
        self.drive.run(2.5 * DAY)
        self.assertEqual(len(self.drive.of("SignCertificate")), 3, "each day")

    def test_without_keys(self) -> None:
        drive = Scripted(self, "2.0.1")
        self.assertEqual(drive.status_of("TriggerMessage", requestedMessage="SignV2GCertificate"), "NotImplemented")
        self.assertEqual(drive.ask("GetInstalledCertificateIds"), {"status": "NotFound"})
        drive.station.security.statuses.ask(V2G, drive.now)
        drive.station.security.statuses.ask_chain(V2G, drive.now)
        self.assertEqual(drive.of("GetCertificateStatus"), [])


class Stores(Certified):
    def test_roots_and_chains_are_listed(self) -> None:
        self.install()
        self.install("CSMSRootCertificate", Issuer("Operator").pem)
        self.hand_over(self.request())
        self.assertEqual(
            sorted(each["certificateType"] for each in self.listed()),
            ["CSMSRootCertificate", "V2GCertificateChain", ROOT],
        )
        (chain,) = self.listed("V2GCertificateChain")
        (child,) = chain["childCertificateHashData"]
        self.assertEqual(child["serialNumber"], f"{self.sub.certificate.serial_number:x}")
        self.assertEqual(self.listed("MORootCertificate"), [])

    def test_a_chain_whose_root_is_not_known_has_no_such_child(self) -> None:
        self.hand_over(self.request())
        (chain,) = self.listed("V2GCertificateChain")
        self.assertNotIn("childCertificateHashData", chain)

    def test_what_vehicles_are_shown_can_be_deleted_and_what_the_server_is_shown_not(self) -> None:
        for trigger, status in (("SignV2GCertificate", "Accepted"), ("SignChargingStationCertificate", "Failed")):
            chain = self.sign(asked := self.request(trigger))
            self.hand_over(asked, chain)
            data = self.keys.hashes(chain, "SHA384")[0].hash.data("SHA384")
            self.assertEqual(self.drive.status_of("DeleteCertificate", certificateHashData=data), status)
        self.assertEqual(self.keys.chain(V2G), "")
        self.assertEqual(
            self.drive.status_of("DeleteCertificate", certificateHashData=data | {"serialNumber": "1"}), "NotFound"
        )


class Statuses(Certified):
    def test_of_what_vehicles_are_shown_are_asked_for(self) -> None:
        self.install()
        self.replies["GetCertificateStatus"] = {"status": "Accepted", "ocspResult": "abc"}
        chain = self.sign(asked := self.request())
        self.hand_over(asked, chain)
        serials = [named.hash.serial for named in self.keys.hashes(chain, "SHA256", [self.root.pem])]
        self.assertEqual(
            [each["ocspRequestData"]["responderURL"] for each in self.drive.of("GetCertificateStatus")], [RESPONDER, ""]
        )
        statuses = self.drive.station.security.statuses
        self.assertEqual(statuses.answers, dict.fromkeys(serials, "abc"))
        self.replies["GetCertificateStatus"] = {"status": "Failed"}
        statuses.ask(V2G, self.drive.now)
        self.drive.run(0)
        self.assertEqual(statuses.answers, dict.fromkeys(serials, "abc"), "what was known stays")

    def test_of_a_chain_at_once(self) -> None:
        self.install()
        chain = self.sign(asked := self.request())
        self.hand_over(asked, chain)
        named = self.keys.hashes(chain, "SHA256", [self.root.pem])
        told = [
            {
                "certificateHashData": each.hash.data("SHA256"),
                "source": "OCSP",
                "status": "Good",
                "nextUpdate": self.drive.at(),
            }
            for each in named
        ]
        self.replies["GetCertificateChainStatus"] = {"certificateStatus": told}
        statuses = self.drive.station.security.statuses
        statuses.ask_chain(V2G, self.drive.now)
        self.drive.run(0)
        self.assertEqual(statuses.words, {each.hash.serial: "Good" for each in named})


class Cars(Certified):
    def setUp(self) -> None:
        super().setUp()
        self.oem, self.mo = Issuer("OEM root"), Issuer("MO root")
        key, certificate = self.oem.issue("WP0EXAMPLE0000001")
        self.car = ElectricCar(pem(certificate) + self.private(key))
        self.contracts = self.drive.station.security.contracts

    def private(self, key: Any) -> str:
        return key.private_bytes(  # type: ignore[no-any-return]
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    def answer(self, action: str, receiver: Any, *, other: bool = False) -> Payload:
        """What a provider says: a new contract, whose key only the receiver reads."""
        key, contract = self.mo.issue("DE8AA1A2B3C4D5", responder=RESPONDER)
        wrapped, ephemeral = iso15118.wrap(ec.generate_private_key(ec.SECP256R1()) if other else key, receiver)
        der = contract.public_bytes(serialization.Encoding.DER)
        response = iso15118.Response((der,), "DE8AA1A2B3C4D5", wrapped, ephemeral)
        return {"status": "Accepted", "exiResponse": iso15118.write_response(response, action, signers=(der,))}

    def ask(self, action: str, reply: Payload) -> Payload:
        self.replies["Get15118EVCertificate"] = reply
        self.contracts.request(self.car, action, self.drive.now)
        self.drive.run(0)
        asked: Payload = self.drive.of("Get15118EVCertificate")[-1]
        return asked

    def key_of(self, action: str, asked: Payload) -> Any:
        chain = iso15118.read_request(asked["exiRequest"], action).chain
        return x509.load_der_x509_certificate(chain[0]).public_key()

    def install(self, *_: Any) -> str:
        receiver = self.key_of("Install", self.ask("Install", {"status": "Failed", "exiResponse": ""}))
        self.ask("Install", self.answer("Install", receiver))
        return self.car.contract

    def test_get_a_contract_and_a_newer_one(self) -> None:
        asked = self.ask("Install", {"status": "Failed", "exiResponse": ""})
        self.assertEqual(set(asked), {"action", "iso15118SchemaVersion", "exiRequest"}, "no number in ISO 15118-2")
        self.assertEqual(asked["action"], "Install")
        self.assertEqual(self.car.emaid, "")
        first = self.install()
        self.assertEqual(self.car.emaid, "DE8AA1A2B3C4D5")
        asked = self.ask("Update", {"status": "Failed", "exiResponse": ""})
        self.ask("Update", self.answer("Update", self.key_of("Update", asked)))
        self.assertNotEqual(self.car.contract, first)

    def test_take_nothing_that_is_not_for_them(self) -> None:
        stranger = ec.generate_private_key(ec.SECP256R1()).public_key()
        receiver = self.key_of("Install", self.ask("Install", {"status": "Failed", "exiResponse": ""}))
        for reply in (
            self.answer("Install", stranger),
            self.answer("Install", receiver, other=True),
            {"status": "Accepted", "exiResponse": base64.b64encode(b"nonsense").decode()},
        ):
            self.ask("Install", reply)
            self.assertEqual(self.car.contract, "")

    def test_have_a_certificate_and_a_key(self) -> None:
        other = ed25519.Ed25519PrivateKey.generate()
        for text in (self.private(other), self.oem.pem + self.private(other)):
            with self.assertRaises(ValueError):
                ElectricCar(text)

    def test_charge_by_contract(self) -> None:
        """Without the root of the contract its certificates go along; with it the server gets hashes alone."""
        self.install()
        for trusted in (False, True):
            if trusted:
                status = self.drive.status_of(
                    "InstallCertificate", certificateType="MORootCertificate", certificate=self.mo.pem
                )
                self.assertEqual(status, "Accepted")
            self.drive.plug_in()
            self.contracts.present(self.car, 1, self.drive.now)
            self.drive.run(0)
            self.assertTrue(self.drive.outlet.running)
            asked = self.drive.of("Authorize")[-1]
            self.assertEqual(asked["idToken"], {"idToken": "DE8AA1A2B3C4D5", "type": "eMAID"})
            self.assertEqual("certificate" in asked, not trusted)
            self.assertEqual("iso15118CertificateHashData" in asked, trusted)
            self.drive.unplug()

    def come(self, *, manual: bool) -> Scripted:
        """A station to which the car belongs, half an hour after it has started anew."""
        drive = Scripted(self, "2.1", keys=StationKeys(), manual=manual, connectors=1)
        drive.station.security.contracts.adopt(self.car)
        usual = drive.registry.to

        def answer(action: str, payload: Payload) -> Payload:
            if action == "Get15118EVCertificate":
                return self.answer("Install", self.key_of("Install", payload))
            return usual(action, payload)

        drive.registry.to = answer  # type: ignore[method-assign]
        drive.station.power_loss(drive.now)
        drive.restart()
        drive.run(1800)
        return drive

    def test_come_by_themselves_once_they_have_a_contract(self) -> None:
        drive = self.come(manual=False)
        self.assertEqual(len(drive.of("Get15118EVCertificate")), 1)
        self.assertEqual(drive.of("Authorize")[-1]["idToken"], {"idToken": self.car.emaid, "type": "eMAID"})
        self.assertEqual(self.come(manual=False).of("Get15118EVCertificate"), [], "it has one")

    def test_are_only_known_where_nobody_comes_by_habit(self) -> None:
        drive = self.come(manual=True)
        self.assertEqual((self.car.emaid, drive.of("Authorize")), ("DE8AA1A2B3C4D5", []))

    def test_at_a_station_without_keys(self) -> None:
        self.install()
        drive = Scripted(self, "2.0.1")
        drive.plug_in()
        drive.station.security.contracts.present(self.car, 1, drive.now)
        drive.run(0)
        (asked,) = drive.of("Authorize")
        self.assertEqual(asked["certificate"], self.car.contract)
        drive.station.security.contracts.request(self.car, "Install", drive.now)
        drive.run(0)
        self.assertNotIn("maximumContractCertificateChains", drive.of("Get15118EVCertificate")[0])


class SecurityEvents(Certified):
    def test_have_the_names_of_2_x(self) -> None:
        self.drive.status_of("InstallCertificate", certificateType="CSMSRootCertificate", certificate="nonsense")
        self.drive.station.security.report("TamperDetectionActivated", self.drive.now, "lid")
        self.drive.run(0)
        self.assertEqual(self.events(), ["InvalidCsmsCertificate", "TamperDetectionActivated"])

    def test_a_new_password_is_used(self) -> None:
        data = {
            "component": {"name": "SecurityCtrlr"},
            "variable": {"name": "BasicAuthPassword"},
            "attributeValue": "0123456789abcdef",
        }
        (result,) = self.drive.ask("SetVariables", setVariableData=[data])["setVariableResult"]
        self.assertEqual((result["attributeStatus"], self.drive.station.password), ("Accepted", "0123456789abcdef"))
