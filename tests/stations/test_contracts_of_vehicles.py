"""Contracts of vehicles: who provides them, what fails, and whether one that is shown may charge."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID
from django.core.management import call_command
from django.test import override_settings

from smartserver.core import clock
from smartserver.core.batch import Batch
from smartserver.core.errors import BadInput, Conflict, NotFound, Unavailable
from smartserver.core.events import TOKEN_REFUSED
from stations.emulator.cars import ElectricCar, ElectricCar20
from stations.models import Contract, IdToken
from stations.ocpp import iso15118, iso15118_20
from stations.ocpp.certificates import ContractRequested, write_hash
from stations.ocpp.frames import Payload
from stations.services import certificates
from stations.services.certificates import authority, contracts, pki, providers
from stations.services.certificates.contracts import check_provider
from stations.services.certificates.pem import hash_of, pem_of, read_chain
from stations.services.certificates.providers import ContractProvider, Provided, Refused
from tests.stations.certificate_case import CertificateCase
from tests.stations.pki import Issuer, Responder
from tests.stations.signing import csr_pem
from tests.stations.support import NOON, call
from tests.units import run, run_published

EMAID, CAR = "DE8AA1A2B3C4D5", "WP0EXAMPLE0000001"
HERE = "tests.stations.test_contracts_of_vehicles."


class Foreign(ContractProvider):
    """Somebody else's market."""

    async def ask(self, wanted: ContractRequested) -> Provided:
        return Provided(wanted.exi[::-1], 2)


class Unwilling(ContractProvider):
    async def ask(self, wanted: ContractRequested) -> Provided:
        raise Refused("No roaming contract.")


class Broken(ContractProvider):
    async def ask(self, wanted: ContractRequested) -> Provided:
        raise OSError("secret address")


class Slow(ContractProvider):
    async def ask(self, wanted: ContractRequested) -> Provided:
        await asyncio.sleep(10)
        return Provided()


class FailsLate(Foreign):
    def conclude(self, batch: Batch, wanted: ContractRequested, heard: Provided) -> Provided:
        Contract.objects.create(emaid=EMAID, vehicle=CAR, created_at=batch.now)
        raise ValueError


class ContractCase(CertificateCase):
    def get(self, exi: str, action: str = "Install", *, schema: str = iso15118.SCHEMA, **more: Any) -> Payload:
        payload = {"iso15118SchemaVersion": schema, "action": action, "exiRequest": exi} | more
        answer: Payload = run(call(self.station, "Get15118EVCertificate", payload, version="2.1", at=clock.now()))[0]
        return answer

    def reason(self, answer: Payload) -> str:
        self.assertEqual((answer["status"], answer["exiResponse"]), ("Failed", ""))
        return str(answer["statusInfo"]["additionalInfo"])

    def car(self, name: str = CAR) -> ElectricCar:
        text = self.command("vehicle", name)
        return ElectricCar(text)

    def command(self, *arguments: str) -> str:
        out = StringIO()
        call_command("v2g", *arguments, stdout=out)
        return out.getvalue()

    def register(self, emaid: str = EMAID, vehicle: str = CAR) -> Contract:
        made: Contract = run(lambda batch: certificates.register_contract(batch, emaid=emaid, vehicle=vehicle))[0]
        return made

    def install(self, car: ElectricCar, action: str = "Install", **more: Any) -> Payload:
        answer = self.get(car.request(action)[1], action, **more)
        self.assertEqual(answer["status"], "Accepted", answer)
        self.assertTrue(car.take(action, answer["exiResponse"]))
        return answer


def exi_of_another_edition(provisioning: str) -> str:
    """A vehicle whose key is on the shorter curve asks as one of -20 does."""
    chain = tuple(
        each.public_bytes(serialization.Encoding.DER) for each in x509.load_pem_x509_certificates(provisioning.encode())
    )
    return iso15118_20.write_request(iso15118.Request("Install", chain, most=1))


class Providers(ContractCase):
    def test_of_others_get_and_give_the_words_of_the_vehicle(self) -> None:
        with override_settings(CONTRACT_PROVIDER=HERE + "Foreign"):
            answer = self.get("ZXhp", schema="urn:anything")
        self.assertEqual(answer, {"status": "Accepted", "exiResponse": "phXZ", "remainingContracts": 2})

    def test_that_fail_are_refusals(self) -> None:
        for name, reason in (
            ("Unwilling", "No roaming contract."),
            ("Broken", "The provider of contracts failed."),
            ("FailsLate", "The provider of contracts failed."),
        ):
            logger = "stations.services.certificates.contracts"
            with self.subTest(name), override_settings(CONTRACT_PROVIDER=HERE + name):
                if name == "Unwilling":
                    self.assertEqual(self.reason(self.get("ZXhp")), reason)
                    continue
                with self.assertLogs(logger, "ERROR"):
                    self.assertEqual(self.reason(self.get("ZXhp")), reason)
        self.assertEqual(Contract.objects.count(), 0, "what fails leaves nothing behind")

    @override_settings(CONTRACT_PROVIDER=HERE + "Slow", CONTRACT_PROVIDER_TIMEOUT=0.05)
    def test_that_say_nothing_are_not_waited_for(self) -> None:
        self.assertIn("did not answer within 0.05 s", self.reason(self.get("ZXhp")))

    def test_are_checked_when_the_server_starts(self) -> None:
        self.assertEqual(check_provider(), [])
        for wrong in ("nowhere.Provider", "nonsense", HERE + "EMAID"):
            with override_settings(CONTRACT_PROVIDER=wrong):
                (error,) = check_provider()
                self.assertEqual(error.id, "smartserver.E023")


class OurOwn(ContractCase):
    def test_a_vehicle_gets_its_contract_and_a_newer_one(self) -> None:
        self.register()
        car = self.car()
        self.assertEqual(self.install(car)["remainingContracts"], 0)
        self.assertEqual(car.emaid, EMAID)
        first = Contract.objects.get()
        self.assertEqual(first.serial_number, f"{read_chain(car.contract)[0].serial_number:x}")
        self.assertNotIn("remainingContracts", self.install(car, "Update"))
        self.assertEqual(Contract.objects.count(), 2)
        self.assertNotEqual(Contract.objects.latest("pk").serial_number, first.serial_number)

    def test_what_it_prefers_goes_first(self) -> None:
        self.register()
        self.register("DE8AAPREFERRED0")
        car = self.car()
        answer = self.install(car, prioritizedEMAIDs=["de8aapreferred0", "unknown"])
        self.assertEqual((car.emaid, answer["remainingContracts"]), ("DE8AAPREFERRED0", 1))

    def test_a_vehicle_of_edition_20_gets_what_it_takes_one_after_the_other(self) -> None:
        for emaid in (EMAID, "DE8AAPREFERRED0", "DE8AALAST00000"):
            self.register(emaid)
        wanted = ("DE8AAPREFERRED0", "DE8AALAST00000")
        car = ElectricCar20(self.command("vehicle", CAR, "--edition", "20"), most=2, preferred=wanted)
        for remaining in (2, 1):
            schema, exi = car.request("Install")
            more: Payload = {
                "maximumContractCertificateChains": car.most,
                "prioritizedEMAIDs": list(car.preferred),
            }
            answer = self.get(exi, schema=schema, **more)
            self.assertEqual((answer["status"], answer["remainingContracts"]), ("Accepted", remaining))
            self.assertTrue(car.take("Install", answer["exiResponse"]))
            self.assertFalse(car.take("Install", answer["exiResponse"]), "it has that")
        self.assertEqual((car.emaids, car.most, car.preferred), (wanted, 0, ()))
        self.assertEqual(self.emaid_for_another(remaining=0), EMAID, "the last that it has not got just now")
        with clock.frozen(NOON + timedelta(hours=1)):
            self.assertEqual(self.emaid_for_another(remaining=2), EMAID, "it begins anew, with the first")
        schema, exi = car.request("Install")
        full = self.get(exi, schema=schema, maximumContractCertificateChains=0)
        self.assertIn("takes no contract", self.reason(full))
        self.assertIn("no update", self.reason(self.get(exi, "Update", schema=schema)))
        self.assertIn(
            "curve", self.reason(self.get(exi_of_another_edition(self.command("vehicle", CAR)), schema=schema))
        )

    def emaid_for_another(self, *, remaining: int) -> str:
        """What the vehicle gets that has no wishes."""
        car = ElectricCar20(self.command("vehicle", CAR, "--edition", "20"))
        schema, exi = car.request("Install")
        answer = self.get(exi, schema=schema, maximumContractCertificateChains=1)
        self.assertEqual(answer["remainingContracts"], remaining)
        self.assertTrue(car.take("Install", answer["exiResponse"]))
        return car.emaid

    def test_one_that_asks_again_and_again_fills_no_table(self) -> None:
        self.register()
        car = self.car()
        for _ in range(providers.MAX_CERTIFICATES + 2):
            self.install(car)
        self.assertEqual(Contract.objects.count(), providers.MAX_CERTIFICATES)

    def test_what_is_refused(self) -> None:
        car = self.car()
        exi = car.request("Install")[1]
        self.assertIn("no contract for this vehicle", self.reason(self.get(exi)))
        self.assertIn("MsgDef", self.reason(self.get(exi, schema="urn:din:70121:2012:MsgDef")))
        self.assertIn("EXI", self.reason(self.get("gJgC")))
        wrong = iso15118.write_request(iso15118.Request("Install", (b"no certificate",)))
        self.assertEqual(self.get(wrong)["status"], "Failed")
        self.assertIn("CertChainError", self.reason(self.get(self.request_of(Issuer("Stranger").issue(CAR)[1]))))

    def request_of(self, certificate: x509.Certificate) -> str:
        der = certificate.public_bytes(serialization.Encoding.DER)
        return iso15118.write_request(iso15118.Request("Install", (der,)))

    def test_a_key_that_nothing_can_be_encrypted_for(self) -> None:
        self.register()
        for key in (ec.generate_private_key(ec.SECP384R1()), ed25519.Ed25519PrivateKey.generate()):
            subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, CAR)])
            made = authority.issue(subject, key.public_key(), pki.local(pki.OEM_ROOT), days=1)
            self.assertIn("curve", self.reason(self.get(self.request_of(made))))

    def test_a_vehicle_without_a_name_has_no_contract(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        made = authority.issue(x509.Name([]), key.public_key(), pki.local(pki.OEM_ROOT), days=1)
        self.assertIn("no contract", self.reason(self.get(self.request_of(made))))

    def test_an_authority_that_is_over(self) -> None:
        self.register()
        car = self.car()
        with clock.frozen(NOON + timedelta(days=21 * 365)):
            self.assertEqual(self.get(car.request("Install")[1])["status"], "Failed")

    def test_what_was_cancelled_is_not_renewed(self) -> None:
        row = self.register()
        car = self.car()
        self.install(car)
        run(lambda batch: certificates.cancel_contract(batch, contract_id=row.pk))
        self.assertIn("no contract with this certificate", self.reason(self.get(car.request("Update")[1], "Update")))
        with self.assertRaises(NotFound):
            run(lambda batch: certificates.cancel_contract(batch, contract_id=0))

    def test_a_vehicle_has_a_contract_once(self) -> None:
        self.register()
        with self.assertRaises(Conflict):
            self.register(EMAID.lower())
        with self.assertRaises(BadInput):
            self.register("DE-8AA-1")

    def test_the_roots_are_shown(self) -> None:
        names = [each.subject.rfc4514_string() for each in read_chain(self.command("roots"))]
        self.assertEqual([name.split("=")[1].split(" ")[0] for name in names], ["V2G", "MO", "OEM"])


class Shown(ContractCase):
    """Authorize with a contract."""

    def setUp(self) -> None:
        super().setUp()
        self.mo = Issuer("MO root")
        file = self.folder / "trusted.pem"
        file.write_text(self.mo.pem)
        self.enterContext(override_settings(V2G_TRUST_FILE=file, OCSP_HOSTS=["127.0.0.1"]))
        IdToken.objects.create(value=EMAID)

    def show(
        self, *chain: x509.Certificate, text: str = "", sources: list[Payload] | None = None, emaid: str = EMAID
    ) -> str:
        payload: Payload = {"idToken": {"idToken": emaid, "type": "eMAID"}}
        if chain or text:
            payload["certificate"] = text or "".join(map(pem_of, chain))
        if sources:
            payload["iso15118CertificateHashData"] = sources
        answer = run(call(self.station, "Authorize", payload, version="2.0.1", at=clock.now()))[0]
        word = str(answer["certificateStatus"])
        self.assertEqual(answer["idTokenInfo"]["status"] == "Accepted", word == "Accepted")
        return word

    def test_the_certificate_is_that_of_the_contract(self) -> None:
        _, leaf = self.mo.issue("DE-8AA-1A2B3C4D5-X")
        self.assertEqual(self.show(leaf), "Accepted")
        for name in ("DE8AAOTHER00000", ""):
            _, other = self.mo.issue(name)
            self.assertEqual(self.show(other), "CertChainError")
        self.assertEqual(self.show(text="nonsense"), "CertChainError")
        self.assertEqual(self.show(Issuer("Stranger").issue(EMAID)[1]), "CertChainError")
        self.assertEqual(self.show(self.mo.issue(EMAID, days=-1)[1]), "CertificateExpired")

    def test_what_a_station_has_is_no_contract(self) -> None:
        """Whoever could have a certificate signed with any name could charge on anybody's account."""
        for use, signer in (("ChargingStationCertificate", authority.authority()), ("V2GCertificate", pki.v2g())):
            csr = authority.read_request(csr_pem(EMAID))
            signed = authority.sign(csr, identity="CP1", days=9, use=use, issuer=signer)
            self.assertEqual(self.show(text=signed.chain), "CertChainError")
        (self.folder / "trusted.pem").write_text(pem_of(pki.v2g().root))
        pki._read.cache_clear()
        self.assertEqual(self.show(text=signed.chain), "CertChainError", "it is for TLS")

    def test_a_refusal_is_told(self) -> None:
        _, leaf = Issuer("Stranger").issue(EMAID)
        payload = {"idToken": {"idToken": EMAID, "type": "eMAID"}, "certificate": pem_of(leaf)}
        _, published = run_published(call(self.station, "Authorize", payload, version="2.1"))
        self.assertEqual([kind for kind, _ in published.events], [TOKEN_REFUSED])

    def test_its_responder_is_asked_where_the_station_names_none(self) -> None:
        responder = Responder(lambda question: (200, self.mo.answer(self.leaf)))
        self.addCleanup(responder.close)
        _, self.leaf = self.mo.issue(EMAID, responder=responder.url)
        self.assertEqual(self.show(self.leaf, self.mo.certificate), "Accepted")
        self.assertEqual(len(responder.asked), 1)
        self.mo.unknown.add(self.leaf.serial_number)
        with clock.frozen(NOON + timedelta(hours=2)):
            self.assertEqual(self.show(self.leaf), "CertChainError")

    def test_hashes_of_a_contract_of_ours_are_for_its_emaid_alone(self) -> None:
        """A station that has checked the chain itself may still name another eMAID than the certificate does."""
        IdToken.objects.create(value="DE8AAOTHER0000")
        self.register()
        car = self.car()
        self.install(car)
        leaf, *issuers = read_chain(car.contract)
        named = hash_of(pem_of(leaf), issuers=issuers)
        sources: list[Payload] = [write_hash(named) | {"responderURL": "http://127.0.0.1:1/"}]
        self.assertEqual(self.show(sources=sources), "Accepted")
        self.assertEqual(self.show(sources=sources, emaid="DE8AAOTHER0000"), "CertChainError")

    def test_nobody_can_say(self) -> None:
        _, leaf = self.mo.issue(EMAID)
        self.assertEqual(self.show(sources=[self.mo.data(leaf, "http://127.0.0.1:1/")]), "NoCertificateAvailable")

    def test_good_is_believed_of_nobody_else(self) -> None:
        stranger = Issuer("Stranger")
        _, leaf = stranger.issue(EMAID)
        responder = Responder(lambda question: (200, stranger.answer(leaf)))
        self.addCleanup(responder.close)
        sources = [stranger.data(leaf, responder.url)]
        self.assertEqual(self.show(sources=sources), "NoCertificateAvailable")

    def test_a_file_of_trusted_certificates_that_cannot_be_read(self) -> None:
        _, leaf = self.mo.issue(EMAID)
        with override_settings(V2G_TRUST_FILE=Path("/nowhere")), self.assertRaises(Unavailable):
            self.show(leaf)

    def test_compares_without_hyphens_case_and_check_digit(self) -> None:
        self.assertEqual(contracts._folded("de-8aa-1a2b3c4d5-x"), EMAID)


class Named(ContractCase):
    """An operator's own V2G authority."""

    def test_signs_what_stations_show_to_vehicles(self) -> None:
        root = Issuer("Operator V2G root")
        sub = Issuer("Operator CPO sub", root)
        file, key = self.folder / "sub.pem", self.folder / "sub.key"
        file.write_text(sub.pem + root.pem)
        key.write_bytes(
            sub.key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        with override_settings(V2G_CERTIFICATE_FILE=file, V2G_KEY_FILE=key):
            self.assertEqual((pki.v2g().certificate, pki.v2g().root), (sub.certificate, root.certificate))
            self.assertIn(sub.certificate, pki.issuers())
            self.assertNotIn(sub.certificate, pki.trusted(*pki.CONTRACTS), "it signs stations, not contracts")
        with override_settings(V2G_CERTIFICATE_FILE=Path("/nowhere"), V2G_KEY_FILE=key):
            self.assertNotIn(sub.certificate, pki.issuers(), "others can be spoken for without it")
