"""A station fetches its firmware over HTTP: whole, or what it still lacks."""

from __future__ import annotations

import socket
from datetime import timedelta
from unittest import mock

import requests
from django.test import override_settings

from smartserver.core import clock
from smartserver.core.errors import Unavailable
from stations.models import FileJob
from stations.services import files
from stations.services.files import jobs
from tests.stations.files.support import FIRMWARE, FilesCase, answer_on, firmware, firmware_job
from tests.units import run
from tests.waiting import eventually

State = FileJob.State


class FetchTests(FilesCase):
    def lines_of(self, job: FileJob) -> list[str]:
        job.refresh_from_db()
        return [text for _, text in job.history]

    def test_the_whole_file(self) -> None:
        job = firmware_job(self.station)
        answer = requests.get(self.url(job), timeout=10)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.content, FIRMWARE)
        self.assertEqual(answer.headers["content-length"], str(len(FIRMWARE)))
        self.assertEqual(answer.headers["content-disposition"], "attachment; filename*=UTF-8''image.bin")
        self.assertEqual(answer.headers["cache-control"], "no-store")
        eventually(lambda: self.lines_of(job) == ["File requested", "File sent"])
        self.assertIsNotNone(job.address_used_at)

    def test_the_head_alone(self) -> None:
        job = firmware_job(self.station)
        answer = requests.head(self.url(job), timeout=10)
        self.assertEqual((answer.status_code, answer.content), (200, b""))
        self.assertEqual(answer.headers["content-length"], str(len(FIRMWARE)))
        self.assertEqual(answer.headers["accept-ranges"], "bytes")
        self.assertEqual(self.lines_of(job), [])

    def test_a_name_behind_the_address(self) -> None:
        job = firmware_job(self.station)
        self.assertEqual(requests.get(self.url(job, "/image.bin"), timeout=10).content, FIRMWARE)

    def test_an_interrupted_download_goes_on(self) -> None:
        job = firmware_job(self.station)
        with self.server.line() as line:
            line.sendall(f"GET {self.path(job)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            answer = answer_on(line)
            had = answer.read(10_000)
            tag = answer.headers["etag"]
        headers = {"Range": f"bytes={len(had)}-", "If-Range": tag}
        answer2 = requests.get(self.url(job), headers=headers, timeout=10)
        self.assertEqual(answer2.status_code, 206)
        last = len(FIRMWARE) - 1
        self.assertEqual(answer2.headers["content-range"], f"bytes {len(had)}-{last}/{len(FIRMWARE)}")
        self.assertEqual(had + answer2.content, FIRMWARE)
        eventually(lambda: self.lines_of(job) == ["File requested", "File sent"])

    def test_a_part_from_the_middle_is_not_the_end(self) -> None:
        job = firmware_job(self.station)
        answer = requests.get(self.url(job), headers={"Range": "bytes=100-199"}, timeout=10)
        self.assertEqual((answer.status_code, answer.content), (206, FIRMWARE[100:200]))
        eventually(lambda: self.server.busy == 0)
        self.assertEqual(self.lines_of(job), ["File requested"])

    def test_the_rest_of_another_file_is_not_given(self) -> None:
        job = firmware_job(self.station)
        headers = {"Range": "bytes=100-", "If-Range": '"of-another-file"'}
        answer = requests.get(self.url(job), headers=headers, timeout=10)
        self.assertEqual((answer.status_code, answer.content), (200, FIRMWARE))

    def test_a_part_that_does_not_exist(self) -> None:
        job = firmware_job(self.station)
        answer = requests.get(self.url(job), headers={"Range": f"bytes={len(FIRMWARE)}-"}, timeout=10)
        self.assertEqual((answer.status_code, answer.headers["content-range"]), (416, f"bytes */{len(FIRMWARE)}"))

    def test_it_may_be_fetched_again(self) -> None:
        job = firmware_job(self.station)
        for _ in range(2):
            self.assertEqual(requests.get(self.url(job), timeout=10).content, FIRMWARE)

    def test_not_after_the_address_has_expired(self) -> None:
        job = firmware_job(self.station)
        assert job.address_expires_at is not None
        with clock.frozen(job.address_expires_at + timedelta(seconds=1)):
            self.assertEqual(requests.get(self.url(job), timeout=10).status_code, 410)

    def test_not_after_the_job_has_ended(self) -> None:
        job = firmware_job(self.station)
        jobs.take_status(job, "Installed", clock.now())
        job.save()
        self.assertEqual(job.state, State.DONE)
        self.assertEqual(requests.get(self.url(job), timeout=10).status_code, 410)

    def test_again_after_a_failed_attempt(self) -> None:
        """Some stations report every attempt, and try again (retries)."""
        job = firmware_job(self.station)
        jobs.take_status(job, "DownloadFailed", clock.now())
        job.save()
        self.assertEqual(requests.get(self.url(job), timeout=10).content, FIRMWARE)
        job.refresh_from_db()
        self.assertEqual((job.state, job.reason), (State.RUNNING, ""))

        jobs.take_status(job, "InvalidSignature", clock.now())
        job.save()
        self.assertEqual(requests.get(self.url(job), timeout=10).content, FIRMWARE)
        eventually(lambda: self.lines_of(job)[-2:] == ["File requested", "File sent"])
        self.assertEqual((job.state, job.reason), (State.RUNNING, ""))

    def test_a_failure_that_is_stored_before_the_end_of_the_download_stands(self) -> None:
        """A station has checked the signature as soon as it has the last byte; the server's own note may be later."""
        job = firmware_job(self.station)
        run(lambda batch: files.note_fetch(batch, job_id=job.pk, complete=False))
        job.refresh_from_db()
        jobs.take_status(job, "InvalidSignature", clock.now())
        job.save()
        run(lambda batch: files.note_fetch(batch, job_id=job.pk, complete=True))
        self.assertEqual(self.lines_of(job), ["File requested", "InvalidSignature", "File sent"])
        self.assertEqual((job.state, job.reason), (State.FAILED, "The station reports InvalidSignature."))

    def test_nothing_can_be_put_there(self) -> None:
        job = firmware_job(self.station)
        answer = requests.put(self.url(job), b"evil", timeout=10)
        self.assertEqual((answer.status_code, answer.headers["allow"]), (405, "GET, HEAD"))

    def test_an_upload_is_no_firmware(self) -> None:
        job = firmware_job(self.station)
        address = self.url(job).replace("/firmware/", "/uploads/")
        self.assertEqual(requests.put(address, b"x", timeout=10).status_code, 404)

    def test_the_file_is_gone_from_the_disk(self) -> None:
        file = firmware()
        job = firmware_job(self.station, file)
        (self.folder / file.path).unlink()
        with self.assertLogs("stations.files.downloads", "ERROR"):
            self.assertEqual(requests.get(self.url(job), timeout=10).status_code, 404)

    def test_a_file_that_has_shrunk_is_no_whole_download(self) -> None:
        file = firmware()
        job = firmware_job(self.station, file)
        (self.folder / file.path).write_bytes(FIRMWARE[:-1])
        with self.assertRaises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            requests.get(self.url(job), timeout=10).content  # noqa: B018
        self.assertEqual(self.lines_of(job), ["File requested"])

    def test_a_database_out_of_reach_keeps_no_station_from_its_file(self) -> None:
        job = firmware_job(self.station)
        away = mock.patch("stations.files.downloads.files.note_fetch", side_effect=Unavailable("away"))
        with away, self.assertLogs("stations.files.downloads", "WARNING"):
            self.assertEqual(requests.get(self.url(job), timeout=10).content, FIRMWARE)
            eventually(lambda: self.server.busy == 0)

    def test_a_peer_that_reads_no_more(self) -> None:
        """It gets no more after a while, and its place is free for others."""
        file = firmware(bytes(30_000_000))
        job = firmware_job(self.station, file)
        with override_settings(TRANSFER_IDLE_SECONDS=0.2), socket.socket() as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.connect(("127.0.0.1", self.server.port))
            line.sendall(f"GET {self.path(job)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            eventually(lambda: self.lines_of(job) == ["File requested"])
            eventually(lambda: self.server.busy == 0)
            self.assertEqual(self.lines_of(job), ["File requested"])

    def test_a_peer_that_goes_away(self) -> None:
        job = firmware_job(self.station, firmware(bytes(30_000_000)))
        with socket.socket() as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.connect(("127.0.0.1", self.server.port))
            line.sendall(f"GET {self.path(job)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            eventually(lambda: self.server.busy == 1 and self.lines_of(job) == ["File requested"])
        eventually(lambda: self.server.busy == 0)
        self.assertEqual(self.lines_of(job), ["File requested"])

    def test_a_fetch_of_a_job_that_was_removed_changes_nothing(self) -> None:
        run(lambda batch: files.note_fetch(batch, job_id=4711, complete=True))
        self.assertEqual(FileJob.objects.count(), 0)
