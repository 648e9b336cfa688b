"""Contracts that vehicles show to a 2.x station: what it decides alone, and what it asks of the server (C07)."""

from __future__ import annotations

from datetime import timedelta

from stations.ocpp.frames import Payload
from tests.emulator.certificates import pem
from tests.emulator.test_certificates_for_vehicles import RESPONDER, Certified
from tests.stations.pki import Issuer

EMAID = "DE8AA1A2B3C4D5"


class Contracted:
    """A car that has a contract already."""

    emaid, most, preferred = EMAID, None, ()

    def __init__(self, contract: str) -> None:
        self.contract = contract

    def request(self, action: str) -> tuple[str, str]:
        raise AssertionError("It has a contract, and asks for none.")

    def take(self, action: str, exi: str) -> bool:
        raise AssertionError("It has a contract, and asks for none.")


class Contracts(Certified):
    def setUp(self) -> None:
        super().setUp()
        self.mo = Issuer("MO root")
        usual = self.drive.registry.to
        self.verdict: Payload = {"idTokenInfo": {"status": "Accepted"}, "certificateStatus": "Accepted"}
        self.drive.registry.to = lambda action, payload: (  # type: ignore[method-assign]  # the server of this test
            self.verdict if action == "Authorize" else usual(action, payload)
        )
        self.drive.plug_in()
        self.drive.run(1)

    def car(self, days: int = 365) -> Contracted:
        """Its contract was made when the station was switched on, a second ago."""
        return Contracted(pem(self.mo.issue(EMAID, responder=RESPONDER, days=days)[1]))

    def allow(self, variable: str, value: bool) -> None:
        data = {"component": {"name": "ISO15118Ctrlr"}, "variable": {"name": variable}}
        asked = data | {"attributeValue": str(value).lower()}
        (result,) = self.drive.ask("SetVariables", setVariableData=[asked])["setVariableResult"]
        self.assertEqual(result["attributeStatus"], "Accepted")

    def show(self, car: Contracted) -> tuple[bool, int]:
        """Whether it charges, and how often the server was asked."""
        self.drive.station.security.contracts.present(car, 1, self.drive.now)
        self.drive.run(0)
        return self.drive.outlet.running, len(self.drive.of("Authorize"))

    def know(self) -> None:
        self.install("MORootCertificate", self.mo.pem)

    def test_the_transaction_is_that_of_the_contract(self) -> None:
        self.assertEqual(self.show(self.car()), (True, 1))
        tokens = [each["idToken"] for each in self.drive.of("TransactionEvent") if "idToken" in each]
        self.assertEqual(tokens, [{"idToken": EMAID, "type": "eMAID"}])

    def test_a_token_is_not_enough_where_the_certificate_is_none(self) -> None:
        self.verdict["certificateStatus"] = "CertificateRevoked"
        self.assertEqual(self.show(self.car()), (False, 1))

    def test_one_that_has_ended_is_refused_without_asking(self) -> None:
        self.know()
        self.assertEqual(self.show(self.car(days=0)), (False, 0))

    def test_only_the_server_could_check_it_and_may_not(self) -> None:
        self.allow("CentralContractValidationAllowed", False)
        self.assertEqual(self.show(self.car()), (False, 0))
        self.know()
        self.assertEqual(self.show(self.car()), (True, 1))

    def test_offline(self) -> None:
        self.drive.lose_connection()
        self.assertEqual(self.show(self.car()), (False, 0), "nobody knows who has issued it")
        self.know()
        self.assertEqual(self.show(self.car(days=0)), (False, 0), "it has ended")
        self.allow("ContractValidationOffline", False)
        self.assertEqual(self.show(self.car()), (False, 0), "the station may not check it")
        self.allow("ContractValidationOffline", True)
        self.drive.set(AllowOfflineTxForUnknownId=False)
        self.assertEqual(self.show(self.car()), (False, 0), "the eMAID is no token that is known")
        self.drive.set(AllowOfflineTxForUnknownId=True)
        self.assertEqual(self.show(self.car()), (True, 0))

    def test_no_answer_counts_as_offline(self) -> None:
        self.allow("ContractValidationOffline", False)
        self.drive.station.security.contracts.present(self.car(), 1, self.drive.now)
        self.assertIsNotNone(self.drive.listen(answer=False))
        self.drive.station.unanswered(self.drive.now)
        self.assertFalse(self.drive.outlet.running)

    def test_a_station_that_reads_none(self) -> None:
        self.allow("PnCEnabled", False)
        self.assertEqual(self.show(self.car()), (False, 0))
        self.drive.present()
        self.assertTrue(self.drive.outlet.running, "its driver has a card")


class Renewed(Certified):
    """What is known of the certificates that vehicles are shown."""

    WEEK = timedelta(days=7).total_seconds()

    def asked(self) -> int:
        return len(self.drive.of("GetCertificateStatus"))

    def test_before_it_is_too_old(self) -> None:
        self.replies["GetCertificateStatus"] = {"status": "Accepted", "ocspResult": "AAAA"}
        self.install()
        self.hand_over(self.request())
        first = self.asked()
        self.assertEqual(len(self.drive.station.security.statuses.answers), first)
        self.drive.run(self.WEEK - 1)
        self.assertEqual(self.asked(), first)
        self.drive.run(2)
        self.assertEqual(self.asked(), 2 * first)

    def test_a_day_after_nobody_knew(self) -> None:
        self.install()
        chain = self.sign(asked := self.request())
        self.hand_over(asked, chain)
        first = self.asked()
        self.drive.run(86_401)
        self.assertEqual(self.asked(), 2 * first)
        data = self.keys.hashes(chain, "SHA256")[0].hash.data("SHA256")
        self.assertEqual(self.drive.status_of("DeleteCertificate", certificateHashData=data), "Accepted")
        self.drive.run(2 * 86_400)
        self.assertEqual(self.asked(), 2 * first, "it is not there any more")


class Succession(Certified):
    """Roots of the central system, one after the other."""

    def setUp(self) -> None:
        super().setUp()
        self.first = Issuer("First")
        self.second = Issuer("Second", self.first)
        self.drive.set(AdditionalRootCertificateCheck=True)

    def add(self, issuer: Issuer) -> str:
        return self.install("CSMSRootCertificate", issuer.pem)

    @property
    def anchors(self) -> list[str]:
        return self.drive.station.security.succession.anchors

    def test_is_checked_only_where_it_is_wanted(self) -> None:
        self.drive.set(AdditionalRootCertificateCheck=False)
        self.assertEqual([self.add(self.first), self.add(Issuer("Another"))], ["Accepted"] * 2)
        self.assertEqual(self.anchors, [])

    def test_the_new_one_has_its_turn_and_then_the_old_one(self) -> None:
        self.assertEqual(self.anchors, [])
        self.assertEqual(self.add(self.first), "Accepted")
        self.assertEqual((self.add(self.first), self.anchors), ("Accepted", [self.first.pem]))
        self.assertEqual(self.add(Issuer("Stranger")), "Rejected")
        self.assertEqual(self.add(self.second), "Accepted")
        succession = self.drive.station.security.succession
        for expected in (self.second, self.first, self.second):
            self.assertEqual(self.anchors, [expected.pem])
            succession.failed(self.drive.now)
        self.drive.run(0)
        self.assertEqual(self.events(), ["InvalidCsmsCertificate"] * 3, "of the stranger, and each time of the new one")
        self.assertEqual(self.add(Issuer("Third", self.second)), "Failed", "the second has not been of use yet")
        succession.reached()
        self.assertEqual(self.anchors, [self.second.pem], "by the old one: the new one is tried again")
        succession.reached()
        self.assertEqual(self.drive.station.security.roots("CentralSystemRootCertificate"), [self.second.pem])
        succession.failed(self.drive.now)
        self.assertEqual(self.anchors, [self.second.pem])
        self.assertEqual(self.add(Issuer("Third", self.second)), "Accepted")
