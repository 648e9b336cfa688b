"""Logs that a station delivers with user and password (block N)."""

from __future__ import annotations

from urllib.parse import urlsplit

import requests

from stations.models import Command, FileJob, Message
from stations.services.files import open_upload, request_log
from tests.certification2.central.support import ACCEPTED, CentralCase2


class Only21(CentralCase2):
    version = "2.1"

    def test_tc_n_102_user_and_password(self) -> None:
        with self.booted() as client:
            job = self.order(request_log, log_type="DiagnosticsLog", retries=0, guarded=True)
            place = client.expect("GetLog")["log"]["remoteLocation"]
            client.reply(ACCEPTED | {"filename": "log.txt"})
            self.assert_answered(self.newest("GetLog"), "Accepted")
            client.call("LogStatusNotification", status="Uploading", requestId=job.pk)

            parts = urlsplit(place)
            assert parts.username is not None
            assert parts.password is not None
            bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
            for login in (None, (parts.username, "wrong"), ("somebody", parts.password)):
                refused = requests.put(bare, data=b"a line\n", auth=login, timeout=10)
                self.assertEqual(refused.status_code, 401)
                self.assertIn("Basic", refused.headers["WWW-Authenticate"])
            requests.put(place, data=b"a line\n", timeout=10).raise_for_status()

            client.call("LogStatusNotification", status="Uploaded", requestId=job.pk)
            job.refresh_from_db()
            self.assertEqual(job.state, FileJob.State.DONE)
            with open_upload(job).file as file:
                self.assertEqual(file.read(), b"a line\n")
            assert job.command_id is not None
            for kept in (
                Message.objects.get(action="GetLog").request,
                str(Command.objects.get(pk=job.command_id).payload),
            ):
                self.assertNotIn(parts.password, str(kept))
