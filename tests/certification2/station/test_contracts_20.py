"""Vehicles of ISO 15118-20 at the emulator (block M)."""

from __future__ import annotations

from stations.models import Contract, IdToken
from stations.ocpp import iso15118_20
from tests.certification2.contracts import EMAID, OTHERS, ContractCase2
from tests.certification2.station.support import CHARGED, StationCase2
from tests.waiting import eventually

ASKED = "Get15118EVCertificate"


class Contracts(ContractCase2, StationCase2):
    version = "2.1"

    def test_tc_m_100_a_vehicle_gets_its_contracts(self) -> None:
        """It has three, takes two, and the station asks again for the second; by the first it charges."""
        for emaid in (EMAID, *OTHERS):
            self.sign_contract(emaid)
        car = self.build_car_20(most=2, preferred=OTHERS)
        with self.booted() as point:
            point.do(lambda model, now: model.security.contracts.request(car, "Install", now))
            self.assert_story(ASKED, ASKED)
            eventually(lambda: car.emaids == OTHERS)
            first, second = self.requests(ASKED)
            for asked, most, preferred in ((first, 2, OTHERS), (second, 1, OTHERS[1:])):
                self.assertEqual((asked["action"], asked["iso15118SchemaVersion"]), ("Install", iso15118_20.SCHEMA))
                self.assertEqual(asked["maximumContractCertificateChains"], most)
                self.assertEqual(asked["prioritizedEMAIDs"], list(preferred))
            self.assertEqual(car.contract, Contract.objects.get(emaid=OTHERS[0]).pem)
            point.plug_in()
            self.assert_story(*CHARGED[:2])
            point.do(lambda model, now: model.security.contracts.present(car, 1, now))
            self.assert_story(*CHARGED[2:])
            self.assertEqual(self.transaction().id_token, IdToken.objects.get(value=OTHERS[0]))
