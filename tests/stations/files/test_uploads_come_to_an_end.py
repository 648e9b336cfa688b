"""Diagnostics and logs: whatever a station reports, delivers, or does not, the job comes to an end."""

from __future__ import annotations

from smartserver.core.errors import Conflict
from smartserver.core.events import JOB_CHANGED
from stations.services import files
from stations.services.files import addresses, jobs
from stations.storage import Kept
from tests.stations.files.jobs import FILE, OLGA, JobCase
from tests.stations.support import call
from tests.units import run_published


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
