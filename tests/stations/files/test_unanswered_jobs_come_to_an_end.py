"""Jobs whose command is refused, lost or never answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from smartserver.core.errors import Conflict
from stations import settlement
from stations.models import FileJob
from stations.ocpp.errors import CallError
from stations.services import files
from stations.settlement import Outgoing
from tests.stations.files.jobs import OLGA, JobCase, State
from tests.stations.support import NOON


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
