"""Each action that an operator can ask of a 1.6 station."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from stations.models import (
    Certificate,
    ChargingProfile,
    ConfigurationKey,
    LocalList,
    Reservation,
    Transaction,
)
from stations.ocpp.frames import Payload
from stations.services.certificates import authority
from tests.actions.registry import sent
from tests.actions.support import ACCEPTED, ActionCase, signing_request

SHOWN = "`/api/v1/commands`"
NOTHING_ELSE = "`Command`"


def later(**delta: float) -> str:
    return (datetime.now(UTC) + timedelta(**delta)).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def profile(number: int = 5, **changes: Any) -> Payload:
    return {
        "chargingProfileId": number,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "startSchedule": later(minutes=-1),
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}, {"startPeriod": 3600, "limit": 10.5}],
        },
    } | changes


class Simple(ActionCase):
    """Actions of which nothing follows but the station's word."""

    @sent("ChangeAvailability", stored=NOTHING_ELSE, seen=f"{SHOWN}; the status that the station then reports")
    def test_change_availability(self) -> None:
        seen = self.ask("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"}, {"status": "Scheduled"})
        self.assertEqual(seen["result"], "Scheduled")
        status = {"connectorId": 1, "errorCode": "NoError", "status": "Unavailable"}
        self.tell("StatusNotification", status)
        self.assertEqual(self.see("stations/CP1")["status"], "Unavailable")

    @sent("ClearCache", stored=NOTHING_ELSE, seen=SHOWN)
    def test_clear_cache(self) -> None:
        self.assertEqual(self.ask("ClearCache", {}, {"status": "Rejected"})["result"], "Rejected")

    @sent("DataTransfer", stored=NOTHING_ELSE, seen=SHOWN)
    def test_data_transfer(self) -> None:
        payload = {"vendorId": "org.vendor", "messageId": "m", "data": "d"}
        seen = self.ask("DataTransfer", payload, {"status": "Accepted", "data": "answer"})
        self.assertEqual(seen["reply"]["data"], "answer")

    @sent("TriggerMessage", stored=NOTHING_ELSE, seen=f"{SHOWN}; what the station then sends")
    def test_trigger_message(self) -> None:
        self.ask("TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": 1}, ACCEPTED)
        self.tell("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"})
        self.assertEqual(self.see("stations/CP1")["status"], "Available")

    @sent("ExtendedTriggerMessage", stored=NOTHING_ELSE, seen=f"{SHOWN}; what the station then sends")
    def test_extended_trigger_message(self) -> None:
        seen = self.ask(
            "ExtendedTriggerMessage", {"requestedMessage": "LogStatusNotification"}, {"status": "NotImplemented"}
        )
        self.assertEqual(seen["result"], "NotImplemented")

    @sent("UnlockConnector", stored=NOTHING_ELSE, seen=SHOWN)
    def test_unlock_connector(self) -> None:
        for status in ("Unlocked", "UnlockFailed", "NotSupported"):
            command = self.do("stations/CP1/commands", {"action": "UnlockConnector", "payload": {"connectorId": 1}})
            frame = self.station.hear_call()
            self.station.say([3, frame[1], {"status": status}])
            self.assertEqual(self.settled(command["id"])["result"], status)

    @sent("Reset", stored=NOTHING_ELSE, seen=f"{SHOWN}; the boot that follows")
    def test_reset(self) -> None:
        self.ask("Reset", {"type": "Soft"}, ACCEPTED)
        before = self.see("stations/CP1")["booted_at"]
        self.boot()
        self.assertGreater(self.see("stations/CP1")["booted_at"], before)


class Transactions(ActionCase):
    def start(self) -> int:
        started = {"connectorId": 1, "idTag": "CARD1", "meterStart": 0, "timestamp": later()}
        number: int = self.tell("StartTransaction", started)["transactionId"]
        return number

    @sent("RemoteStartTransaction", stored="`Transaction`, when the station starts it", seen="`/api/v1/transactions`")
    def test_remote_start_transaction(self) -> None:
        self.ask("RemoteStartTransaction", {"idTag": "CARD1", "connectorId": 1}, ACCEPTED)
        number = self.start()
        seen = self.see_one("transactions", station="CP1")
        self.assertEqual((seen["id"], seen["id_token"], seen["active"]), (number, "CARD1", True))

    @sent("RemoteStopTransaction", stored="`Transaction`, when the station ends it", seen="`/api/v1/transactions`")
    def test_remote_stop_transaction(self) -> None:
        number = self.start()
        command = self.do(f"transactions/{number}/stop", {})
        self.answer("RemoteStopTransaction", ACCEPTED, command["id"], {"transactionId": number})
        stop = {"transactionId": number, "meterStop": 900, "timestamp": later(), "reason": "Remote"}
        self.tell("StopTransaction", stop)
        self.assertEqual(Transaction.objects.get().end_reason, "Remote")
        self.assertEqual(self.see(f"transactions/{number}")["energy_wh"], 900)


class Configuration(ActionCase):
    @sent("GetConfiguration", stored="`ConfigurationKey`", seen="`/api/v1/stations/{identity}/configuration`")
    def test_get_configuration(self) -> None:
        command = self.do("stations/CP1/configuration/refresh", {})
        keys = [
            {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
            {"key": "NumberOfConnectors", "readonly": True, "value": "2"},
        ]
        self.answer("GetConfiguration", {"configurationKey": keys, "unknownKey": []}, command["id"])
        self.assertEqual(ConfigurationKey.objects.count(), 2)
        seen = {each["key"]: each for each in self.see("stations/CP1/configuration")}
        self.assertEqual(seen["NumberOfConnectors"]["value"], "2")
        self.assertTrue(seen["NumberOfConnectors"]["readonly"])

    @sent("ChangeConfiguration", stored="`ConfigurationKey`", seen="`/api/v1/stations/{identity}/configuration`")
    def test_change_configuration(self) -> None:
        for answer, wanted, value in (("RebootRequired", "60", None), ("Accepted", None, "60")):
            self.do("stations/CP1/configuration", {"values": {"HeartbeatInterval": "60"}})
            frame = self.station.hear_call()
            self.assertEqual(frame[2:], ["ChangeConfiguration", {"key": "HeartbeatInterval", "value": "60"}])
            self.station.say([3, frame[1], {"status": answer}])
            command = self.see("commands", station="CP1", action="ChangeConfiguration")["results"][0]
            self.settled(command["id"])
            (seen,) = self.see("stations/CP1/configuration")
            self.assertEqual((seen["answer"], seen["wanted"], seen["value"]), (answer, wanted, value))


class LocalLists(ActionCase):
    @sent("SendLocalList", stored="`LocalList`", seen="`/api/v1/stations/{identity}/local-list`")
    def test_send_local_list(self) -> None:
        self.do("stations/CP1/local-list", {"mode": "full"})
        frame = self.station.hear_call()
        self.assertEqual((frame[2], frame[3]["updateType"]), ("SendLocalList", "Full"))
        self.assertEqual([each["idTag"] for each in frame[3]["localAuthorizationList"]], ["CARD1"])
        self.station.say([3, frame[1], ACCEPTED])
        self.settled(self.see_one("commands", station="CP1", action="SendLocalList")["id"])
        self.assertEqual(LocalList.objects.get().version, frame[3]["listVersion"])
        self.assertEqual(self.see("stations/CP1/local-list")["version"], frame[3]["listVersion"])

    @sent("GetLocalListVersion", stored="`LocalList`", seen="`/api/v1/stations/{identity}/local-list`")
    def test_get_local_list_version(self) -> None:
        self.ask("GetLocalListVersion", {}, {"listVersion": 4})
        self.assertEqual(self.see("stations/CP1/local-list")["reported_version"], 4)


class Reservations(ActionCase):
    def reserve(self) -> Reservation:
        order = {"evse": 1, "id_token": "CARD1", "expires_at": later(hours=1)}
        self.tell("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"})
        self.do("stations/CP1/reservations", order)
        frame = self.station.hear_call()
        row = Reservation.objects.get()
        self.assertEqual((frame[2], frame[3]["reservationId"], frame[3]["idTag"]), ("ReserveNow", row.pk, "CARD1"))
        self.station.say([3, frame[1], ACCEPTED])
        assert row.command is not None
        self.settled(row.command.pk)
        return row

    @sent("ReserveNow", stored="`Reservation`", seen="`/api/v1/reservations`")
    def test_reserve_now(self) -> None:
        row = self.reserve()
        seen = self.see_one("reservations", station="CP1")
        self.assertEqual((seen["id"], seen["state"], seen["result"]), (row.pk, "active", "Accepted"))

    @sent("CancelReservation", stored="`Reservation`", seen="`/api/v1/reservations`")
    def test_cancel_reservation(self) -> None:
        row = self.reserve()
        self.do(f"reservations/{row.pk}/cancel", {})
        frame = self.station.hear_call()
        self.assertEqual(frame[2:], ["CancelReservation", {"reservationId": row.pk}])
        self.station.say([3, frame[1], ACCEPTED])
        self.settled(self.see_one("commands", station="CP1", action="CancelReservation")["id"])
        self.assertEqual(self.see(f"reservations/{row.pk}")["state"], "cancelled")


class SmartCharging(ActionCase):
    def set(self) -> Payload:
        sent_profile = profile()
        command = self.do("stations/CP1/charging-profiles", {"evse": 1, "profile": sent_profile})
        self.answer(
            "SetChargingProfile", ACCEPTED, command["id"], {"connectorId": 1, "csChargingProfiles": sent_profile}
        )
        return sent_profile

    @sent("SetChargingProfile", stored="`ChargingProfile`", seen="`/api/v1/stations/{identity}/charging-profiles`")
    def test_set_charging_profile(self) -> None:
        sent_profile = self.set()
        self.assertEqual(ChargingProfile.objects.get().profile, sent_profile)
        (seen,) = self.see("stations/CP1/charging-profiles")
        self.assertEqual((seen["number"], seen["evse"], seen["purpose"]), (5, 1, "TxDefaultProfile"))

    @sent(
        "ClearChargingProfile",
        stored="`ChargingProfile` is removed",
        seen="`/api/v1/stations/{identity}/charging-profiles`",
    )
    def test_clear_charging_profile(self) -> None:
        self.set()
        command = self.do("stations/CP1/charging-profiles/clear", {"number": 5})
        self.answer("ClearChargingProfile", ACCEPTED, command["id"], {"id": 5})
        self.assertEqual(self.see("stations/CP1/charging-profiles"), [])

    @sent(
        "GetCompositeSchedule",
        stored=NOTHING_ELSE,
        seen="`/api/v1/stations/{identity}/composite-schedule`, compared with what is expected",
    )
    def test_get_composite_schedule(self) -> None:
        self.set()
        command = self.do("stations/CP1/composite-schedule", {"evse": 1, "duration": 600, "unit": "A", "wait": 0})
        reply = {
            "status": "Accepted",
            "connectorId": 1,
            "scheduleStart": later(),
            "chargingSchedule": {
                "duration": 600,
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 13.0}],
            },
        }
        number = command["command"]["id"]
        self.answer("GetCompositeSchedule", reply, number)
        compared = self.see(f"commands/{number}/schedule")
        (difference,) = compared["comparison"]["differences"]
        self.assertEqual((difference["expected"], difference["reported"]), (16.0, 13.0))


class Files(ActionCase):
    def firmware(self, content: bytes = b"image", **more: str) -> int:
        answer = self.client.post("/api/v1/firmware/upload", {"file": SimpleUploadedFile("fw.bin", content), **more})
        self.assertEqual(answer.status_code, 201, answer.content)
        number: int = answer.json()["id"]
        return number

    def job(self, path: str, body: Payload, action: str, reply: Payload) -> tuple[Payload, int]:
        """Begin a job; what the station hears, and the job's number."""
        job = self.do(f"stations/CP1/{path}", body)
        frame = self.station.hear_call()
        self.assertEqual(frame[2], action)
        self.station.say([3, frame[1], reply])
        self.settled(job["command"])
        heard: Payload = frame[3]
        return heard, job["id"]

    @sent("UpdateFirmware", stored="`FileJob`, `FirmwareFile`", seen="`/api/v1/jobs`, `/api/v1/firmware`")
    def test_update_firmware(self) -> None:
        heard, number = self.job("firmware-update", {"firmware": self.firmware()}, "UpdateFirmware", {})
        self.assertIn("/files/firmware/", heard["location"])
        for status in ("Downloading", "Downloaded", "Installing", "Installed"):
            self.tell("FirmwareStatusNotification", {"status": status})
        seen = self.see(f"jobs/{number}")
        self.assertEqual((seen["state"], seen["status"]), ("done", "Installed"))
        self.assertIn("Downloaded", [each["status"] for each in seen["history"]])

    @sent("SignedUpdateFirmware", stored="`FileJob`, `FirmwareFile`", seen="`/api/v1/jobs`, `/api/v1/firmware`")
    def test_signed_update_firmware(self) -> None:
        firmware = self.firmware(signature="c2lnbmF0dXJl", signing_certificate=authority.root_pem())
        order = {"firmware": firmware, "signed": True}
        heard, number = self.job("firmware-update", order, "SignedUpdateFirmware", ACCEPTED)
        self.assertEqual((heard["requestId"], heard["firmware"]["signature"]), (number, "c2lnbmF0dXJl"))
        self.tell("SignedFirmwareStatusNotification", {"status": "InvalidSignature", "requestId": number})
        self.assertEqual(self.see(f"jobs/{number}")["state"], "failed")

    @sent("GetDiagnostics", stored="`FileJob`, the file", seen="`/api/v1/jobs`")
    def test_get_diagnostics(self) -> None:
        heard, number = self.job("diagnostics", {}, "GetDiagnostics", {"fileName": "diagnostics.zip"})
        self.assertIn("/files/uploads/", heard["location"])
        self.tell("DiagnosticsStatusNotification", {"status": "UploadFailed"})
        seen = self.see(f"jobs/{number}")
        self.assertEqual((seen["state"], seen["file_name"]), ("failed", "diagnostics.zip"))

    @sent("GetLog", stored="`FileJob`, the file", seen="`/api/v1/jobs`")
    def test_get_log(self) -> None:
        answer = {"status": "Accepted", "filename": "security.log"}
        heard, number = self.job("log", {"log_type": "SecurityLog"}, "GetLog", answer)
        self.assertEqual((heard["logType"], heard["requestId"]), ("SecurityLog", number))
        self.tell("LogStatusNotification", {"status": "Uploading", "requestId": number})
        seen = self.see(f"jobs/{number}")
        self.assertEqual((seen["state"], seen["status"], seen["file_name"]), ("running", "Uploading", "security.log"))


class Certificates(ActionCase):
    ROOT = "CentralSystemRootCertificate"

    def install(self) -> int:
        row = self.do("stations/CP1/certificates", {"use": self.ROOT, "pem": authority.root_pem()})
        frame = self.station.hear_call()
        self.assertEqual((frame[2], frame[3]["certificateType"]), ("InstallCertificate", self.ROOT))
        self.station.say([3, frame[1], ACCEPTED])
        self.settled(self.see_one("commands", station="CP1", action="InstallCertificate")["id"])
        number: int = row["id"]
        return number

    @sent("InstallCertificate", stored="`Certificate`", seen="`/api/v1/certificates`")
    def test_install_certificate(self) -> None:
        number = self.install()
        self.assertEqual(Certificate.objects.get().state, "installed")
        self.assertEqual(self.see(f"certificates/{number}")["state"], "installed")

    @sent("DeleteCertificate", stored="`Certificate`", seen="`/api/v1/certificates`")
    def test_delete_certificate(self) -> None:
        number = self.install()
        self.do(f"certificates/{number}", {}, method="delete")
        frame = self.station.hear_call()
        row = Certificate.objects.get()
        self.assertEqual(frame[3]["certificateHashData"]["serialNumber"], row.serial_number)
        self.station.say([3, frame[1], ACCEPTED])
        self.settled(self.see_one("commands", station="CP1", action="DeleteCertificate")["id"])
        self.assertEqual(self.see(f"certificates/{number}")["state"], "deleted")

    @sent("GetInstalledCertificateIds", stored="`Certificate`", seen="`/api/v1/certificates`")
    def test_get_installed_certificate_ids(self) -> None:
        command = self.do("stations/CP1/certificates/refresh", {"use": self.ROOT})
        hashes = {
            "hashAlgorithm": "SHA256",
            "issuerNameHash": "a" * 64,
            "issuerKeyHash": "b" * 64,
            "serialNumber": "1f",
        }
        self.answer(
            "GetInstalledCertificateIds", {"status": "Accepted", "certificateHashData": [hashes]}, command["id"]
        )
        seen = self.see_one("certificates", station="CP1")
        self.assertEqual((seen["use"], seen["serial_number"], seen["state"]), (self.ROOT, "1f", "installed"))

    @sent("CertificateSigned", stored="`Certificate`, `SigningRequest`", seen="`/api/v1/certificates`")
    def test_certificate_signed(self) -> None:
        self.assertEqual(self.tell("SignCertificate", {"csr": signing_request("CP1")}), ACCEPTED)
        frame = self.station.hear_call()
        self.assertEqual(frame[2], "CertificateSigned")
        self.station.say([3, frame[1], {"status": "Rejected"}])
        self.settled(self.see_one("commands", station="CP1", action="CertificateSigned")["id"])
        self.assertEqual(self.see_one("certificates", station="CP1")["state"], "refused")
