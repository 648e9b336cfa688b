"""Tariffs, limits of the grid and battery swaps, which came with 2.1, as the server sees them (blocks I, R and S)."""

from __future__ import annotations

from typing import Any

from smartserver.core.batch import Batch
from stations.models import EVSE, BatterySwap, DERAlarm, DERControl, SessionCost, StationTariff
from stations.ocpp.frames import Payload
from stations.services.certificates import install_certificate
from stations.services.tariffs import register
from tests.certification.certificates import Issued
from tests.certification2.central.support import ACCEPTED, CentralCase2, now
from tests.certification2.support import token
from tests.stations.tariffs import energy, tariff


class Tariffs(CentralCase2):
    version = "2.1"

    def default(self, status: str) -> None:
        for number in (1, 2):
            EVSE.objects.create(station=self.station, number=number)
        self.asked("SetDefaultTariff", {"evseId": 0, "tariff": tariff(**energy(0.5))}, status)
        self.assertEqual(StationTariff.objects.count(), 2 if status == "Accepted" else 0)

    def test_tc_i_102_default_too_many_elements(self) -> None:
        self.default("TooManyElements")

    def test_tc_i_105_default_conditions(self) -> None:
        self.default("ConditionNotSupported")

    def test_tc_i_106_default_what_cannot_be(self) -> None:
        self.default("Rejected")

    def test_tc_i_101_default_with_times_of_day(self) -> None:
        cheap = tariff(**energy((0.2, {"startTimeOfDay": "22:00", "endTimeOfDay": "06:00"}), 0.5))
        EVSE.objects.create(station=self.station, number=1)
        self.asked("SetDefaultTariff", {"evseId": 1, "tariff": cheap})
        self.assertEqual(StationTariff.objects.get().body, cheap)

    def test_tc_i_110_default_cleared(self) -> None:
        EVSE.objects.create(station=self.station, number=1)
        with self.booted() as client:
            self.ask(client, "SetDefaultTariff", {"evseId": 1, "tariff": tariff(**energy(0.5))}, ACCEPTED)
            result = {"clearTariffsResult": [{"tariffId": "T1", "status": "Accepted"}]}
            self.ask(client, "ClearTariffs", {"tariffIds": ["T1"], "evseId": 1}, result, "")
            self.assertFalse(StationTariff.objects.exists())

    def changed(self, status: str) -> None:
        with self.charging() as (client, reference):
            request = {"tariff": tariff(**energy(0.1)), "transactionId": reference}
            self.ask(client, "ChangeTransactionTariff", request, {"status": status})
            self.assertEqual(SessionCost.objects.exclude(agreed=[]).exists(), status == "Accepted")

    def test_tc_i_113_changed_too_many_elements(self) -> None:
        self.changed("TooManyElements")

    def test_tc_i_114_changed_conditions(self) -> None:
        self.changed("ConditionNotSupported")

    def test_tc_i_115_changed(self) -> None:
        self.changed("Accepted")

    def test_tc_i_122_details_of_costs(self) -> None:
        details = {
            "totalCost": {"currency": "EUR", "typeOfCost": "NormalCost", "total": {"exclTax": 5.5, "inclTax": 6.55}},
            "totalUsage": {"energy": 2000, "chargingTime": 3600, "idleTime": 0},
        }
        with self.charging() as (client, _):
            client.end("StopAuthorized", "Local", costDetails=details)
            self.assert_over("Local")
            self.assertEqual(SessionCost.objects.get().told_details, details)

    def test_tc_i_109_of_a_driver(self) -> None:
        self.family("SISTER")

        def enter(batch: Batch, *, by: object) -> None:
            made = register.add_tariff(batch, body=tariff(**energy(0.5)))
            register.assign_tariff(batch, tariff_id=made.pk, group="FAMILY")

        self.direct(enter)
        with self.booted() as client:
            answer = client.call("Authorize", idToken=token())
            self.assertEqual(answer["tariff"], tariff(**energy(0.5)))


class Certificates(CentralCase2):
    version = "2.1"

    def test_tc_m_101_root_of_a_vehicles_manufacturer(self) -> None:
        with self.booted() as client:
            made = self.order(install_certificate, use="OEMRootCertificate", pem=Issued("Root").pem)
            self.answered(client, "InstallCertificate", ACCEPTED)
            made.refresh_from_db()
            self.assertEqual(made.state, "installed")


class Controls(CentralCase2):
    version = "2.1"

    def test_tc_r_107_configured(self) -> None:
        curve = {"priority": 5, "yUnit": "PctMaxVar", "curveData": [{"x": 92.0, "y": 30.0}, {"x": 108.0, "y": -30.0}]}
        request = {"isDefault": True, "controlId": "default", "controlType": "VoltVar", "curve": curve}
        self.asked("SetDERControl", request)
        kept = DERControl.objects.get()
        self.assertEqual((kept.control_id, kept.type, kept.priority), ("default", "VoltVar", 5))

    def test_tc_r_108_alarm(self) -> None:
        with self.booted() as client:
            answer = client.call("NotifyDERAlarm", controlType="VoltVar", timestamp=now(), gridEventFault="OverVoltage")
            self.assertEqual(answer, {})
            self.assertEqual(DERAlarm.objects.get().station, self.station)


class Swaps(CentralCase2):
    version = "2.1"

    def request(self, reply: Payload) -> BatterySwap:
        with self.booted() as client:
            self.ask(client, "RequestBatterySwap", {"requestId": 5, "idToken": token()}, reply)
            if reply == ACCEPTED:
                for event, serial in (("BatteryIn", "OLD"), ("BatteryOut", "NEW")):
                    self.tell(client, event, serial)
        return BatterySwap.objects.get()

    def tell(self, client: Any, event: str, serial: str) -> None:
        battery = {"evseId": 1, "serialNumber": serial, "soC": 50.0, "soH": 90.0}
        answer = client.call("BatterySwap", eventType=event, requestId=5, idToken=token(), batteryData=[battery])
        self.assertEqual(answer, {})

    def test_tc_s_102_too_few(self) -> None:
        refused = {"status": "Rejected", "statusInfo": {"reasonCode": "NoBatteryAvailable"}}
        self.assertEqual(self.request(refused).state, "refused")

    def test_tc_s_103_swapped(self) -> None:
        self.assertEqual(self.request(ACCEPTED).state, "complete")
