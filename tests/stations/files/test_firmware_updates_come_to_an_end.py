"""Firmware updates: whatever a station reports, or does not, the job comes to an end."""

from __future__ import annotations

from datetime import timedelta

from smartserver.core.clock import isoformat
from stations import settlement
from stations.models import Command, FileJob
from stations.services import files
from stations.services.files import jobs
from tests.stations.factories import StationFactory
from tests.stations.files.jobs import JobCase
from tests.stations.support import NOON, call


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

    def test_times_of_the_history_are_utc_with_z(self) -> None:
        job = FileJob(history=[])
        jobs.note(job, "Downloading", NOON)
        self.assertEqual(job.history, [[isoformat(NOON), "Downloading"]])
        self.assertTrue(job.history[0][0].endswith("Z"))
