"""Each action that a 1.6 station calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509

from stations.models import (
    Connector,
    IdToken,
    MeterValue,
    SecurityEvent,
    SigningRequest,
    Station,
    Transaction,
)
from tests.actions.registry import received
from tests.actions.support import ActionCase, signing_request

NOW = datetime.now(UTC).replace(microsecond=0)


def at(minutes: float) -> str:
    return (NOW + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


def reading(wh: float, minutes: float) -> dict[str, Any]:
    return {
        "timestamp": at(minutes),
        "sampledValue": [
            {"value": str(wh), "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
            {"value": "7.4", "measurand": "Power.Active.Import", "unit": "kW"},
        ],
    }


class FromStations(ActionCase):
    def start(self, wh: int = 1000) -> int:
        answer = self.tell(
            "StartTransaction", {"connectorId": 1, "idTag": "CARD1", "meterStart": wh, "timestamp": at(0)}
        )
        self.assertEqual(answer["idTagInfo"]["status"], "Accepted")
        number: int = answer["transactionId"]
        return number

    @received("Authorize", stored="`IdToken` when it is new", seen="`/api/v1/id-tokens`")
    def test_authorize(self) -> None:
        self.assertEqual(self.tell("Authorize", {"idTag": "card1"})["idTagInfo"]["status"], "Accepted")
        IdToken.objects.update(status=IdToken.Status.BLOCKED)
        self.assertEqual(self.tell("Authorize", {"idTag": "CARD1"})["idTagInfo"]["status"], "Blocked")
        self.assertEqual(self.see_one("id-tokens")["status"], "Blocked")

    @received(
        "BootNotification",
        stored="`Station`: name plate, time and registration",
        seen="`/api/v1/stations`, tab “Stations”",
    )
    def test_boot_notification(self) -> None:
        payload = {"chargePointVendor": "Nord", "chargePointModel": "N1", "firmwareVersion": ""}
        answer = self.tell("BootNotification", payload)
        self.assertEqual((answer["status"], answer["interval"]), ("Accepted", 300))
        self.assertRegex(answer["currentTime"], r"^\d{4}-\d\d-\d\dT[\d:.]+Z$")
        row = Station.objects.get()
        self.assertEqual((row.vendor, row.model), ("Nord", "N1"))
        seen = self.see("stations/CP1")
        self.assertEqual((seen["vendor"], seen["state"], seen["registration"]), ("Nord", "online", "Accepted"))

    @received("DataTransfer", stored="`Message`, and what the vendor's handler keeps", seen="`/api/v1/messages`")
    def test_data_transfer(self) -> None:
        answer = self.tell("DataTransfer", {"vendorId": "org.nobody", "messageId": "m", "data": "x"})
        self.assertEqual(answer["status"], "UnknownVendorId")

    @received(
        "DiagnosticsStatusNotification",
        stored="`Station.diagnostics_status`, `FileJob`",
        seen="`/api/v1/stations`, `/api/v1/jobs`",
    )
    def test_diagnostics_status_notification(self) -> None:
        self.assertEqual(self.tell("DiagnosticsStatusNotification", {"status": "Uploading"}), {})
        self.assertEqual(self.see("stations/CP1")["diagnostics_status"], "Uploading")

    @received(
        "FirmwareStatusNotification",
        stored="`Station.firmware_status`, `FileJob`",
        seen="`/api/v1/stations`, `/api/v1/jobs`",
    )
    def test_firmware_status_notification(self) -> None:
        self.assertEqual(self.tell("FirmwareStatusNotification", {"status": "Downloading"}), {})
        self.assertEqual(self.see("stations/CP1")["firmware_status"], "Downloading")

    @received(
        "SignedFirmwareStatusNotification",
        stored="`Station.firmware_status`, `FileJob`",
        seen="`/api/v1/stations`, `/api/v1/jobs`",
    )
    def test_signed_firmware_status_notification(self) -> None:
        payload = {"status": "SignatureVerified", "requestId": 7}
        self.assertEqual(self.tell("SignedFirmwareStatusNotification", payload), {})
        self.assertEqual(self.see("stations/CP1")["firmware_status"], "SignatureVerified")

    @received(
        "LogStatusNotification",
        stored="`Station.diagnostics_status`, `FileJob`",
        seen="`/api/v1/stations`, `/api/v1/jobs`",
    )
    def test_log_status_notification(self) -> None:
        self.assertEqual(self.tell("LogStatusNotification", {"status": "Uploading", "requestId": 7}), {})
        self.assertEqual(self.see("stations/CP1")["diagnostics_status"], "Uploading")

    @received("Heartbeat", stored="`Station.last_seen_at`", seen="`/api/v1/stations`, tab “Stations”")
    def test_heartbeat(self) -> None:
        self.assertIn("currentTime", self.tell("Heartbeat", {}))
        self.assertIsNotNone(self.see("stations/CP1")["last_seen_at"])

    @received(
        "MeterValues",
        stored="`MeterValue`, `EVSE`, `Transaction`",
        seen="`/api/v1/transactions/{id}/meter-values`, chart of the station",
    )
    def test_meter_values(self) -> None:
        number = self.start()
        payload = {"connectorId": 1, "transactionId": number, "meterValue": [reading(1500, 1)]}
        self.assertEqual(self.tell("MeterValues", payload), {})
        value = MeterValue.objects.get()
        self.assertEqual((value.energy_wh, value.power_w, value.transaction_id), (1500, 7400, number))
        self.assertEqual(self.see_one(f"transactions/{number}/meter-values")["power_w"], 7400)
        self.assertEqual(self.see(f"transactions/{number}")["energy_wh"], 500)

    @received("SecurityEventNotification", stored="`SecurityEvent`", seen="`/api/v1/security-events`")
    def test_security_event_notification(self) -> None:
        payload = {"type": "FirmwareUpdated", "timestamp": at(0), "techInfo": "1.2"}
        self.assertEqual(self.tell("SecurityEventNotification", payload), {})
        self.assertEqual(SecurityEvent.objects.get().type, "FirmwareUpdated")
        seen = self.see_one("security-events", station="CP1")
        self.assertEqual((seen["type"], seen["info"], seen["critical"]), ("FirmwareUpdated", "1.2", True))

    @received(
        "SignCertificate",
        stored="`SigningRequest`, `Certificate`",
        seen="`/api/v1/signing-requests`, `/api/v1/certificates`",
    )
    def test_sign_certificate(self) -> None:
        pem = signing_request("CP1")
        self.assertEqual(self.tell("SignCertificate", {"csr": pem}), {"status": "Accepted"})
        call = self.station.hear_call()
        self.assertEqual(call[2], "CertificateSigned")
        certificate = x509.load_pem_x509_certificate(call[3]["certificateChain"].encode())
        self.assertEqual(certificate.public_key(), x509.load_pem_x509_csr(pem.encode()).public_key())
        self.assertEqual(SigningRequest.objects.get().state, "signed")
        self.assertEqual(self.see_one("signing-requests", station="CP1")["state"], "signed")

    @received("StartTransaction", stored="`Transaction`", seen="`/api/v1/transactions`, tab “Stations”")
    def test_start_transaction(self) -> None:
        number = self.start()
        row = Transaction.objects.get(pk=number)
        self.assertEqual((row.active, row.meter_start_wh), (True, 1000))
        seen = self.see_one("transactions", station="CP1", active="true")
        self.assertEqual((seen["id"], seen["id_token"], seen["evse"]), (number, "CARD1", 1))
        self.assertEqual(self.see("stations/CP1")["sessions"], 1)

    @received(
        "StatusNotification", stored="`Connector`", seen="`/api/v1/stations/{identity}/connectors`, tab “Stations”"
    )
    def test_status_notification(self) -> None:
        payload = {
            "connectorId": 1,
            "errorCode": "GroundFailure",
            "status": "Faulted",
            "timestamp": at(0),
            "vendorErrorCode": "E7",
        }
        self.assertEqual(self.tell("StatusNotification", payload), {})
        self.assertEqual(Connector.objects.get().status, "Faulted")
        answer = self.see("stations/CP1/connectors")
        (seen,) = answer["results"] if isinstance(answer, dict) else answer
        self.assertEqual(
            (seen["status"], seen["error_code"], seen["vendor_error_code"]), ("Faulted", "GroundFailure", "E7")
        )
        self.assertEqual(self.see("stations/CP1")["status"], "Faulted")

    @received(
        "StopTransaction",
        stored="`Transaction`, `MeterValue` of transactionData",
        seen="`/api/v1/transactions`, CSV export",
    )
    def test_stop_transaction(self) -> None:
        number = self.start()
        answer = self.tell(
            "StopTransaction",
            {
                "transactionId": number,
                "idTag": "CARD1",
                "meterStop": 3500,
                "timestamp": at(30),
                "reason": "EVDisconnected",
                "transactionData": [reading(3400, 29)],
            },
        )
        self.assertEqual(answer["idTagInfo"]["status"], "Accepted")
        row = Transaction.objects.get()
        self.assertEqual((row.active, row.energy_wh, row.end_reason), (False, 2500, "EVDisconnected"))
        self.assertEqual(MeterValue.objects.filter(transaction=row).count(), 1)
        seen = self.see(f"transactions/{number}")
        self.assertEqual((seen["energy_wh"], seen["active"], seen["stopped_by"]), (2500, False, "CARD1"))
