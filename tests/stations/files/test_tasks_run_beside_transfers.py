"""What runs beside the transfers: jobs are judged, and stations reminded of their certificates."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from unittest import mock

import requests
from django.db import OperationalError
from django.test import TransactionTestCase, override_settings

from smartserver.core import clock
from stations.files import tasks
from stations.models import Certificate, Command, FileJob, Station
from stations.models import State as StationState
from tests.stations.files.support import FilesCase, FilesServer, upload_job
from tests.waiting import eventually


class TaskTests(TransactionTestCase):
    def setUp(self) -> None:
        for name in ("JUDGING_INTERVAL", "RENEWAL_INTERVAL"):
            self.enterContext(mock.patch.object(tasks, name, 0.01))
        server = FilesServer(tasks.judge_jobs, tasks.renew_certificates)
        server.start()
        self.addCleanup(server.stop)
        self.station = Station.objects.create(identity="CP1", state=StationState.ONLINE, ocpp_version="1.6")

    def test_a_job_without_news_fails(self) -> None:
        job = upload_job(self.station, due_at=clock.now())
        eventually(lambda: FileJob.objects.get(pk=job.pk).state == FileJob.State.FAILED)

    def test_a_certificate_is_renewed_in_time(self) -> None:
        now = clock.now()
        Certificate.objects.create(
            station=self.station,
            use=Certificate.Use.STATION,
            state=Certificate.State.INSTALLED,
            valid_to=now + timedelta(days=1),
            created_at=now,
            changed_at=now,
        )
        eventually(lambda: Command.objects.filter(action="ExtendedTriggerMessage").exists())


class SwitchedOffTests(FilesCase):
    @override_settings(CERTIFICATE_RENEW_DAYS=0)
    def test_renewal_can_be_switched_off(self) -> None:
        asyncio.run(tasks.renew_certificates(self.server.runtime))

    def test_addresses_cannot_be_looked_up(self) -> None:
        job = upload_job(self.station)
        with mock.patch("stations.files.application.job_at", side_effect=OperationalError("away")):
            answer = requests.put(self.url(job), b"x", timeout=10)
        self.assertEqual((answer.status_code, answer.headers["retry-after"]), (503, "30"))
        self.assertEqual(requests.put(self.url(job), b"x", timeout=10).status_code, 200)
