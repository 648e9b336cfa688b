"""Configuration, local lists, reservations, profiles, files, certificates: what is asked becomes a command."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.test import override_settings

from smartserver.accounts.models import AuditEntry
from smartserver.accounts.roles import Role
from smartserver.core import clock
from stations import storage
from stations.models import (
    Certificate,
    ChargingProfile,
    Command,
    ConfigurationKey,
    FileJob,
    FirmwareFile,
    LocalList,
    Reservation,
    SigningRequest,
    Station,
    Variable,
)
from tests.api.support import API, ApiCase, LiveCase
from tests.stations.factories import ConnectorFactory, StationFactory, TokenFactory
from tests.stations.support import NOON

LIMIT: dict[str, Any] = {
    "chargingProfileId": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Absolute",
    "chargingSchedule": {
        "chargingRateUnit": "A",
        "startSchedule": "2026-06-21T12:00:00Z",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}],
    },
}


class OperationCase(ApiCase):
    def setUp(self) -> None:
        super().setUp()
        self.station = StationFactory.create(identity="CP1", ocpp_version="1.6")

    def do(self, what: str, body: Any = None, expect: int = 201) -> Any:
        return self.ask("post", f"stations/CP1/{what}", body, by=self.operator, expect=expect)

    def queued(self) -> list[tuple[str, Any]]:
        return list(Command.objects.order_by("pk").values_list("action", "payload"))


class ConfigurationTests(OperationCase):
    def test_each_key_is_a_command(self) -> None:
        found = self.do("configuration", {"values": {"HeartbeatInterval": "60", "MinimumStatusDuration": "1"}})
        self.assertEqual([each["payload"]["key"] for each in found], ["HeartbeatInterval", "MinimumStatusDuration"])
        self.assertEqual([action for action, _ in self.queued()], ["ChangeConfiguration"] * 2)

    def test_a_repeated_request_changes_nothing_twice(self) -> None:
        for _ in range(2):
            self.do("configuration", {"values": {"HeartbeatInterval": "60"}, "idempotency_key": "k"})
        self.assertEqual(len(self.queued()), 1)

    def test_passwords_are_for_administrators_and_kept_nowhere(self) -> None:
        body = {"values": {"AuthorizationKey": "0123456789abcdef"}}
        self.do("configuration", body, expect=403)
        found = self.ask("post", "stations/CP1/configuration", body, expect=201)
        self.assertNotIn("0123456789abcdef", str(found) + str(list(AuditEntry.objects.values())))

    def test_what_is_known_is_shown_and_asked_for_again(self) -> None:
        ConfigurationKey.objects.create(station=self.station, key="HeartbeatInterval", value="60", readonly=True)
        row = self.ask("get", "stations/CP1/configuration", by=self.viewer)[0]
        self.assertEqual((row["key"], row["value"], row["readonly"]), ("HeartbeatInterval", "60", True))
        self.do("configuration/refresh")
        self.do("configuration/refresh", {"keys": ["HeartbeatInterval"]})
        self.assertEqual(
            self.queued(), [("GetConfiguration", {}), ("GetConfiguration", {"key": ["HeartbeatInterval"]})]
        )

    def test_mistakes(self) -> None:
        wrong: tuple[dict[str, str], ...] = ({}, {"": "x"}, {"x" * 51: "x"}, {"x": "\x00"})
        for body in ({}, *({"values": values} for values in wrong)):
            with self.subTest(body=body):
                self.do("configuration", body, expect=400)


class VariableTests(OperationCase):
    def setUp(self) -> None:
        super().setUp()
        Station.objects.update(ocpp_version="2.0.1")
        self.named = {"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval"}

    def test_what_is_known_is_shown_and_asked_for_again(self) -> None:
        Variable.objects.create(
            station=self.station, **self.named, attribute="Actual", value="60", mutability="ReadOnly", reported_at=NOON
        )
        found = self.ask("get", "stations/CP1/variables", by=self.viewer)
        self.assertEqual((found["count"], found["results"][0]["value"]), (1, "60"))
        self.do("variables/refresh")
        self.assertEqual(self.queued()[0][0], "GetBaseReport")

    def test_some_are_read_in_as_many_commands_as_it_takes(self) -> None:
        names = {"component": "DeviceDataCtrlr", "variable": "ItemsPerMessage", "variable_instance": "GetVariables"}
        Variable.objects.create(
            station=self.station, **names, attribute="Actual", value="2", mutability="ReadOnly", reported_at=NOON
        )
        found = self.do("variables/read", {"variables": [self.named | {"evse": number} for number in (0, 1, 2)]})
        self.assertEqual([len(each["payload"]["getVariableData"]) for each in found], [2, 1])
        self.assertEqual({action for action, _ in self.queued()}, {"GetVariables"})
        self.do("variables/read", {"variables": []}, expect=400)
        self.do("variables/read", {"variables": [self.named | {"value": "1"}]}, expect=400)
        self.ask("post", "stations/CP1/variables/read", {"variables": [self.named]}, by=self.viewer, expect=403)

    def test_all_that_is_set_is_one_command(self) -> None:
        two = [self.named | {"value": "60"}, self.named | {"value": "7", "evse": 1, "attribute": "Target"}]
        command = self.do("variables", {"variables": two})
        self.assertEqual(len(command["payload"]["setVariableData"]), 2)
        self.ask("post", "stations/CP1/variables", {"variables": two}, by=self.viewer, expect=403)

    def test_passwords_are_for_administrators_and_kept_nowhere(self) -> None:
        secret = "0123456789abcdef"
        body = {"variables": [{"component": "SecurityCtrlr", "variable": "BasicAuthPassword", "value": secret}]}
        self.do("variables", body, expect=403)
        found = self.ask("post", "stations/CP1/variables", body, expect=201)
        self.assertNotIn(secret, str(found) + str(list(AuditEntry.objects.values())))

    def test_mistakes(self) -> None:
        good = self.named | {"value": "1"}
        for wrong in (
            [],
            [good] * 51,
            [{**good, "value": 1}],
            [{**good, "attribute": "x"}],
            [{**good, "odd": 1}],
            ["x"],
            [self.named],
        ):
            with self.subTest(wrong=wrong):
                self.do("variables", {"variables": wrong}, expect=400)
        Station.objects.update(ocpp_version="1.6")
        self.do("variables", {"variables": [good]}, expect=409)
        self.do("variables/refresh", expect=409)
        self.do("variables/read", {"variables": [self.named]}, expect=409)


class LocalListTests(OperationCase):
    def test_what_is_lacking_is_shown_and_sent(self) -> None:
        TokenFactory.create(value="CARD1")
        LocalList.objects.create(station=self.station, version=1, entries={"OLD": {"status": "Accepted"}})
        found = self.ask("get", "stations/CP1/local-list", by=self.viewer)
        self.assertEqual((found["version"], found["changes"]), (1, {"OLD": None, "CARD1": {"status": "Accepted"}}))
        command = self.do("local-list", {"mode": "full"})
        self.assertEqual((command["action"], command["payload"]["updateType"]), ("SendLocalList", "Full"))
        self.assertEqual(self.do("local-list/refresh")["action"], "GetLocalListVersion")

    def test_a_station_without_a_list_lacks_all(self) -> None:
        TokenFactory.create(value="CARD1")
        self.assertEqual(list(self.ask("get", "stations/CP1/local-list")["changes"]), ["CARD1"])
        self.assertFalse(LocalList.objects.exists())


class ReservationTests(OperationCase):
    def test_from_the_request_to_the_cancellation(self) -> None:
        TokenFactory.create(value="CARD1")
        ConnectorFactory.create(evse__station=self.station)
        until = (clock.now() + timedelta(hours=1)).isoformat()
        made = self.do("reservations", {"evse": 1, "id_token": "card1", "expires_at": until})
        self.assertEqual((made["state"], made["id_token"], made["station"]), ("requested", "CARD1", "CP1"))
        self.assertEqual(self.ask("get", f"reservations/{made['id']}")["id"], made["id"])
        self.assertEqual(len(self.ask("get", "reservations", station="CP1", state="requested")["results"]), 1)
        self.ask("post", f"reservations/{made['id']}/cancel", by=self.operator)
        self.assertEqual([action for action, _ in self.queued()], ["ReserveNow", "CancelReservation"])
        Reservation.objects.update(state=Reservation.State.EXPIRED)
        self.ask("post", f"reservations/{made['id']}/cancel", expect=409)

    def test_mistakes(self) -> None:
        until = (clock.now() + timedelta(hours=1)).isoformat()
        self.do("reservations", {"id_token": "nobody", "expires_at": until}, expect=400)
        self.do("reservations", {"id_token": "nobody"}, expect=400)


class ProfileTests(OperationCase):
    def test_it_is_sent_listed_and_cleared(self) -> None:
        command = self.do("charging-profiles", {"evse": 0, "profile": LIMIT})
        self.assertEqual(command["action"], "SetChargingProfile")
        self.assertEqual(command["payload"]["csChargingProfiles"]["chargingProfileId"], 1)
        ChargingProfile.objects.create(
            station=self.station, evse=0, number=1, purpose="TxDefaultProfile", profile=LIMIT, confirmed_at=NOON
        )
        self.assertEqual(self.ask("get", "stations/CP1/charging-profiles")[0]["profile"], LIMIT)
        command = self.do("charging-profiles/clear", {"number": 1, "evse": 0})
        self.assertEqual((command["action"], command["payload"]), ("ClearChargingProfile", {"id": 1, "connectorId": 0}))

    def test_a_profile_against_the_rules_is_refused_with_the_path(self) -> None:
        self.refused({"profile": LIMIT | {"stackLevel": -1}}, "profile/stackLevel", "It is at least 0.")

    def test_paths_begin_with_fields_of_the_body(self) -> None:
        """OCPP's names for them, connectorId and csChargingProfiles, are not what the caller wrote."""
        ConfigurationKey.objects.create(station=self.station, key="NumberOfConnectors", value="1")
        schedule: Any = LIMIT["chargingSchedule"]
        late = schedule | {"chargingSchedulePeriod": [{"startPeriod": 5, "limit": 16}]}
        path = "profile/chargingSchedule/chargingSchedulePeriod/0/startPeriod"
        self.refused({"profile": LIMIT | {"chargingSchedule": late}}, path, "The first period starts at 0.")
        self.refused({"profile": LIMIT, "evse": 2}, "evse", "The station has 1 connectors.")
        reason = "Only a TxProfile belongs to a transaction."
        self.refused({"profile": LIMIT, "transaction": 5}, "transaction", reason)
        self.refused({"profile": LIMIT | {"transactionId": 5}}, "profile/transactionId", reason)
        with self.subTest("by the schema of OCPP"):
            self.refused({"profile": LIMIT | {"stackLevel": "x"}}, "profile/stackLevel")

    def refused(self, body: dict[str, Any], path: str, reason: str | None = None, *, count: int = 0) -> None:
        found = self.do("charging-profiles", {"evse": 0} | body, expect=400)
        problem = found["problems"][0]
        self.assertEqual((found["code"], problem["path"]), ("invalid_payload", path))
        self.assertEqual(problem["reason"], reason or problem["reason"])
        self.assertEqual(found["detail"], f"{path}: {problem['reason']}")
        self.assertEqual(Command.objects.count(), count)

    def test_other_versions_have_profiles_in_their_own_words(self) -> None:
        self.station.ocpp_version = "2.0.1"
        self.station.save()
        self.refused({"profile": LIMIT}, "profile")
        schedule = LIMIT["chargingSchedule"] | {"id": 1}
        kept = {name: value for name, value in LIMIT.items() if name != "chargingProfileId"}
        given = kept | {"id": 1, "chargingSchedule": [schedule]}
        command = self.do("charging-profiles", {"evse": 0, "profile": given})
        self.assertEqual(command["payload"], {"evseId": 0, "chargingProfile": given})
        self.refused({"profile": given, "transaction": 5}, "transaction", count=1)
        command = self.do("charging-profiles/clear", {"number": 1, "evse": 0})
        payload = {"chargingProfileId": 1, "chargingProfileCriteria": {"evseId": 0}}
        self.assertEqual((command["action"], command["payload"]), ("ClearChargingProfile", payload))

    def test_chargers_without_ocpp_have_none(self) -> None:
        self.station.ocpp_version = "NOC"
        self.station.save()
        self.do("charging-profiles", {"evse": 0, "profile": LIMIT}, expect=409)
        self.do("charging-profiles/clear", expect=409)
        self.do("composite-schedule", {"duration": 60}, expect=409)

    def test_what_stations_tell_is_shown(self) -> None:
        found = self.read("stations/CP1/smart-charging", {}, by=self.viewer)
        self.assertEqual(found, {"limits": [], "needs": [], "ev_schedules": [], "terms": []})

    def test_what_is_expected(self) -> None:
        ChargingProfile.objects.create(
            station=self.station,
            evse=0,
            number=1,
            purpose="TxDefaultProfile",
            kind="Absolute",
            profile=LIMIT,
            confirmed_at=NOON,
        )
        query = {"evse": 1, "start": "2026-06-21T12:00:00Z", "duration": 60}
        found = self.read("stations/CP1/composite-schedule", query, by=self.viewer)
        self.assertEqual((found["unit"], found["periods"][0]["limit"]), ("A", 16.0))

    def test_the_comparison_comes_when_the_station_has_answered(self) -> None:
        found = self.do("composite-schedule", {"duration": 60}, expect=202)
        self.assertIsNone(found["comparison"])
        key = found["command"]["id"]
        Command.objects.update(
            state=Command.State.ANSWERED, ocpp_version="1.6", settled_at=NOON, reply={"status": "Rejected"}
        )
        found = self.ask("get", f"commands/{key}/schedule", by=self.viewer)
        self.assertIsNone(found["comparison"]["reported"])
        self.assertEqual(found["comparison"]["expected"]["duration"], 60)


class FileTests(LiveCase):
    """Over a real server: uploads and downloads are streams."""

    def setUp(self) -> None:
        super().setUp()
        self.station_row = StationFactory.create(identity="CP1", ocpp_version="1.6")

    def upload(self, content: bytes, expect: int = 201, **fields: str) -> Any:
        response = requests.post(
            f"{self.http}{API}firmware/upload",
            files={"file": ("image.bin", content)},
            data=fields,
            headers={"Authorization": f"Bearer {self.tokens[Role.ADMINISTRATOR]}"},
            timeout=30,
        )
        self.assertEqual(response.status_code, expect, response.text)
        return response.json()

    def test_firmware_from_the_upload_to_the_job(self) -> None:
        content = b"firmware" * 500_000  # 4 MB: more than Django keeps in memory, more than API_MAX_BODY
        made = self.upload(content, version="1.2")
        self.assertEqual((made["name"], made["version"], made["size"]), ("image.bin", "1.2", len(content)))
        with storage.open_file(FirmwareFile.objects.get().path) as kept:
            self.assertEqual(kept.read(), content)
        self.assertEqual(AuditEntry.objects.get(action="uploadFirmware").summary["sha256"], made["sha256"])
        job = self.ask("post", "stations/CP1/firmware-update", {"firmware": made["id"]}, role=Role.OPERATOR, expect=201)
        self.assertEqual((job["kind"], job["state"], job["firmware"]), ("firmware", "requested", made["id"]))
        command = self.ask("get", f"commands/{job['command']}")
        self.assertEqual(command["action"], "UpdateFirmware")
        self.assertIn("••••••", command["payload"]["location"])  # the one-time address is a secret
        self.ask("delete", f"firmware/{made['id']}", expect=409)
        self.assertEqual(self.ask("get", "firmware")["count"], 1)

    def test_what_is_not_complete_or_too_large_is_not_kept(self) -> None:
        with override_settings(FIRMWARE_MAX_BYTES=10):
            self.assertEqual(self.upload(b"x" * 11, expect=413)["code"], "too_large")
            self.assertEqual(self.upload(b"x" * 100_000, expect=413)["code"], "too_large")
        self.upload(b"", expect=400)
        self.upload(b"x", expect=400, signature="abc")  # without its certificate
        self.assertFalse(FirmwareFile.objects.exists())

    def test_jobs_are_listed_and_cancelled(self) -> None:
        self.ask("post", "stations/CP1/diagnostics", {}, role=Role.OPERATOR, expect=201)
        job = self.ask("post", "stations/CP1/log", {"log_type": "SecurityLog"}, role=Role.OPERATOR, expect=201)
        found = self.ask("get", "jobs?station=CP1&kind=log")["results"]
        self.assertEqual([each["id"] for each in found], [job["id"]])
        self.ask("post", f"jobs/{job['id']}/cancel", expect=409)  # its command can be
        Command.objects.update(state=Command.State.ANSWERED)
        self.assertEqual(self.ask("post", f"jobs/{job['id']}/cancel")["state"], "cancelled")

    def test_a_received_file_is_sent_as_it_came(self) -> None:
        content = bytes(range(256)) * 1000
        draft = storage.Draft(10**6)
        draft.write(content)
        kept = draft.keep(storage.UPLOADS)
        job = FileJob.objects.create(
            station=self.station_row,
            kind="log",
            created_at=NOON,
            path=kept.path,
            size=kept.size,
            file_name='lo"g\r\n.txt',
            received_at=NOON,
        )
        response = requests.get(
            f"{self.http}{API}jobs/{job.pk}/file",
            headers={"Authorization": f"Bearer {self.tokens[Role.OPERATOR]}"},
            timeout=30,
        )
        self.assertEqual((response.status_code, response.content), (200, content))
        self.assertEqual(response.headers["Content-Disposition"], 'attachment; filename="lo_g__.txt"')
        self.assertEqual(response.headers["Content-Length"], str(len(content)))
        FileJob.objects.update(path="")
        self.ask("get", f"jobs/{job.pk}/file", role=Role.OPERATOR, expect=404)


class CertificateTests(OperationCase):
    def request_to_sign(self) -> SigningRequest:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CP1")])
        csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
        text = csr.public_bytes(serialization.Encoding.PEM).decode()
        return SigningRequest.objects.create(station=self.station, csr=text, subject="CN=CP1", received_at=NOON)

    def test_a_request_is_approved_once(self) -> None:
        request = self.request_to_sign()
        self.assertEqual(len(self.ask("get", "signing-requests", state="pending")["results"]), 1)
        self.ask("post", f"signing-requests/{request.pk}/approve", by=self.operator, expect=403)
        found = self.ask("post", f"signing-requests/{request.pk}/approve")
        self.assertEqual((found["state"], found["decided_by"]), ("signed", "administrator"))
        certificate = self.ask("get", f"certificates/{found['certificate']}", by=self.viewer)
        self.assertIn("BEGIN CERTIFICATE", certificate["pem"])
        self.assertEqual([action for action, _ in self.queued()], ["CertificateSigned"])
        self.ask("post", f"signing-requests/{request.pk}/refuse", expect=409)

    def test_a_request_is_refused(self) -> None:
        request = self.request_to_sign()
        found = self.ask("post", f"signing-requests/{request.pk}/refuse", {"reason": "unknown"})
        self.assertEqual((found["state"], found["reason"]), ("refused", "unknown"))
        self.assertEqual(self.ask("get", f"signing-requests/{request.pk}")["state"], "refused")

    def test_roots_are_installed_listed_and_deleted(self) -> None:
        use = "CentralSystemRootCertificate"
        body = {"use": use}
        self.do("certificates", body, expect=403)
        made = self.ask("post", "stations/CP1/certificates", body, expect=201)
        self.assertEqual(made["pem"].strip(), self.ask("get", "certificates/authority")["pem"].strip())
        self.do("certificates/refresh", body)
        self.ask("post", "stations/CP1/certificates", body | {"pem": "nonsense"}, expect=400)
        command = self.ask("delete", f"certificates/{made['id']}", expect=202)
        self.assertEqual(command["action"], "DeleteCertificate")
        self.assertEqual(len(self.ask("get", "certificates", station="CP1", use=use)["results"]), 1)
        Certificate.objects.update(use=Certificate.Use.STATION)
        self.ask("delete", f"certificates/{made['id']}", expect=409)

    def test_what_the_server_has_made_is_revoked_by_an_administrator(self) -> None:
        found = self.ask("post", f"signing-requests/{self.request_to_sign().pk}/approve")
        path = f"certificates/{found['certificate']}/revoke"
        self.ask("post", path, by=self.operator, expect=403)
        self.assertIsNotNone(self.ask("post", path)["revoked_at"])
        Certificate.objects.update(use="MORootCertificate")
        self.ask("post", path, expect=409)

    def test_contracts_are_registered_and_cancelled(self) -> None:
        body = {"emaid": "DE8AA1A2B3C4D5", "vehicle": "WP0EXAMPLE0000001"}
        self.ask("post", "contracts", body, by=self.operator, expect=403)
        made = self.ask("post", "contracts", body, expect=201)
        self.ask("post", "contracts", body, expect=409)
        self.assertEqual(
            len(self.ask("get", "contracts", vehicle=body["vehicle"].lower(), by=self.viewer)["results"]), 1
        )
        self.assertIsNone(self.ask("get", f"contracts/{made['id']}")["cancelled_at"])
        self.assertIsNotNone(self.ask("post", f"contracts/{made['id']}/cancel")["cancelled_at"])
        self.assertEqual(self.ask("get", "certificate-statuses")["results"], [])

    def test_raw_commands_are_no_way_around(self) -> None:
        body = {"action": "DeleteCertificate", "payload": {}}
        self.do("commands", body, expect=403)
        self.ask("post", "commands/bulk", body | {"stations": ["CP1"]}, by=self.operator, expect=403)
        refused = AuditEntry.objects.filter(outcome="forbidden")
        self.assertEqual(set(refused.values_list("action", flat=True)), {"sendCommand", "sendCommands"})
