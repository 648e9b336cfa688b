"""Each action that an operator can ask of a 1.6 station."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from cryptography import x509
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from stations.models import (
    Certificate,
    ChargingProfile,
    ConfigurationKey,
    IdToken,
    LocalList,
    MeterValue,
    Reservation,
    SigningRequest,
    Transaction,
)
from stations.ocpp.frames import Payload
from stations.services.certificates import authority
from tests.actions.registry import sent, speaking
from tests.actions.support import ACCEPTED, ActionCase, signing_request
from tests.stations.files.support import digest

SHOWN = "`/api/v1/commands`, tab “Commands”"
NOTHING_ELSE = "`Command`"

IMAGE = bytes(range(256)) * 100
LOG = b"2026-06-21 boot\n" * 10_000


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


@speaking("1.6")
class Simple(ActionCase):
    """Actions of which nothing follows but the station's word."""

    @sent("ChangeAvailability", stored=NOTHING_ELSE, seen=f"{SHOWN}; the status that the station then reports")
    def test_change_availability(self) -> None:
        for wanted, word, status in (
            ("Inoperative", "Scheduled", "Unavailable"),
            ("Operative", "Accepted", "Available"),
        ):
            seen = self.ask("ChangeAvailability", {"connectorId": 1, "type": wanted}, {"status": word})
            self.assertEqual(seen["result"], word)
            self.assertNotEqual(self.see("stations/CP1")["status"], status, "the station has not said so yet")
            self.tell("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": status})
            self.assertEqual(self.see("stations/CP1")["status"], status)
            self.see_station(status=status)

    @sent("ClearCache", stored=NOTHING_ELSE, seen=SHOWN)
    def test_clear_cache(self) -> None:
        for word in ("Rejected", "Accepted"):
            self.assertEqual(self.ask("ClearCache", {}, {"status": word})["result"], word)

    @sent("DataTransfer", stored=NOTHING_ELSE, seen=SHOWN)
    def test_data_transfer(self) -> None:
        payload = {"vendorId": "org.vendor", "messageId": "m", "data": "d"}
        seen = self.ask("DataTransfer", payload, {"status": "Accepted", "data": "answer"})
        self.assertEqual((seen["result"], seen["reply"]["data"]), ("Accepted", "answer"))
        self.assertEqual(self.ask("DataTransfer", payload, {"status": "UnknownVendorId"})["result"], "UnknownVendorId")

    @sent("TriggerMessage", stored=NOTHING_ELSE, seen=f"{SHOWN}; what the station then sends")
    def test_trigger_message(self) -> None:
        self.trigger("TriggerMessage", "StatusNotification", {"errorCode": "NoError", "status": "Preparing"})
        self.assertEqual([each["status"] for each in self.see("stations/CP1/connectors")], ["Preparing"])
        self.see_station(status="Preparing")

        metered = {"timestamp": later(), "sampledValue": [{"value": "3600", "measurand": "Power.Active.Import"}]}
        self.trigger("TriggerMessage", "MeterValues", {"meterValue": [metered]})
        self.assertEqual(MeterValue.objects.get().power_w, 3600)
        self.see_station(power_w=3600.0)

    @sent("ExtendedTriggerMessage", stored=NOTHING_ELSE, seen=f"{SHOWN}; what the station then sends")
    def test_extended_trigger_message(self) -> None:
        self.trigger("ExtendedTriggerMessage", "StatusNotification", {"errorCode": "NoError", "status": "Finishing"})
        self.see_station(status="Finishing")

        # Its own kind of message: the station asks for a certificate, and gets one (security whitepaper, A02).
        asked = {"requestedMessage": "SignChargePointCertificate"}
        self.assertEqual(self.ask("ExtendedTriggerMessage", asked, ACCEPTED)["result"], "Accepted")
        self.assertFalse(SigningRequest.objects.exists())
        self.assertEqual(self.tell("SignCertificate", {"csr": signing_request("CP1")}), ACCEPTED)
        self.hear("CertificateSigned")
        self.assertEqual(self.see_one("signing-requests", station="CP1")["state"], "signed")

    def test_trigger_that_is_not_followed(self) -> None:
        for action in ("TriggerMessage", "ExtendedTriggerMessage"):
            for word in ("NotImplemented", "Rejected"):
                seen = self.ask(action, {"requestedMessage": "FirmwareStatusNotification"}, {"status": word})
                self.assertEqual(seen["result"], word)

    def trigger(self, action: str, requested: str, body: Payload) -> None:
        """The operator asks for a message; the station sends the one that it heard of, and it stands after the trigger.

        What of it is stored and shown is for the caller to look at: nothing of it was known before.
        """
        before = {"station": "CP1", "action": requested, "direction": "in"}
        self.assertEqual(self.see("messages", **before)["results"], [], "nothing of the kind came unasked")
        command = self.do(
            "stations/CP1/commands",
            {"action": action, "payload": {"requestedMessage": requested, "connectorId": 2}},
        )
        frame = self.hear(action)
        self.say(frame, ACCEPTED)
        self.assertEqual(self.settled(command["id"])["result"], "Accepted")
        self.tell(frame[3]["requestedMessage"], {"connectorId": frame[3]["connectorId"]} | body)
        came = self.see_one("messages", **before)
        asked = self.see("messages", station="CP1", action=action, direction="out")["results"][0]
        self.assertGreater(came["id"], asked["id"])

    @sent("UnlockConnector", stored=NOTHING_ELSE, seen=SHOWN)
    def test_unlock_connector(self) -> None:
        for connector, status in ((2, "UnlockFailed"), (1, "NotSupported")):
            seen = self.ask("UnlockConnector", {"connectorId": connector}, {"status": status})
            self.assertEqual((seen["result"], seen["payload"]), (status, {"connectorId": connector}))

        # The one that is charging: the station ends the session for it (section 5.18).
        start = {"connectorId": 1, "idTag": "CARD1", "meterStart": 0, "timestamp": later()}
        number = self.tell("StartTransaction", start)["transactionId"]
        self.see_station(sessions=1)
        self.assertEqual(self.ask("UnlockConnector", {"connectorId": 1}, {"status": "Unlocked"})["result"], "Unlocked")
        self.assertTrue(self.see(f"transactions/{number}")["active"], "the station has the last word")
        stop = {"transactionId": number, "meterStop": 700, "timestamp": later(), "reason": "UnlockCommand"}
        self.tell("StopTransaction", stop)
        ended = self.see(f"transactions/{number}")
        self.assertEqual((ended["active"], ended["end_reason"], ended["energy_wh"]), (False, "UnlockCommand", 700))
        self.see_station(sessions=0)

    @sent("Reset", stored=NOTHING_ELSE, seen=f"{SHOWN}; the boot that follows")
    def test_reset(self) -> None:
        for word, kind in (("Rejected", "Hard"), ("Accepted", "Soft")):
            self.assertEqual(self.ask("Reset", {"type": kind}, {"status": word})["result"], word)
        before = self.see("stations/CP1")["booted_at"]
        self.station.close()
        self.see_station(state="offline")
        self.station = self.connect()
        self.boot()
        self.assertGreater(self.see("stations/CP1")["booted_at"], before)
        self.see_station(state="online")


@speaking("1.6")
class Transactions(ActionCase):
    def start(self, card: str, wh: int = 0) -> Payload:
        return self.tell("StartTransaction", {"connectorId": 1, "idTag": card, "meterStart": wh, "timestamp": later()})

    def stop(self, number: int, reason: str) -> None:
        stop = {"transactionId": number, "meterStop": 900, "timestamp": later(), "reason": reason}
        self.tell("StopTransaction", stop)

    @sent("RemoteStartTransaction", stored="`Transaction`, when the station starts it", seen="`/api/v1/transactions`")
    def test_remote_start_transaction(self) -> None:
        # The token of remote starts that name no other may charge where the server asked for it, and nowhere else.
        refused = self.start(settings.OCPP_REMOTE_START_TOKEN)
        self.assertEqual(refused["idTagInfo"]["status"], "Invalid")
        self.stop(refused["transactionId"], "DeAuthorized")

        command = self.do("stations/CP1/commands", {"action": "RemoteStartTransaction", "payload": {"connectorId": 1}})
        frame = self.hear("RemoteStartTransaction")
        self.say(frame, ACCEPTED)
        self.assertEqual(self.settled(command["id"])["result"], "Accepted")
        self.assertEqual(self.see("transactions", station="CP1", active="true")["results"], [])
        started = self.start(frame[3]["idTag"], wh=900)  # another start, not a retry of the first
        self.assertEqual(started["idTagInfo"]["status"], "Accepted")
        seen = self.see_one("transactions", station="CP1", active="true")
        self.assertEqual((seen["id"], seen["id_token"]), (started["transactionId"], settings.OCPP_REMOTE_START_TOKEN))
        self.see_station(sessions=1)

    @sent("RemoteStopTransaction", stored="`Transaction`, when the station ends it", seen="`/api/v1/transactions`")
    def test_remote_stop_transaction(self) -> None:
        number = self.start("CARD1")["transactionId"]
        for word in ("Rejected", "Accepted"):
            command = self.do(f"transactions/{number}/stop", {})
            self.answer("RemoteStopTransaction", {"status": word}, command["id"], {"transactionId": number})
            self.assertTrue(self.see(f"transactions/{number}")["active"], "the station has the last word")
        self.stop(number, "Remote")
        self.assertEqual(Transaction.objects.get().end_reason, "Remote")
        seen = self.see(f"transactions/{number}")
        self.assertEqual((seen["energy_wh"], seen["active"]), (900, False))
        self.see_station(sessions=0)


@speaking("1.6")
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
            frame = self.hear("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "60"})
            self.say(frame, {"status": answer})
            self.assertEqual(self.settled_last("ChangeConfiguration")["result"], answer)
            (seen,) = self.see("stations/CP1/configuration")
            self.assertEqual((seen["answer"], seen["wanted"], seen["value"]), (answer, wanted, value))


@speaking("1.6")
class LocalLists(ActionCase):
    @sent("SendLocalList", stored="`LocalList`", seen="`/api/v1/stations/{identity}/local-list`")
    def test_send_local_list(self) -> None:
        self.do("stations/CP1/local-list", {"mode": "full"})
        frame = self.hear("SendLocalList")
        self.assertEqual(frame[3]["updateType"], "Full")
        self.assertEqual([each["idTag"] for each in frame[3]["localAuthorizationList"]], ["CARD1"])
        self.assertEqual(self.see("stations/CP1/local-list")["entries"], {}, "the station has not confirmed it yet")
        self.say(frame, ACCEPTED)
        self.settled_last("SendLocalList")
        self.assertEqual(LocalList.objects.get().version, frame[3]["listVersion"])
        seen = self.see("stations/CP1/local-list")
        self.assertEqual((seen["version"], list(seen["entries"])), (frame[3]["listVersion"], ["CARD1"]))

        IdToken.objects.create(value="CARD2")
        self.do("stations/CP1/local-list", {"mode": "differential"})
        frame = self.hear("SendLocalList")
        self.assertEqual(frame[3]["updateType"], "Differential")
        self.assertEqual([each["idTag"] for each in frame[3]["localAuthorizationList"]], ["CARD2"])
        self.assertGreater(frame[3]["listVersion"], seen["version"])
        failing = self.see("commands", station="CP1", action="SendLocalList")["results"][0]["id"]
        self.say(frame, {"status": "Failed"})
        # What the station has is in doubt: it gets the whole list (section 5.15), and until then nothing new is known.
        frame = self.hear("SendLocalList")
        self.assertEqual(self.settled(failing)["result"], "Failed")
        self.assertEqual(frame[3]["updateType"], "Full")
        after = self.see("stations/CP1/local-list")
        self.assertEqual((after["version"], after["entries"]), (seen["version"], seen["entries"]))
        self.assertEqual((after["result"], after["confirmed_at"]), ("Failed", None))
        self.say(frame, ACCEPTED)
        self.assertEqual(self.settled_last("SendLocalList")["result"], "Accepted")
        after = self.see("stations/CP1/local-list")
        self.assertEqual((after["version"], set(after["entries"])), (frame[3]["listVersion"], {"CARD1", "CARD2"}))

    @sent("GetLocalListVersion", stored="`LocalList`", seen="`/api/v1/stations/{identity}/local-list`")
    def test_get_local_list_version(self) -> None:
        for version in (4, 7):
            self.ask("GetLocalListVersion", {}, {"listVersion": version})
            self.assertEqual(self.see("stations/CP1/local-list")["reported_version"], version)


@speaking("1.6")
class Reservations(ActionCase):
    def reserve(self, word: str = "Accepted") -> Reservation:
        order = {"evse": 1, "id_token": "CARD1", "expires_at": later(hours=1)}
        self.tell("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"})
        self.do("stations/CP1/reservations", order)
        frame = self.hear("ReserveNow")
        row = Reservation.objects.latest("pk")
        self.assertEqual((frame[3]["reservationId"], frame[3]["idTag"], frame[3]["connectorId"]), (row.pk, "CARD1", 1))
        self.assertEqual(row.state, "requested")
        self.say(frame, {"status": word})
        assert row.command is not None
        self.settled(row.command.pk)
        return row

    @sent("ReserveNow", stored="`Reservation`", seen="`/api/v1/reservations`")
    def test_reserve_now(self) -> None:
        for word, state in (("Occupied", "refused"), ("Accepted", "active")):
            row = self.reserve(word)
            seen = self.see(f"reservations/{row.pk}")
            self.assertEqual((seen["id_token"], seen["state"], seen["result"]), ("CARD1", state, word))

    @sent("CancelReservation", stored="`Reservation`", seen="`/api/v1/reservations`")
    def test_cancel_reservation(self) -> None:
        row = self.reserve()
        self.do(f"reservations/{row.pk}/cancel", {})
        frame = self.hear("CancelReservation", {"reservationId": row.pk})
        self.assertEqual(self.see(f"reservations/{row.pk}")["state"], "active", "the station has not confirmed it yet")
        self.say(frame, ACCEPTED)
        self.settled_last("CancelReservation")
        self.assertEqual(self.see(f"reservations/{row.pk}")["state"], "cancelled")


@speaking("1.6")
class SmartCharging(ActionCase):
    def set(self, word: str = "Accepted", number: int = 5) -> Payload:
        sent_profile = profile(number)
        command = self.do("stations/CP1/charging-profiles", {"evse": 1, "profile": sent_profile})
        asked = {"connectorId": 1, "csChargingProfiles": sent_profile}
        self.answer("SetChargingProfile", {"status": word}, command["id"], asked)
        return sent_profile

    @sent("SetChargingProfile", stored="`ChargingProfile`", seen="`/api/v1/stations/{identity}/charging-profiles`")
    def test_set_charging_profile(self) -> None:
        self.set("Rejected", 4)
        self.assertEqual(self.see("stations/CP1/charging-profiles"), [])
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
        command = self.do("stations/CP1/charging-profiles/clear", {"number": 6})
        self.answer("ClearChargingProfile", {"status": "Unknown"}, command["id"], {"id": 6})
        (left,) = self.see("stations/CP1/charging-profiles")
        self.assertEqual(left["number"], 5)
        command = self.do("stations/CP1/charging-profiles/clear", {"number": 5})
        self.answer("ClearChargingProfile", ACCEPTED, command["id"], {"id": 5})
        self.assertEqual(self.see("stations/CP1/charging-profiles"), [])
        self.assertFalse(ChargingProfile.objects.exists())

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


@speaking("1.6")
class Files(ActionCase):
    def firmware(self, content: bytes = b"image", **more: str) -> int:
        answer = self.client.post("/api/v1/firmware/upload", {"file": SimpleUploadedFile("fw.bin", content), **more})
        self.assertEqual(answer.status_code, 201, answer.content)
        number: int = answer.json()["id"]
        return number

    def job(self, path: str, body: Payload, action: str, reply: Payload) -> tuple[Payload, int]:
        """Begin a job; what the station hears, and the job's number."""
        job = self.do(f"stations/CP1/{path}", body)
        frame = self.hear(action)
        self.say(frame, reply)
        self.settled(job["command"])
        heard: Payload = frame[3]
        return heard, job["id"]

    @sent("UpdateFirmware", stored="`FileJob`, `FirmwareFile`", seen="`/api/v1/jobs`, `/api/v1/firmware`")
    def test_update_firmware(self) -> None:
        heard, number = self.job("firmware-update", {"firmware": self.firmware(IMAGE)}, "UpdateFirmware", {})
        self.tell("FirmwareStatusNotification", {"status": "Downloading"})
        self.assertEqual(requests.get(heard["location"], timeout=10).content, IMAGE)
        self.assertEqual(self.see(f"jobs/{number}")["state"], "running")
        for status in ("Downloaded", "Installing", "Installed"):
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
        self.assertEqual(requests.get(heard["firmware"]["location"], timeout=10).content, b"image")
        self.tell("SignedFirmwareStatusNotification", {"status": "InvalidSignature", "requestId": number})
        self.assertEqual(self.see(f"jobs/{number}")["state"], "failed")

    def upload(self, address: str, content: bytes) -> None:
        """The station delivers a file at the address that it was told."""
        self.assertEqual(requests.put(address, content, timeout=10).status_code, 200)

    def see_file(self, number: int, name: str, content: bytes) -> None:
        """The job is done, and the operator can fetch what the station delivered."""
        seen = self.see(f"jobs/{number}")
        self.assertEqual((seen["state"], seen["status"], seen["file_name"]), ("done", "Uploaded", name))
        self.assertEqual((seen["size"], seen["sha256"]), (len(content), digest(content)))
        answer = self.client.get(f"/api/v1/jobs/{number}/file")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(b"".join(answer.streaming_content), content)  # type: ignore[attr-defined]

    @sent("GetDiagnostics", stored="`FileJob`, the file", seen="`/api/v1/jobs`, `/api/v1/jobs/{id}/file`")
    def test_get_diagnostics(self) -> None:
        heard, number = self.job("diagnostics", {}, "GetDiagnostics", {"fileName": "diagnostics.zip"})
        self.tell("DiagnosticsStatusNotification", {"status": "Uploading"})
        self.upload(f"{heard['location']}/diagnostics.zip", LOG)
        self.tell("DiagnosticsStatusNotification", {"status": "Uploaded"})
        self.see_file(number, "diagnostics.zip", LOG)

    @sent("GetLog", stored="`FileJob`, the file", seen="`/api/v1/jobs`, `/api/v1/jobs/{id}/file`")
    def test_get_log(self) -> None:
        answer = {"status": "Accepted", "filename": "security.log"}
        heard, number = self.job("log", {"log_type": "SecurityLog"}, "GetLog", answer)
        self.assertEqual((heard["logType"], heard["requestId"]), ("SecurityLog", number))
        self.tell("LogStatusNotification", {"status": "Uploading", "requestId": number})
        self.upload(heard["log"]["remoteLocation"], LOG)
        self.tell("LogStatusNotification", {"status": "Uploaded", "requestId": number})
        self.see_file(number, "security.log", LOG)

    def test_file_that_does_not_come(self) -> None:
        heard, number = self.job("diagnostics", {}, "GetDiagnostics", {"fileName": "diagnostics.zip"})
        self.tell("DiagnosticsStatusNotification", {"status": "UploadFailed"})
        self.assertEqual(self.see(f"jobs/{number}")["state"], "failed")
        with self.assertLogs("django.request", "WARNING"):
            self.assertEqual(self.client.get(f"/api/v1/jobs/{number}/file").status_code, 404)
        # A station that fails may try again, and its file is taken after all.
        self.upload(heard["location"], LOG)
        self.tell("DiagnosticsStatusNotification", {"status": "Uploaded"})
        self.see_file(number, "diagnostics.zip", LOG)


@speaking("1.6")
class Certificates(ActionCase):
    ROOT = "CentralSystemRootCertificate"

    def install(self, word: str = "Accepted") -> int:
        root = authority.root_pem()
        row = self.do("stations/CP1/certificates", {"use": self.ROOT, "pem": root})
        frame = self.hear("InstallCertificate", {"certificateType": self.ROOT, "certificate": root})
        self.say(frame, {"status": word})
        self.settled_last("InstallCertificate")
        number: int = row["id"]
        return number

    @sent("InstallCertificate", stored="`Certificate`", seen="`/api/v1/certificates`")
    def test_install_certificate(self) -> None:
        for word, state in (("Failed", "refused"), ("Accepted", "installed")):
            number = self.install(word)
            self.assertEqual(Certificate.objects.get(pk=number).state, state)
            self.assertEqual(self.see(f"certificates/{number}")["state"], state)

    @sent("DeleteCertificate", stored="`Certificate`", seen="`/api/v1/certificates`")
    def test_delete_certificate(self) -> None:
        number = self.install()
        for word, state in (("Failed", "installed"), ("Accepted", "deleted")):
            self.do(f"certificates/{number}", {}, method="delete")
            frame = self.hear("DeleteCertificate")
            row = Certificate.objects.get()
            self.assertEqual(frame[3]["certificateHashData"]["serialNumber"], row.serial_number)
            self.say(frame, {"status": word})
            self.assertEqual(self.settled_last("DeleteCertificate")["result"], word)
            self.assertEqual(self.see(f"certificates/{number}")["state"], state)

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
        for word, state in (("Rejected", "refused"), ("Accepted", "installed")):
            self.assertEqual(self.tell("SignCertificate", {"csr": signing_request("CP1")}), ACCEPTED)
            frame = self.hear("CertificateSigned")
            chain = frame[3]["certificateChain"].encode()
            number = x509.load_pem_x509_certificate(chain).serial_number
            self.say(frame, {"status": word})
            self.assertEqual(self.settled_last("CertificateSigned")["result"], word)
            seen = {int(each["serial_number"], 16): each for each in self.see("certificates", station="CP1")["results"]}
            self.assertEqual(seen[number]["state"], state)
