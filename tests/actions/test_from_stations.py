"""Each action that a 1.6 station calls."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from django.test import override_settings

from smartserver.core.clock import isoformat
from smartserver.core.events import TOPIC_STATIONS
from stations.models import (
    Connector,
    FileJob,
    IdToken,
    MeterValue,
    SecurityEvent,
    SigningRequest,
    Station,
    Transaction,
)
from tests.actions.registry import received, speaking
from tests.actions.support import ActionCase, signing_request
from tests.stations import test_data_of_vendors_is_handled as vendors
from tests.waiting import eventually

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


@speaking("1.6")
class FromStations(ActionCase):
    def start(self, wh: int = 1000) -> int:
        answer = self.tell(
            "StartTransaction", {"connectorId": 1, "idTag": "CARD1", "meterStart": wh, "timestamp": at(0)}
        )
        self.assertEqual(answer["idTagInfo"]["status"], "Accepted")
        number: int = answer["transactionId"]
        return number

    def job(self, kind: FileJob.Kind) -> FileJob:
        return FileJob.objects.create(station=self.row, kind=kind, state=FileJob.State.RUNNING, created_at=NOW)

    def see_job(self, job: FileJob, status: str) -> None:
        """The station's word about the job was stored, and an operator sees it."""
        job.refresh_from_db()
        self.assertEqual(job.status, status)
        seen = self.see(f"jobs/{job.pk}")
        self.assertEqual((seen["state"], seen["status"]), ("running", status))
        self.assertEqual([each["status"] for each in seen["history"]], [status])

    @received("Authorize", stored="`IdToken` when it is new", seen="`/api/v1/id-tokens`")
    def test_authorize(self) -> None:
        self.assertEqual(self.tell("Authorize", {"idTag": "card1"})["idTagInfo"]["status"], "Accepted")
        IdToken.objects.update(status=IdToken.Status.BLOCKED)
        self.assertEqual(self.tell("Authorize", {"idTag": "CARD1"})["idTagInfo"]["status"], "Blocked")
        self.assertEqual(self.see_one("id-tokens")["status"], "Blocked")
        self.assertEqual(self.tell("Authorize", {"idTag": "NEWCARD"})["idTagInfo"]["status"], "Invalid")
        self.assertTrue(IdToken.objects.filter(value="NEWCARD").exists())
        self.assertEqual(self.see_one("id-tokens", search="NEWCARD")["status"], "Unknown")

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
        self.see_station(vendor="Nord", model="N1", state="online", ocpp_version="1.6")

    @received("DataTransfer", stored="`Message`, and what the vendor's handler keeps", seen="`/api/v1/messages`")
    def test_data_transfer(self) -> None:
        answer = self.tell("DataTransfer", {"vendorId": "org.nobody", "messageId": "m", "data": "x"})
        self.assertEqual(answer["status"], "UnknownVendorId")
        with override_settings(DATA_TRANSFER_HANDLERS=[f"{vendors.__name__}.HANDLERS"]):
            answer = self.tell("DataTransfer", {"vendorId": "com.acme", "messageId": "Keep", "data": "kept"})
        self.assertEqual(answer, {"status": "Accepted", "data": '{"kept":"kept"}'})
        self.assertEqual(Station.objects.get().note, "kept")
        self.assertEqual(self.see("stations/CP1")["note"], "kept")

    @received(
        "DiagnosticsStatusNotification",
        stored="`Station.diagnostics_status`, `FileJob`",
        seen="`/api/v1/stations`, `/api/v1/jobs`",
    )
    def test_diagnostics_status_notification(self) -> None:
        job = self.job(FileJob.Kind.DIAGNOSTICS)
        self.assertEqual(self.tell("DiagnosticsStatusNotification", {"status": "Uploading"}), {})
        self.assertEqual(self.see("stations/CP1")["diagnostics_status"], "Uploading")
        self.see_job(job, "Uploading")

    @received(
        "FirmwareStatusNotification",
        stored="`Station.firmware_status`, `FileJob`",
        seen="`/api/v1/stations`, `/api/v1/jobs`",
    )
    def test_firmware_status_notification(self) -> None:
        job = self.job(FileJob.Kind.FIRMWARE)
        self.assertEqual(self.tell("FirmwareStatusNotification", {"status": "Downloading"}), {})
        self.assertEqual(self.see("stations/CP1")["firmware_status"], "Downloading")
        self.see_job(job, "Downloading")

    @received(
        "SignedFirmwareStatusNotification",
        stored="`Station.firmware_status`, `FileJob`",
        seen="`/api/v1/stations`, `/api/v1/jobs`",
    )
    def test_signed_firmware_status_notification(self) -> None:
        job = self.job(FileJob.Kind.SIGNED_FIRMWARE)
        payload = {"status": "SignatureVerified", "requestId": job.pk}
        self.assertEqual(self.tell("SignedFirmwareStatusNotification", payload), {})
        self.assertEqual(self.see("stations/CP1")["firmware_status"], "SignatureVerified")
        self.see_job(job, "SignatureVerified")

    @received(
        "LogStatusNotification",
        stored="`Station.diagnostics_status`, `FileJob`",
        seen="`/api/v1/stations`, `/api/v1/jobs`",
    )
    def test_log_status_notification(self) -> None:
        job = self.job(FileJob.Kind.LOG)
        self.assertEqual(self.tell("LogStatusNotification", {"status": "Uploading", "requestId": job.pk}), {})
        self.assertEqual(self.see("stations/CP1")["diagnostics_status"], "Uploading")
        self.see_job(job, "Uploading")

    @received("Heartbeat", stored="`Station.last_seen_at`", seen="`/api/v1/stations`, tab “Stations”")
    def test_heartbeat(self) -> None:
        # A connection notes its first message, and later ones now and then; see `messages.record`.
        self.station.close()
        self.station = self.connect()
        long_ago = datetime(2020, 1, 1, tzinfo=UTC)
        Station.objects.update(last_seen_at=long_ago)
        self.dashboard.subscribe(TOPIC_STATIONS)
        self.see_station(last_seen_at=isoformat(long_ago))
        now = datetime.fromisoformat(self.tell("Heartbeat", {})["currentTime"])
        self.assertLess(abs(datetime.now(UTC) - now), timedelta(minutes=1))
        eventually(lambda: Station.objects.get().last_seen_at != long_ago)
        seen = self.see("stations/CP1")["last_seen_at"]
        self.assertGreaterEqual(datetime.fromisoformat(seen), NOW)
        self.watch(TOPIC_STATIONS, self.row.pk, lambda row: datetime.fromisoformat(row["last_seen_at"]) >= NOW)

    @received(
        "MeterValues",
        stored="`MeterValue`, `EVSE`, `Transaction`",
        seen="`/api/v1/transactions/{id}/meter-values`, tab “Stations”, chart of the station",
    )
    def test_meter_values(self) -> None:
        number = self.start()
        payload = {"connectorId": 1, "transactionId": number, "meterValue": [reading(1500, 1)]}
        self.assertEqual(self.tell("MeterValues", payload), {})
        value = MeterValue.objects.get()
        self.assertEqual((value.energy_wh, value.power_w, value.transaction_id), (1500, 7400, number))
        self.assertEqual(self.see_one(f"transactions/{number}/meter-values")["power_w"], 7400)
        self.assertEqual(self.see(f"transactions/{number}")["energy_wh"], 500)
        self.see_station(power_w=7400.0, session_energy_wh=500.0, sessions=1)
        chart = self.client.get(f"/history/stations/{self.row.pk}").json()
        power = [column["name"] for column in chart["columns"]].index("power_w")
        self.assertEqual(chart["series"][power], [7400.0])

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
        seen = self.see_one("certificates", station="CP1")
        self.assertEqual(int(seen["serial_number"], 16), certificate.serial_number)

    @received("StartTransaction", stored="`Transaction`", seen="`/api/v1/transactions`, tab “Stations”")
    def test_start_transaction(self) -> None:
        number = self.start()
        row = Transaction.objects.get(pk=number)
        self.assertEqual((row.active, row.meter_start_wh), (True, 1000))
        seen = self.see_one("transactions", station="CP1", active="true")
        self.assertEqual((seen["id"], seen["id_token"], seen["evse"]), (number, "CARD1", 1))
        self.assertEqual(self.see("stations/CP1")["sessions"], 1)
        self.see_station(sessions=1)

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
        (seen,) = self.see("stations/CP1/connectors")
        self.assertEqual(
            (seen["status"], seen["error_code"], seen["vendor_error_code"]), ("Faulted", "GroundFailure", "E7")
        )
        self.assertEqual(self.see("stations/CP1")["status"], "Faulted")
        self.see_station(status="Faulted")

    @received(
        "StopTransaction",
        stored="`Transaction`, `MeterValue` of transactionData",
        seen="`/api/v1/transactions`, CSV export, tab “Stations”",
    )
    def test_stop_transaction(self) -> None:
        number = self.start()
        self.see_station(sessions=1)
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
        sheet = self.client.get("/api/v1/transactions/export", {"station": "CP1"})
        self.assertEqual(sheet.status_code, 200)
        head, line = csv.reader(b"".join(sheet).decode().splitlines())
        self.assertEqual(line[head.index("energy_wh")], "2500.0")
        self.see_station(sessions=0)
