"""The task of a running server, and `manage.py prune` beside it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from io import StringIO
from typing import Any
from unittest.mock import patch

from django.core.management import CommandError, call_command
from django.test import TransactionTestCase

from smartserver.core import clock
from smartserver.core.runtime import Runtime
from smartserver.retention import pruning
from smartserver.retention.models import Pruning, Rule
from smartserver.retention.rules import set_days, set_paused
from smartserver.retention.tasks import Pruner
from stations.models import Message
from tests.retention.support import OLD, message
from tests.serving import RuntimeThread
from tests.stations.factories import StationFactory
from tests.units import run
from tests.waiting import eventually

NOW = clock.now()


async def nothing(scope: Any, receive: Any, send: Any) -> None:
    """No connection is made to these servers."""


class BesideTheSockets(TransactionTestCase):
    def setUp(self) -> None:
        self.station = StationFactory.create()
        for _ in range(10):
            message(self.station, OLD)
        self.kept = message(self.station, NOW)

    def serve(self, pruner: Pruner) -> RuntimeThread:
        server = RuntimeThread(nothing, Runtime(topics=(), tasks=(pruner,)))
        server.start()
        self.addCleanup(server.stop)
        return server

    def test_old_rows_go_while_it_runs(self) -> None:
        with patch.object(pruning, "CHUNK", 3), self.assertLogs("smartserver.retention.tasks", "INFO"):
            self.serve(Pruner(interval=0.01, pause=0.0))
            eventually(lambda: Pruning.objects.filter(ended_at__isnull=False).exists())
        self.assertEqual(Message.objects.get(), self.kept)
        self.assertEqual(Rule.objects.get(name="messages").deleted, 10)

    def test_two_processes_delete_each_row_once(self) -> None:
        with patch.object(pruning, "CHUNK", 1):
            for _ in range(2):
                self.serve(Pruner(interval=0.01, pause=0.0))
            eventually(lambda: Message.objects.count() == 1)
            eventually(lambda: Pruning.objects.get().holder == "")
        self.assertEqual(Rule.objects.get(name="messages").deleted, 10)

    def test_people_stop_it_in_the_middle(self) -> None:
        with patch.object(pruning, "CHUNK", 1):
            server = self.serve(Pruner(interval=0.01, pause=0.2))
            eventually(lambda: Message.objects.count() < 11)
            server.store(partial(set_paused, paused=True))
            left = Message.objects.count()
            self.assertGreater(left, 1)
            with self.assertLogs("smartserver.retention.tasks", "INFO") as logs:
                eventually(lambda: bool(logs.output))
        self.assertIn("stopped", logs.output[0])
        self.assertEqual(Message.objects.count(), left)

    def test_a_shutdown_lets_go_so_that_the_next_start_goes_on(self) -> None:
        with patch.object(pruning, "CHUNK", 1):
            server = self.serve(Pruner(interval=0.01, pause=0.2))
            eventually(lambda: Message.objects.count() < 11)
            server.stop()
        self.assertEqual(Pruning.objects.get().holder, "")
        self.serve(Pruner(interval=0.01, pause=0.0))
        eventually(lambda: Message.objects.count() == 1)

    def test_a_step_that_fails_does_not_end_the_task(self) -> None:
        broken = patch.object(pruning, "delete", side_effect=[ValueError("broken")] * 2 + [pruning.delete] * 9)
        with broken as delete, self.assertLogs("smartserver.core.runtime", "ERROR"):
            self.serve(Pruner(interval=0.01, pause=0.0))
            eventually(lambda: delete.call_count >= 2)
        eventually(lambda: Message.objects.count() == 1)


class ByHand(TransactionTestCase):
    def setUp(self) -> None:
        self.station = StationFactory.create()
        for _ in range(3):
            message(self.station, OLD)

    def call(self, *arguments: str) -> str:
        out = StringIO()
        call_command("prune", *arguments, "--pause", "0", stdout=out)
        return out.getvalue()

    def test_it_deletes_and_says_how_much(self) -> None:
        self.assertIn("messages: 3 rows deleted\n", self.call())
        self.assertFalse(Message.objects.exists())
        self.assertEqual(Pruning.objects.get().holder, "")

    def test_a_dry_run_only_counts(self) -> None:
        self.assertEqual(self.call("messages", "--dry-run"), "messages: 3 rows would be deleted\n")
        self.assertEqual(Message.objects.count(), 3)
        self.assertFalse(Pruning.objects.exists())

    def test_it_does_one_kind_alone(self) -> None:
        self.assertIn("audit_log: 0 rows deleted", self.call("audit_log"))
        self.assertEqual(Message.objects.count(), 3)

    def test_it_keeps_to_what_was_decided(self) -> None:
        run(partial(set_days, name="messages", days=0))
        self.assertNotIn("messages", self.call())
        self.assertEqual(Message.objects.count(), 3)

    def test_what_there_is_not_is_refused(self) -> None:
        with self.assertRaisesRegex(CommandError, "transactions"):
            self.call("transactions")

    def test_it_does_not_begin_beside_another_run(self) -> None:
        run(pruning.claim)
        with self.assertRaisesRegex(CommandError, "Another process"):
            self.call()

    def test_it_ends_when_somebody_pauses(self) -> None:
        find = pruning.next_span

        def paused(*arguments: Any) -> Any:
            run(partial(set_paused, paused=True))
            return find(*arguments)

        with (
            patch.object(pruning, "next_span", paused),
            self.assertRaisesRegex(CommandError, "Stopped at messages after 0 rows"),
        ):
            self.call("messages")
        self.assertEqual(Message.objects.count(), 3)

    def test_what_fails_lets_go(self) -> None:
        with patch.object(pruning, "next_span", side_effect=ValueError("broken")), self.assertRaises(ValueError):
            self.call()
        with clock.frozen(clock.now() + timedelta(seconds=1)):
            self.assertIn("messages: 3 rows deleted", self.call())
