"""Firmware updates, diagnostics and logs: whatever a station answers, reports, or does not, the job comes to an end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

from django.test import TestCase, override_settings

from smartserver.core import clock
from smartserver.core.errors import BadInput, Conflict, InvalidPayload, NotFound
from smartserver.core.events import JOB_CHANGED
from stations import settlement
from stations.models import Command, FileJob, FirmwareFile, Station
from stations.models import State as StationState
from stations.ocpp.errors import CallError
from stations.ocpp.frames import Payload
from stations.services import files
from stations.services.commands import Requester
from stations.services.files import addresses, jobs
from stations.services.secrets import mask
from stations.settlement import Outgoing
from stations.storage import Kept
from tests.stations.factories import StationFactory
from tests.stations.support import NOON, call
from tests.units import run, run_published

State = FileJob.State
OLGA = Requester("olga")
LATER = timedelta(minutes=5)
FILE = Kept("uploads/a-file", 5, "sum")


@override_settings(PUBLIC_URL="https://charging.example.org")
class JobCase(TestCase):
    def setUp(self) -> None:
        self.now = NOON
        self.locations: dict[int, str] = {}
        self.station = StationFactory.create(connection=7, state=StationState.ONLINE, ocpp_version="1.6")
        self.firmware = FirmwareFile.objects.create(
            name="image v2.bin",
            version="2.0",
            path="firmware/x",
            size=4,
            sha256="x",
            signature="c2ln",
            signing_certificate="PEM",
            created_at=NOON,
        )

    def do(self, unit: Any) -> Any:
        with clock.frozen(self.now):
            return run(unit)[0]

    def wait(self, time: timedelta = LATER) -> datetime:
        self.now += time
        return self.now

    def update(self, **options: Any) -> FileJob:
        wanted: dict[str, Any] = {"station_id": self.station.pk, "firmware_id": self.firmware.pk, "by": OLGA} | options
        return self.remember(self.do(lambda batch: files.start_firmware_update(batch, **wanted)))

    def diagnostics(self, **options: Any) -> FileJob:
        wanted: dict[str, Any] = {"station_id": self.station.pk, "by": OLGA} | options
        return self.remember(self.do(lambda batch: files.request_diagnostics(batch, **wanted)))

    def log(self, log_type: str = "SecurityLog", **options: Any) -> FileJob:
        wanted: dict[str, Any] = {"station_id": self.station.pk, "log_type": log_type, "by": OLGA} | options
        return self.remember(self.do(lambda batch: files.request_log(batch, **wanted)))

    def send(self) -> Outgoing:
        """The next command leaves."""
        sent = self.do(
            lambda batch: settlement.take_next(batch, station_id=self.station.pk, generation=7, version="1.6")
        )
        assert isinstance(sent, Outgoing)
        return sent

    def answer(self, reply: Payload | None = None) -> None:
        sent = self.send()
        self.do(lambda batch: settlement.take_answer(batch, sent=sent, reply=reply or {}))

    def report(self, action: str, status: str, **fields: Any) -> None:
        answer = self.do(call(self.station, action, {"status": status} | fields, at=self.now))
        self.assertEqual(answer, {})

    def arrive(self, job: FileJob, kept: Kept = FILE, name: str = "") -> bool:
        token = urlsplit(self.location(job)).path.split("/")[3]
        taken: bool = self.do(lambda batch: files.receive_file(batch, token=token, kept=kept, name=name))
        return taken

    def remember(self, job: FileJob) -> FileJob:
        """The address that the station is told; after its end the command holds it no more."""
        assert job.command is not None
        payload = job.command.payload
        log, image = payload.get("log"), payload.get("firmware")
        self.locations[job.pk] = log["remoteLocation"] if log else (image or payload)["location"]
        return job

    def location(self, job: FileJob) -> str:
        return self.locations[job.pk]

    def check(self, job: FileJob, state: str, *, reason: str = "", history: list[str] | None = None) -> None:
        job.refresh_from_db()
        self.assertEqual((job.state, job.reason), (state, reason))
        self.assertEqual(job.ended_at is not None, state in ("done", "failed", "cancelled"))
        self.assertEqual(job.due_at is None, state in ("done", "failed", "cancelled"))
        if history is not None:
            self.assertEqual([text for _, text in job.history], history)

    def is_closed(self, job: FileJob) -> bool:
        job.refresh_from_db()
        assert job.address_expires_at is not None
        return job.address_expires_at <= self.now


class Asked(JobCase):
    def test_update_firmware(self) -> None:
        job = self.update(retrieve_at=NOON + timedelta(days=1), retries=3, retry_interval=60)
        command = Command.objects.get()
        self.assertEqual((command.action, command.origin, job.command), ("UpdateFirmware", "olga", command))
        self.assertEqual(command.payload["retrieveDate"], "2026-06-22T12:00:00.000Z")
        self.assertEqual((command.payload["retries"], command.payload["retryInterval"]), (3, 60))
        address = urlsplit(command.payload["location"])
        self.assertEqual((address.scheme, address.netloc), ("https", "charging.example.org"))
        self.assertRegex(address.path, r"^/files/firmware/[\w-]{32}/image-v2\.bin$")
        self.assertEqual(job.address_expires_at, NOON + timedelta(days=2), "a day after it may be fetched")

    def test_signed_update_firmware(self) -> None:
        job = self.update(signed=True, install_at=NOON + LATER)
        payload = Command.objects.get().payload
        self.assertEqual(payload["requestId"], job.pk)
        self.assertEqual((payload["firmware"]["signature"], payload["firmware"]["signingCertificate"]), ("c2ln", "PEM"))
        self.assertEqual(payload["firmware"]["installDateTime"], "2026-06-21T12:05:00.000Z")

    def test_get_diagnostics(self) -> None:
        self.diagnostics(start=NOON - LATER, stop=NOON, retries=0)
        payload = Command.objects.get().payload
        self.assertEqual(payload["startTime"], "2026-06-21T11:55:00.000Z")
        self.assertEqual((payload["stopTime"], payload["retries"]), ("2026-06-21T12:00:00.000Z", 0))
        self.assertRegex(urlsplit(payload["location"]).path, r"^/files/uploads/[\w-]{32}$")

    def test_get_log(self) -> None:
        job = self.log("DiagnosticsLog", oldest=NOON - LATER, latest=NOON)
        payload = Command.objects.get().payload
        self.assertEqual((payload["requestId"], payload["logType"]), (job.pk, "DiagnosticsLog"))
        self.assertEqual(payload["log"]["oldestTimestamp"], "2026-06-21T11:55:00.000Z")

    def test_addresses_are_secret(self) -> None:
        """The database knows a hash; what is shown or logged of the command has no token."""
        job = self.diagnostics()
        token = urlsplit(self.location(job)).path.split("/")[3]
        self.assertEqual(job.token_hash, addresses.hash_of(token))
        command = Command.objects.get()
        self.assertEqual(
            mask("GetDiagnostics", command.payload)["location"], "https://charging.example.org/files/uploads/••••••"
        )
        self.answer({})
        command.refresh_from_db()
        self.assertNotIn(token, str(command.payload))

    def test_no_two_addresses_are_alike(self) -> None:
        self.assertNotEqual(self.location(self.diagnostics()), self.location(self.diagnostics()))

    def test_what_cannot_be_asked(self) -> None:
        nothing = {"by": OLGA}
        for error, ask in (
            (NotFound, lambda: self.update(station_id=0)),
            (NotFound, lambda: self.update(firmware_id=0)),
            (BadInput, lambda: self.update(retries=-1)),
            (BadInput, lambda: self.update(retry_interval=100_000)),
            (BadInput, lambda: self.diagnostics(start=NOON, stop=NOON - LATER)),
            (BadInput, lambda: self.log("BootLog")),
            (BadInput, lambda: self.log(oldest=NOON, latest=NOON - LATER)),
            (NotFound, lambda: self.do(lambda batch: files.cancel_job(batch, job_id=0, **nothing))),
        ):
            with self.assertRaises(error):
                ask()
        self.assertEqual((FileJob.objects.count(), Command.objects.count()), (0, 0))

    def test_unsigned_firmware_is_not_sent_as_signed(self) -> None:
        FirmwareFile.objects.update(signature="")
        with self.assertRaisesRegex(Conflict, "no signature"):
            self.update(signed=True)

    def test_a_certificate_that_no_station_takes(self) -> None:
        FirmwareFile.objects.update(signing_certificate="x" * 6000)
        with self.assertRaises(InvalidPayload):
            self.update(signed=True)
        self.assertEqual(FileJob.objects.count(), 0)

    def test_stations_of_other_versions(self) -> None:
        Station.objects.update(ocpp_version="2.0.1")
        with self.assertRaisesRegex(Conflict, "OCPP 2.0.1"):
            self.diagnostics()


class Updates(JobCase):
    def test_to_its_end(self) -> None:
        job = self.update()
        self.check(job, "requested")
        self.answer()
        self.check(job, "running", history=["Accepted"])
        for status in ("Downloading", "Downloading", "Downloaded", "Installing", "Installed"):
            self.wait()
            self.report("FirmwareStatusNotification", status)
        self.check(job, "done", history=["Accepted", "Downloading", "Downloaded", "Installing", "Installed"])
        self.assertEqual((job.status, job.ended_at), ("Installed", self.now))
        self.assertTrue(self.is_closed(job))
        self.station.refresh_from_db()
        self.assertEqual(self.station.firmware_status, "Installed")

    def test_the_boot_afterwards_shows_the_version(self) -> None:
        job = self.update()
        self.answer()
        self.report("FirmwareStatusNotification", "Installed")
        self.boot("2.0")
        self.check(job, "done", history=["Accepted", "Installed", "Booted with 2.0"])

    def boot(self, version: str) -> None:
        boot = {"chargePointVendor": "V", "chargePointModel": "M", "firmwareVersion": version}
        self.do(call(self.station, "BootNotification", boot, at=self.wait()))

    def test_a_station_that_only_boots_with_the_new_version(self) -> None:
        job = self.update()
        self.answer()
        self.report("FirmwareStatusNotification", "Installing")
        self.boot("1.0")
        self.check(job, "running")
        self.boot("2.0")
        self.check(job, "done", history=["Accepted", "Installing", "Booted with 1.0", "Booted with 2.0"])

    def test_a_boot_with_that_version_before_the_download_means_nothing(self) -> None:
        job = self.update()
        self.answer()
        self.boot("2.0")
        self.check(job, "running")

    def test_boots_of_stations_without_an_update(self) -> None:
        self.boot("2.0")
        job = self.update()
        self.boot("2.0")
        self.check(job, "requested", history=[])

    def test_failures(self) -> None:
        for status in ("DownloadFailed", "InstallationFailed"):
            with self.subTest(status):
                job = self.update()
                self.answer()
                self.report("FirmwareStatusNotification", status)
                self.check(job, "failed", reason=f"The station reports {status}.")
                self.assertFalse(self.is_closed(job), "it may try again")
                FileJob.objects.all().delete()
                Command.objects.all().delete()

    def test_it_tries_again(self) -> None:
        job = self.update(retries=2)
        self.answer()
        for status in ("Downloading", "DownloadFailed", "Downloading"):
            self.report("FirmwareStatusNotification", status)
        self.check(job, "running")
        self.report("FirmwareStatusNotification", "Installed")
        self.check(job, "done")

    def test_idle_means_nothing(self) -> None:
        job = self.update()
        self.answer()
        self.report("FirmwareStatusNotification", "Idle")
        self.check(job, "running", history=["Accepted", "Idle"])
        self.assertEqual(job.status, "")

    def test_reports_after_the_end_change_nothing(self) -> None:
        job = self.update(signed=True)
        self.answer({"status": "Accepted"})
        self.report("SignedFirmwareStatusNotification", "Installed", requestId=job.pk)
        self.report("SignedFirmwareStatusNotification", "DownloadFailed", requestId=job.pk)
        self.check(job, "done", history=["Accepted", "Installed", "DownloadFailed"])

    def test_a_report_belongs_to_the_newest_update_that_the_station_knows(self) -> None:
        first = self.update()
        self.answer()
        second = self.update()
        self.report("FirmwareStatusNotification", "Downloading")
        self.check(first, "running")
        self.assertEqual(first.status, "Downloading")
        self.check(second, "requested", history=[])

    def test_a_newer_update_takes_the_place_of_an_older_one(self) -> None:
        first = self.update()
        self.answer()
        second = self.update()
        self.answer()
        self.check(first, "cancelled", reason=f"Displaced by job {second.pk}.")
        self.check(second, "running")

    def test_a_report_before_the_answer(self) -> None:
        job = self.update()
        sent = self.send()
        self.report("FirmwareStatusNotification", "Downloading")
        self.do(lambda batch: settlement.take_answer(batch, sent=sent, reply={}))
        self.check(job, "running", history=["Downloading"])

    def test_reports_without_an_update_are_acknowledged(self) -> None:
        self.report("FirmwareStatusNotification", "Installed")
        self.report("SignedFirmwareStatusNotification", "Installed", requestId=4711)
        self.assertEqual(FileJob.objects.count(), 0)

    def test_somebody_elses_request_id(self) -> None:
        job = self.update(signed=True)
        self.answer({"status": "Accepted"})
        other = StationFactory.create()
        self.do(call(other, "SignedFirmwareStatusNotification", {"status": "Installed", "requestId": job.pk}))
        self.check(job, "running")

    def test_a_signed_update_is_known_by_its_request_id(self) -> None:
        job = self.update(signed=True)
        self.answer({"status": "Accepted"})
        for status in ("Downloading", "SignatureVerified", "InstallRebooting", "Installed"):
            self.report("SignedFirmwareStatusNotification", status, requestId=job.pk)
        self.check(job, "done")

    def test_a_signed_update_reported_without_its_id_or_with_the_plain_message(self) -> None:
        job = self.update(signed=True)
        self.answer({"status": "Accepted"})
        self.report("SignedFirmwareStatusNotification", "Downloading")
        self.report("FirmwareStatusNotification", "InstallationFailed")
        self.check(job, "failed", reason="The station reports InstallationFailed.")

    def test_a_signature_that_does_not_hold(self) -> None:
        job = self.update(signed=True)
        self.answer({"status": "Accepted"})
        self.report("SignedFirmwareStatusNotification", "InvalidSignature", requestId=job.pk)
        self.check(job, "failed", reason="The station reports InvalidSignature.")

    def test_a_refusal(self) -> None:
        for status in ("Rejected", "InvalidCertificate", "RevokedCertificate"):
            with self.subTest(status):
                job = self.update(signed=True)
                self.answer({"status": status})
                self.check(job, "failed", reason=f"The station answered {status}.", history=[status])
                self.assertTrue(self.is_closed(job))

    def test_accepted_in_the_place_of_an_older_one(self) -> None:
        first = self.update(signed=True)
        self.answer({"status": "Accepted"})
        second = self.update(signed=True)
        self.answer({"status": "AcceptedCanceled"})
        self.check(first, "cancelled", reason=f"Displaced by job {second.pk}.")
        self.check(second, "running", history=["AcceptedCanceled"])

    def test_no_news(self) -> None:
        job = self.update()
        self.answer()
        self.judge_after(timedelta(seconds=3599))
        self.check(job, "running")
        self.judge_after(timedelta(seconds=1))
        self.check(job, "failed", reason="No news for 3600 s.")
        self.assertTrue(self.is_closed(job))

    def judge_after(self, time: timedelta) -> None:
        self.wait(time)
        self.do(lambda batch: files.expire_jobs(batch, self.now))

    def test_news_give_it_more_time(self) -> None:
        job = self.update()
        self.answer()
        self.wait(timedelta(seconds=3000))
        self.report("FirmwareStatusNotification", "Downloading")
        self.judge_after(timedelta(seconds=3000))
        self.check(job, "running")

    def test_an_update_that_is_planned_for_later_has_until_then(self) -> None:
        job = self.update(retrieve_at=NOON + timedelta(days=3))
        self.answer()
        self.judge_after(timedelta(days=3))
        self.check(job, "running")
        self.judge_after(timedelta(seconds=3600))
        self.check(job, "failed", reason="No news for 3600 s.")

    def test_a_long_history_keeps_its_beginning_and_its_end(self) -> None:
        job = FileJob(history=[])
        for number in range(500):
            jobs.note(job, f"status {number}", NOON)
        self.assertEqual(len(job.history), jobs.MAX_HISTORY)
        self.assertEqual((job.history[0][1], job.history[-1][1]), ("status 0", "status 499"))


class Unanswered(JobCase):
    """The call to the station ends without an answer."""

    def test_it_expires(self) -> None:
        job = self.diagnostics()
        self.wait(timedelta(days=2))
        self.do(lambda batch: settlement.sweep(batch, unanswered_since=NOON))
        self.check(job, "failed", reason="GetDiagnostics: expired")
        self.assertTrue(self.is_closed(job))

    def test_it_is_cancelled(self) -> None:
        job = self.diagnostics()
        command = job.command
        assert command is not None
        with self.assertRaises(Conflict) as caught:
            self.do(lambda batch: files.cancel_job(batch, job_id=job.pk, by=OLGA))
        self.assertEqual(caught.exception.details, {"command": command.pk})
        self.do(lambda batch: settlement.cancel_command(batch, command_id=command.pk, by=OLGA))
        self.check(job, "cancelled", reason="Cancelled by olga.")
        self.assertTrue(self.is_closed(job))

    def test_a_call_error(self) -> None:
        job = self.diagnostics()
        sent = self.send()
        error = CallError("NotSupported", "No diagnostics here.")
        self.do(lambda batch: settlement.take_error(batch, sent=sent, error=error))
        self.check(job, "failed", reason="No diagnostics here.")
        self.assertTrue(self.is_closed(job))

    def test_nobody_knows_whether_the_station_does_it(self) -> None:
        """Its file is still welcome."""

        def silence(sent: Outgoing) -> Any:
            return lambda batch: settlement.take_silence(batch, sent=sent)

        def loss(sent: Outgoing) -> Any:
            return lambda batch: settlement.take_loss(batch, sent=sent, left=True)

        def nonsense(sent: Outgoing) -> Any:
            error = CallError("TypeConstraintViolation", "No object.")
            return lambda batch: settlement.take_error(batch, sent=sent, error=error, reply={"fileName": 7})

        for end in (silence, loss, nonsense):
            with self.subTest(end.__name__):
                job = self.diagnostics()
                self.do(end(self.send()))
                job.refresh_from_db()
                self.assertEqual(job.state, State.FAILED)
                self.assertNotEqual(job.reason, "")
                self.assertFalse(self.is_closed(job))
                self.report("DiagnosticsStatusNotification", "Uploading")
                self.check(job, "running")
                self.arrive(job)
                self.report("DiagnosticsStatusNotification", "Uploaded")
                self.check(job, "done")

    def test_the_station_is_at_it_whatever_went_wrong_with_the_answer(self) -> None:
        job = self.diagnostics()
        sent = self.send()
        self.report("DiagnosticsStatusNotification", "Uploading")
        self.do(lambda batch: settlement.take_silence(batch, sent=sent))
        self.check(job, "running")

    def test_commands_of_others_have_no_job(self) -> None:
        job = self.diagnostics()
        FileJob.objects.all().delete()
        self.answer({"fileName": "x"})
        self.assertFalse(FileJob.objects.filter(pk=job.pk).exists())
        sent_job = self.diagnostics()
        sent = self.send()
        sent_job.delete()
        self.do(lambda batch: settlement.take_silence(batch, sent=sent))

    def test_nobody_asks_the_station(self) -> None:
        """A safety net: the command was lost from the database."""
        job = self.diagnostics()
        FileJob.objects.update(command=None)
        self.wait(timedelta(days=3))
        self.do(lambda batch: files.expire_jobs(batch, self.now))
        self.check(job, "failed", reason="The station was not asked in time.")


class Uploads(JobCase):
    def test_diagnostics_to_their_end(self) -> None:
        job = self.diagnostics()
        self.answer({"fileName": "diag.zip"})
        self.report("DiagnosticsStatusNotification", "Uploading")
        self.assertTrue(self.arrive(job))
        self.check(job, "running")
        self.report("DiagnosticsStatusNotification", "Uploaded")
        history = ["Accepted", "Uploading", "File received", "Uploaded"]
        self.check(job, "done", history=history)
        self.assertEqual((job.file_name, job.path, job.size, job.sha256), ("diag.zip", *FILE))
        self.assertEqual(job.address_used_at, self.now)

    def test_the_file_before_any_status(self) -> None:
        """A quick upload overtakes what the station says of it; its last word is taken for no other job's."""
        job = self.diagnostics()
        self.answer({"fileName": "diag.zip"})
        self.arrive(job)
        log = self.log()
        self.answer({"status": "Accepted", "filename": "security.log"})
        self.report("DiagnosticsStatusNotification", "Uploading")
        self.check(job, "running")
        self.report("DiagnosticsStatusNotification", "Uploaded")
        self.check(job, "done", history=["Accepted", "File received", "Uploading", "Uploaded"])
        self.check(log, "running", history=["Accepted"])

    def test_the_status_before_the_file(self) -> None:
        job = self.log()
        self.answer({"status": "Accepted", "filename": "security.log"})
        self.report("LogStatusNotification", "Uploaded", requestId=job.pk)
        self.check(job, "running")
        self.arrive(job, name="other.log")
        self.check(job, "done")
        self.assertEqual(job.file_name, "other.log", "the name of what has come")

    def test_a_file_without_a_status(self) -> None:
        job = self.diagnostics()
        self.answer({})
        self.arrive(job)
        self.wait(jobs.GRACE)
        self.do(lambda batch: files.expire_jobs(batch, self.now))
        self.check(job, "done", history=["Accepted", "File received", "The station did not report the end"])

    def test_a_status_without_a_file(self) -> None:
        job = self.diagnostics()
        self.answer({})
        self.report("DiagnosticsStatusNotification", "Uploaded")
        self.wait(jobs.GRACE)
        self.do(lambda batch: files.expire_jobs(batch, self.now))
        self.check(job, "failed", reason="The station reports Uploaded, but no file has come.")

    def test_failures(self) -> None:
        for status in ("UploadFailure", "BadMessage", "NotSupportedOperation", "PermissionDenied"):
            with self.subTest(status):
                job = self.log()
                self.answer({"status": "Accepted"})
                self.report("LogStatusNotification", status, requestId=job.pk)
                self.check(job, "failed", reason=f"The station reports {status}.")

    def test_a_failure_is_none_when_the_file_is_here(self) -> None:
        job = self.diagnostics()
        self.answer({})
        self.arrive(job)
        self.report("DiagnosticsStatusNotification", "UploadFailed")
        self.check(job, "done")

    def test_the_file_of_a_second_attempt(self) -> None:
        job = self.diagnostics()
        self.answer({})
        self.report("DiagnosticsStatusNotification", "UploadFailed")
        self.arrive(job)
        self.check(job, "running")
        self.report("DiagnosticsStatusNotification", "Uploaded")
        self.check(job, "done")

    def test_the_unit_of_a_file_may_run_twice(self) -> None:
        """The commit came about, and nobody heard of it: the second run takes the file for what it is."""
        job = self.diagnostics()
        self.assertTrue(self.arrive(job))
        self.assertTrue(self.arrive(job))
        self.assertFalse(self.arrive(job, Kept("uploads/a-copy", 5, "sum")))
        with self.assertRaises(Conflict):
            self.arrive(job, Kept("uploads/another", 6, "mus"))
        job.refresh_from_db()
        self.assertEqual(job.path, FILE.path)

    def test_a_newer_log_takes_the_place_of_an_older_one(self) -> None:
        first, second = self.log(), self.log()
        self.answer({"status": "Accepted"})
        self.answer({"status": "AcceptedCanceled"})
        self.check(first, "cancelled", reason=f"Displaced by job {second.pk}.")
        self.check(second, "running")
        self.report("LogStatusNotification", "Uploaded", requestId=first.pk)
        self.check(first, "cancelled", reason=f"Displaced by job {second.pk}.")
        with self.assertRaises(addresses.Gone):
            self.arrive(first)

    def test_two_logs_at_once(self) -> None:
        first, second = self.log(), self.log("DiagnosticsLog")
        self.answer({"status": "Accepted"})
        self.answer({"status": "Accepted"})
        for job, kept in ((second, FILE), (first, Kept("uploads/b", 1, "b"))):
            self.arrive(job, kept)
            self.report("LogStatusNotification", "Uploaded", requestId=job.pk)
            self.check(job, "done")

    def test_a_status_of_the_other_message_is_better_than_none(self) -> None:
        """DiagnosticsStatusNotification for a GetLog: clear enough when nothing else is under way."""
        job = self.log()
        self.answer({"status": "Accepted"})
        self.report("DiagnosticsStatusNotification", "Uploading")
        self.check(job, "running", history=["Accepted", "Uploading"])

    def test_cancelled_by_an_operator(self) -> None:
        job = self.diagnostics()
        self.answer({})
        self.do(lambda batch: files.cancel_job(batch, job_id=job.pk, by=OLGA))
        self.check(job, "cancelled", reason="Cancelled by olga.")
        self.assertTrue(self.is_closed(job))
        with self.assertRaises(Conflict):
            self.do(lambda batch: files.cancel_job(batch, job_id=job.pk, by=OLGA))

    def test_whoever_listens_is_told_of_changes_and_not_of_repetitions(self) -> None:
        job = self.diagnostics()
        self.answer({})
        report = call(self.station, "DiagnosticsStatusNotification", {"status": "Uploading"})
        for wanted in (1, 0):
            _, published = run_published(report)
            told = [data for kind, data in published.events if kind == JOB_CHANGED]
            self.assertEqual(len(told), wanted)
        _, published = run_published(call(self.station, "DiagnosticsStatusNotification", {"status": "UploadFailed"}))
        told = [data for kind, data in published.events if kind == JOB_CHANGED]
        expected = {"job": job.pk, "station": self.station.identity, "kind": "diagnostics"}
        self.assertEqual(told, [expected | {"state": "failed", "status": "UploadFailed"}])


class Addresses(TestCase):
    def check(self, wanted: str, **changed: Any) -> None:
        with override_settings(**changed):
            self.assertEqual(addresses.public_url(), wanted)

    def test_where_stations_reach_the_server(self) -> None:
        local = ["localhost", "127.0.0.1", "[::1]"]
        self.check("http://stations.example.org:8080", PUBLIC_URL="http://stations.example.org:8080")
        self.check("https://charging.example.org", ALLOWED_HOSTS=[*local, "charging.example.org"], HTTPS=True)
        self.check("http://charging.example.org", ALLOWED_HOSTS=["*", ".example.org", "charging.example.org"])
        self.check("http://127.0.0.1:9000", ALLOWED_HOSTS=local, SERVED_AT="http://127.0.0.1:9000")

    def test_names_in_addresses_are_harmless(self) -> None:
        for name, end in {"a b/../c.bin": "a-b-..-c.bin", "///": "", "x" * 300 + ".bin": "x" * 60 + ".bin"}.items():
            with self.subTest(name), mock.patch("secrets.token_urlsafe", return_value="t"):
                path = urlsplit(addresses.make_address("firmware", name).url).path
                self.assertEqual(path, "/files/firmware/t" + (f"/{end}" if end else ""))
