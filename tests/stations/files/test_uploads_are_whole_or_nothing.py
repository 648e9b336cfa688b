"""A station delivers a file: all of it is kept, once, or nothing of it."""

from __future__ import annotations

import errno
import threading
from datetime import timedelta
from unittest import mock

import requests
from django.test import override_settings

from smartserver.core import clock
from smartserver.core.errors import Unavailable
from stations import storage
from stations.models import FileJob
from stations.services import files
from tests.stations.files.support import TOKEN, FilesCase, answer_on, digest, upload_job
from tests.waiting import eventually

CONTENT = b"line of a log\n" * 50_000


class WholeTests(FilesCase):
    def check_kept(self, job: FileJob, content: bytes, name: str = "") -> None:
        job.refresh_from_db()
        self.assertEqual((job.size, job.sha256, job.file_name), (len(content), digest(content), name))
        self.assertIsNotNone(job.received_at)
        self.assertEqual(self.stored_files(), [job.path])
        with files.open_upload(job).file as file:
            self.assertEqual(file.read(), content)

    def test_put_of_the_file_itself(self) -> None:
        job = upload_job(self.station)
        answer = requests.put(self.url(job), CONTENT, timeout=10)
        self.assertEqual((answer.status_code, answer.json()), (200, {"size": len(CONTENT), "sha256": digest(CONTENT)}))
        self.check_kept(job, CONTENT)

    def test_post_with_a_name_in_the_address(self) -> None:
        job = upload_job(self.station)
        self.assertEqual(requests.post(self.url(job, "/diag%202026.zip"), CONTENT, timeout=10).status_code, 200)
        self.check_kept(job, CONTENT, "diag 2026.zip")

    def test_the_address_is_taken_for_a_folder(self) -> None:
        """1.6 section 6.25 calls the location a directory: some put another slash between it and the name."""
        job = upload_job(self.station)
        self.assertEqual(requests.put(self.url(job, "//diag.zip"), CONTENT, timeout=10).status_code, 200)
        self.check_kept(job, CONTENT, "diag.zip")

    def test_post_of_a_form(self) -> None:
        job = upload_job(self.station)
        form = {"file": ("../../etc/diag.zip", CONTENT, "application/zip")}
        answer = requests.post(self.url(job), data={"station": "CP1"}, files=form, timeout=10)
        self.assertEqual(answer.status_code, 200)
        self.check_kept(job, CONTENT, "diag.zip")

    def test_chunked(self) -> None:
        job = upload_job(self.station)
        pieces = (CONTENT[start : start + 10_000] for start in range(0, len(CONTENT), 10_000))
        self.assertEqual(requests.put(self.url(job), pieces, timeout=10).status_code, 200)
        self.check_kept(job, CONTENT)

    def test_who_waits_for_continue_is_told_to(self) -> None:
        job = upload_job(self.station)
        with self.server.line() as line:
            head = f"PUT {self.path(job)} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
            line.sendall(head.encode())
            self.assertIn(b"100 Continue", line.recv(1000))
            line.sendall(b"hello")
            self.assertEqual(answer_on(line).status, 200)
        self.check_kept(job, b"hello")

    def test_a_name_is_shown_and_is_no_path(self) -> None:
        job = upload_job(self.station)
        requests.put(self.url(job, "/%2e%2e%5c%2e%2e%5cevil%00%0a.zip"), CONTENT, timeout=10)
        self.check_kept(job, CONTENT, "evil.zip")

    def test_it_is_committed_before_the_station_is_told(self) -> None:
        """The database refuses: the station must not hear that the file is stored, and may try again."""
        job = upload_job(self.station)
        with mock.patch("stations.files.uploads.files.receive_file", side_effect=Unavailable("away")):
            answer = requests.put(self.url(job), CONTENT, timeout=10)
        self.assertEqual((answer.status_code, answer.headers["retry-after"]), (503, "30"))
        self.assertEqual(requests.put(self.url(job), CONTENT, timeout=10).status_code, 200)
        job.refresh_from_db()
        self.assertEqual(job.size, len(CONTENT))

    def test_the_same_file_again_has_no_second_effect(self) -> None:
        """The answer got lost on its way; the station sends once more."""
        job = upload_job(self.station)
        for _ in range(2):
            self.assertEqual(requests.put(self.url(job), CONTENT, timeout=10).status_code, 200)
        self.check_kept(job, CONTENT)

    def test_another_file_at_a_used_address_is_refused(self) -> None:
        job = upload_job(self.station)
        requests.put(self.url(job), CONTENT, timeout=10)
        answer = requests.put(self.url(job), b"something else", timeout=10)
        self.assertEqual((answer.status_code, answer.json()["code"]), (409, "conflict"))
        self.check_kept(job, CONTENT)

    def test_of_two_at_once_one_wins(self) -> None:
        job = upload_job(self.station)
        head = f"PUT {self.path(job)} HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\n".encode()
        with self.server.line() as first, self.server.line() as second:
            first.sendall(head + b"fir")
            second.sendall(head + b"sec")
            eventually(lambda: self.server.busy == 2)
            first.sendall(b"st.")
            self.assertEqual(answer_on(first).status, 200)
            second.sendall(b"ond")
            self.assertEqual(answer_on(second).status, 409)
        self.check_kept(job, b"first.")

    def test_many_at_once(self) -> None:
        jobs = [upload_job(self.station, token=f"{TOKEN}-{number}") for number in range(20)]

        def send(number: int) -> None:
            requests.put(self.url(jobs[number], token=f"{TOKEN}-{number}"), CONTENT + b"%d" % number, timeout=30)

        threads = [threading.Thread(target=send, args=(number,)) for number in range(len(jobs))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for number, job in enumerate(jobs):
            job.refresh_from_db()
            self.assertEqual(job.sha256, digest(CONTENT + b"%d" % number))
        self.assertEqual(len(self.stored_files()), len(jobs))


class NothingTests(FilesCase):
    def check_nothing(self, job: FileJob) -> None:
        """Nothing is kept, and the address can still be used."""
        eventually(lambda: self.server.busy == 0)
        self.assertEqual(self.stored_files(), [])
        job.refresh_from_db()
        self.assertEqual((job.path, job.size, job.received_at), ("", None, None))
        self.assertEqual(requests.put(self.url(job), b"fine", timeout=10).status_code, 200)

    def begin(self, job: FileJob, line: object, *headers: str) -> bytes:
        head = "\r\n".join([f"PUT {self.path(job)} HTTP/1.1", "Host: x", *headers, "", ""])
        return head.encode()

    def test_the_connection_breaks(self) -> None:
        job = upload_job(self.station)
        with self.server.line() as line:
            line.sendall(self.begin(job, line, f"Content-Length: {len(CONTENT)}") + CONTENT[: len(CONTENT) // 2])
            eventually(lambda: self.server.busy == 1 and self.stored_files() != [])
        self.check_nothing(job)

    def test_the_connection_breaks_in_a_chunked_body(self) -> None:
        job = upload_job(self.station)
        with self.server.line() as line:
            line.sendall(self.begin(job, line, "Transfer-Encoding: chunked") + b"5\r\nhello\r\n")
            eventually(lambda: self.server.busy == 1)
        self.check_nothing(job)

    def test_a_file_that_is_announced_as_too_large_is_not_even_received(self) -> None:
        job = upload_job(self.station)
        with override_settings(UPLOAD_MAX_BYTES=1000), self.server.line() as line:
            line.sendall(self.begin(job, line, "Content-Length: 1001", "Expect: 100-continue"))
            self.assertEqual(answer_on(line).status, 413)
        self.check_nothing(job)

    def test_a_file_that_turns_out_too_large(self) -> None:
        job = upload_job(self.station)
        with override_settings(UPLOAD_MAX_BYTES=100_000):
            pieces = (CONTENT[start : start + 10_000] for start in range(0, len(CONTENT), 10_000))
            answer = requests.put(self.url(job), pieces, timeout=10)
            self.assertEqual((answer.status_code, answer.json()["limit"]), (413, 100_000))
        self.check_nothing(job)

    def test_a_file_of_exactly_the_limit_is_taken(self) -> None:
        job = upload_job(self.station)
        with override_settings(UPLOAD_MAX_BYTES=len(CONTENT)):
            self.assertEqual(requests.put(self.url(job), CONTENT, timeout=10).status_code, 200)

    def test_a_form_with_a_file_that_is_too_large(self) -> None:
        job = upload_job(self.station)
        with override_settings(UPLOAD_MAX_BYTES=1000):
            answer = requests.post(self.url(job), files={"file": ("log", CONTENT[:1001])}, timeout=10)
            self.assertEqual(answer.status_code, 413)
        self.check_nothing(job)

    def test_a_form_that_is_much_more_than_its_file(self) -> None:
        job = upload_job(self.station)
        with override_settings(UPLOAD_MAX_BYTES=1000):
            form = {"file": ("log", b"small"), "more": (None, "x" * 100_000)}
            pieces = requests.Request("POST", self.url(job), files=form).prepare()
            body = pieces.body
            assert isinstance(body, bytes)
            kind = {"Content-Type": pieces.headers["Content-Type"]}
            self.assertEqual(requests.post(self.url(job), iter([body]), headers=kind, timeout=10).status_code, 413)
        self.check_nothing(job)

    def test_a_peer_that_sends_no_more(self) -> None:
        """Slow loris: nothing comes any more, and the connection stays open."""
        job = upload_job(self.station)
        with override_settings(TRANSFER_IDLE_SECONDS=0.1), self.server.line() as line:
            line.sendall(self.begin(job, line, "Content-Length: 100") + b"some")
            answer = answer_on(line)
            self.assertEqual((answer.status, answer.headers["connection"]), (408, "close"))
        self.check_nothing(job)

    def test_a_peer_that_takes_too_long_altogether(self) -> None:
        job = upload_job(self.station)
        with override_settings(TRANSFER_SECONDS=0.1), self.server.line() as line:
            line.sendall(self.begin(job, line, "Content-Length: 100") + b"some")
            self.assertEqual(answer_on(line).status, 408)
        self.check_nothing(job)

    def test_an_empty_file(self) -> None:
        job = upload_job(self.station)
        self.assertEqual(requests.put(self.url(job), b"", timeout=10).status_code, 400)
        self.check_nothing(job)

    def test_a_part_of_a_file(self) -> None:
        job = upload_job(self.station)
        headers = {"Content-Range": "bytes 0-3/10"}
        self.assertEqual(requests.put(self.url(job), b"part", headers=headers, timeout=10).status_code, 400)
        self.check_nothing(job)

    def test_forms_that_are_not_whole(self) -> None:
        job = upload_job(self.station)
        start = b'--b\r\nContent-Disposition: form-data; name="f"; filename="log"\r\n\r\ncontent'
        for body in (start, start + b"\r\n--b", b"--b--\r\n", b"--b\r\nbroken: " + b"x" * 20_000, b"--b nonsense\r\n"):
            with self.subTest(body[-30:]):
                kind = {"Content-Type": "multipart/form-data; boundary=b"}
                self.assertEqual(requests.post(self.url(job), body, headers=kind, timeout=10).status_code, 400)
                self.assertEqual(self.stored_files(), [])
        kind = {"Content-Type": "multipart/form-data"}
        self.assertEqual(requests.post(self.url(job), start, headers=kind, timeout=10).status_code, 400)
        self.check_nothing(job)

    def test_the_disk_is_full(self) -> None:
        job = upload_job(self.station)
        full = OSError(errno.ENOSPC, "No space left on device")
        logged = self.assertLogs("stations.files.uploads", "ERROR")
        with mock.patch.object(storage.Draft, "write", side_effect=full), logged:
            answer = requests.put(self.url(job), CONTENT, timeout=10)
        self.assertEqual((answer.status_code, answer.json()["code"]), (507, "no_space"))
        self.check_nothing(job)

    def test_the_disk_is_broken(self) -> None:
        job = upload_job(self.station)
        with mock.patch.object(storage.Draft, "keep", side_effect=OSError(errno.EIO, "broken")):
            self.assertEqual(requests.put(self.url(job), CONTENT, timeout=10).status_code, 500)
        self.check_nothing(job)


class AddressTests(FilesCase):
    def test_an_unknown_address(self) -> None:
        job = upload_job(self.station)
        for token in ("another-token-of-the-same-length-1", "short", "%2e%2e", "x" * 65):
            with self.subTest(token):
                answer = requests.put(self.url(job, token=token), CONTENT, timeout=10)
                self.assertEqual((answer.status_code, answer.json()["code"]), (404, "not_found"))
        for path in ("/files/", "/files/uploads/", f"/files/other/{TOKEN}", f"/files/uploads/{TOKEN}/a/b"):
            with self.subTest(path):
                self.assertEqual(requests.put(self.server.http + path, b"x", timeout=10).status_code, 404)

    def test_an_expired_address(self) -> None:
        job = upload_job(self.station)
        assert job.address_expires_at is not None
        with clock.frozen(job.address_expires_at):
            self.assertEqual(requests.put(self.url(job), CONTENT, timeout=10).status_code, 410)
        with clock.frozen(job.address_expires_at - timedelta(seconds=1)):
            self.assertEqual(requests.put(self.url(job), CONTENT, timeout=10).status_code, 200)

    def test_it_expires_during_the_upload(self) -> None:
        job = upload_job(self.station)
        assert job.address_expires_at is not None
        with self.server.line() as line:
            line.sendall(f"PUT {self.path(job)} HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc".encode())
            eventually(lambda: self.server.busy == 1 and self.stored_files() != [])
            with clock.frozen(job.address_expires_at):
                line.sendall(b"def")
                self.assertEqual(answer_on(line).status, 410)
        self.assertEqual(self.stored_files(), [])

    def test_what_is_for_uploads_serves_nothing(self) -> None:
        job = upload_job(self.station)
        for method in ("GET", "HEAD", "DELETE", "OPTIONS"):
            answer = requests.request(method, self.url(job), timeout=10)
            self.assertEqual((answer.status_code, answer.headers["allow"]), (405, "POST, PUT"))

    def test_no_more_transfers_than_allowed(self) -> None:
        job = upload_job(self.station)
        with override_settings(MAX_TRANSFERS=1), self.server.line() as line:
            line.sendall(f"PUT {self.path(job)} HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc".encode())
            eventually(lambda: self.server.busy == 1)
            answer = requests.put(self.url(job), CONTENT, timeout=10)
            self.assertEqual((answer.status_code, answer.headers["retry-after"]), (503, "30"))
            line.sendall(b"def")
            self.assertEqual(answer_on(line).status, 200)

    def test_one_address_does_not_take_all_the_room(self) -> None:
        job = upload_job(self.station)
        head = f"PUT {self.path(job)} HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc".encode()
        with self.server.line() as one, self.server.line() as two, self.server.line() as three:
            for number, line in enumerate((one, two, three), 1):
                line.sendall(head)
                eventually(lambda number=number: self.server.busy == number)  # type: ignore[misc]
            self.assertEqual(requests.put(self.url(job), CONTENT, timeout=10).status_code, 503)
            other = upload_job(self.station, token=TOKEN + "-other")
            self.assertEqual(
                requests.put(self.url(other, token=TOKEN + "-other"), CONTENT, timeout=10).status_code, 200
            )

    def test_other_paths_are_left_to_django(self) -> None:
        for path in ("/", "/filesystem", "/api/files/"):
            self.assertEqual(requests.get(self.server.http + path, timeout=10).text, "django")
