"""Publications by local controllers: what they report, and what they say at their end (2.x L03 and L04)."""

from __future__ import annotations

from datetime import timedelta

from stations import settlement
from stations.models import FileJob
from stations.services import files
from stations.services.commands import queue_command
from tests.stations.factories import StationFactory
from tests.stations.files.jobs import CHECKSUM, JobCase
from tests.stations.support import NOON, call

REPORT = "PublishFirmwareStatusNotification"
PLACE = "https://controller/image"


class Published(JobCase):
    version = "2.0.1"

    def begin(self) -> FileJob:
        job = self.publication()
        self.answer({"status": "Accepted"})
        return job

    def publish(self) -> FileJob:
        job = self.begin()
        self.report(REPORT, "Published", requestId=job.pk, location=[PLACE])
        self.check(job, "done")
        return job

    def unpublish(self, status: str, checksum: str = CHECKSUM) -> None:
        self.do(
            lambda batch: queue_command(
                batch, station_id=self.station.pk, action="UnpublishFirmware", payload={"checksum": checksum}
            )
        )
        self.answer({"status": status})

    def test_to_its_end(self) -> None:
        job = self.begin()
        steps = ["DownloadScheduled", "Downloading", "DownloadPaused", "Downloading", "Downloaded", "ChecksumVerified"]
        for status in steps:
            self.report(REPORT, status, requestId=job.pk)
            self.check(job, "running")
        self.report(REPORT, "Published", requestId=job.pk, location=[PLACE])
        self.check(job, "done", history=["Accepted", *steps, "Published"])
        self.assertEqual((job.locations, job.unpublished_at), ([PLACE], None))
        self.assertTrue(self.is_closed(job))
        self.station.refresh_from_db()
        self.assertEqual(self.station.firmware_status, "", "its own firmware is another matter")

    def test_twice_is_once(self) -> None:
        job = self.publish()
        self.report(REPORT, "Published", requestId=job.pk, location=[PLACE])
        self.check(job, "done", history=["Accepted", "Published"])

    def test_a_failure_that_is_tried_again(self) -> None:
        job = self.begin()
        self.report(REPORT, "DownloadFailed", requestId=job.pk)
        self.check(job, "failed", reason="The station reports DownloadFailed.")
        self.report(REPORT, "Downloading", requestId=job.pk)
        self.check(job, "running")

    def test_reports_of_others_change_nothing(self) -> None:
        update = self.update()
        self.answer({"status": "Accepted"})
        job = self.begin()
        self.report(REPORT, "Published", requestId=update.pk)
        self.check(update, "running")
        self.report("FirmwareStatusNotification", "Installed", requestId=job.pk)
        self.check(job, "running")
        other = StationFactory.create()
        told = {"status": "Published", "requestId": job.pk, "location": [PLACE]}
        self.do(call(other, REPORT, told, version="2.0.1"))
        self.check(job, "running", history=["Accepted"])

    def test_two_run_side_by_side(self) -> None:
        first, second = self.begin(), self.begin()
        self.check(first, "running")
        self.check(second, "running")

    def test_no_answer(self) -> None:
        job = self.publication()
        self.wait(timedelta(days=2))
        self.do(lambda batch: settlement.sweep(batch, unanswered_since=NOON))
        self.check(job, "failed", reason="PublishFirmware: expired")
        self.assertTrue(self.is_closed(job))

    def test_no_news(self) -> None:
        job = self.begin()
        self.wait(timedelta(days=1))
        self.do(lambda batch: files.expire_jobs(batch, self.now))
        self.check(job, "failed", reason="No news for 3600 s.")

    def test_the_end_of_a_publication(self) -> None:
        job = self.publish()
        self.unpublish("DownloadOngoing")
        self.unpublish("Unpublished", "f" * 32)
        job.refresh_from_db()
        self.assertIsNone(job.unpublished_at)
        self.wait()
        self.unpublish("Unpublished", CHECKSUM.upper())
        job.refresh_from_db()
        self.assertEqual(job.unpublished_at, self.now)
        again = self.publish()
        self.wait()
        self.unpublish("NoFirmware")
        job.refresh_from_db()
        again.refresh_from_db()
        self.assertEqual(again.unpublished_at, self.now)
        self.assertNotEqual(job.unpublished_at, self.now, "it was over before")

    def test_an_end_before_it_is_published(self) -> None:
        job = self.begin()
        self.unpublish("DownloadOngoing")
        self.check(job, "running", history=["Accepted", "UnpublishFirmware: DownloadOngoing"])
        self.unpublish("NoFirmware")
        self.assertIsNone(job.unpublished_at)
        self.check(job, "running")


class Of2(JobCase):
    """Updates and logs of 2.x are known by their requestId."""

    version = "2.1"

    def test_a_newer_update_takes_the_place_of_an_older_one_only_where_the_station_says_so(self) -> None:
        first = self.update()
        self.answer({"status": "Accepted"})
        second = self.update()
        self.answer({"status": "Accepted"})
        self.check(first, "running")
        third = self.update(signed=True)
        self.answer({"status": "AcceptedCanceled"})
        for each in (first, second):
            self.check(each, "cancelled", reason=f"Displaced by job {third.pk}.")

    def test_a_log_that_made_way(self) -> None:
        first, second = self.log(), self.log()
        self.answer({"status": "Accepted"})
        self.report("LogStatusNotification", "Uploading", requestId=first.pk)
        # It may say so before it answers.
        self.report("LogStatusNotification", "AcceptedCanceled", requestId=first.pk)
        self.check(first, "cancelled", reason="The station uploads another log in its place.")
        self.answer({"status": "AcceptedCanceled"})
        self.check(second, "running")
        self.assertTrue(self.is_closed(first))

    def test_a_boot_with_the_new_version_ends_the_update(self) -> None:
        job = self.update()
        self.answer({"status": "Accepted"})
        self.report("FirmwareStatusNotification", "InstallRebooting", requestId=job.pk)
        boot = {
            "reason": "FirmwareUpdate",
            "chargingStation": {"vendorName": "V", "model": "M", "firmwareVersion": "2.0"},
        }
        self.do(call(self.station, "BootNotification", boot, version=self.version, at=self.wait()))
        self.check(job, "done", history=["Accepted", "InstallRebooting", "Booted with 2.0"])
