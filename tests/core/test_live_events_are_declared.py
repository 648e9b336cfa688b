"""Live events: only kinds and fields that are declared are published; sinks have them in the same transaction."""

from __future__ import annotations

from typing import Any
from unittest import mock

from django.contrib.auth.models import Group
from django.db import OperationalError
from django.test import SimpleTestCase, TransactionTestCase, override_settings

from smartserver.core import change, events
from smartserver.core.batch import Batch, Sink, run_batch
from smartserver.core.errors import BadInput
from smartserver.core.events import BROWSER_EVENTS, KINDS, WEBHOOK_EVENTS, WEBHOOK_TEST, Published, check
from smartserver.core.live import Hub
from smartserver.core.peers import Peers
from tests.core.support import WatchedWriter, adding, failing, stored

SECURITY = {"station": "CP1", "type": "T", "info": "", "critical": True, "occurred_at": None}


class Declared(SimpleTestCase):
    def test_names_are_a_noun_and_what_happened_to_it(self) -> None:
        for kind in KINDS:
            self.assertRegex(kind, r"^[a-z_]+\.[a-z_]+$")

    def test_every_constant_is_in_the_table_and_the_other_way_round(self) -> None:
        constants = {value for value in vars(events).values() if isinstance(value, str) and value in KINDS}
        self.assertEqual(constants, set(KINDS))

    def test_browsers_and_integrators_do_not_get_the_same(self) -> None:
        self.assertEqual(BROWSER_EVENTS | WEBHOOK_EVENTS | {WEBHOOK_TEST}, set(KINDS))
        self.assertFalse(BROWSER_EVENTS & WEBHOOK_EVENTS)

    def test_what_fits_the_table_is_published(self) -> None:
        batch = Batch()
        batch.publish("security_event.received", SECURITY)
        batch.publish("security_event.received", SECURITY | {"occurred_at": "2026-01-01T00:00:00Z"})
        self.assertEqual(len(batch.published.events), 2)

    def test_what_does_not_is_refused(self) -> None:
        without: dict[str, Any] = {name: value for name, value in SECURITY.items() if name != "info"}
        for kind, data in (
            ("security_event.invented", SECURITY),
            ("security_event.received", without),
            ("security_event.received", SECURITY | {"more": 1}),
            ("security_event.received", SECURITY | {"station": None}),
        ):
            with self.subTest(kind, **data), self.assertRaises(ValueError):
                Batch().publish(kind, data)

    @override_settings(TESTING=False)
    def test_in_operation_a_wrong_type_is_logged_and_nobody_s_message_fails(self) -> None:
        with self.assertLogs("smartserver.core.events", "ERROR") as logs:
            check("security_event.received", SECURITY | {"info": 1})
        self.assertIn("info", logs.output[0])


class Sinks(TransactionTestCase):
    def setUp(self) -> None:
        self.seen: list[list[str]] = []

    def sink(self, batch: Batch) -> None:
        self.seen.append([data["device"] for _, data in batch.published.events])
        Group.objects.create(name=f"sink of {len(self.seen)}")

    async def test_what_they_store_is_committed_with_the_batch(self) -> None:
        writer = WatchedWriter(sinks=[self.sink])
        writer.start()
        self.addCleanup(writer.stop)
        await writer.together(adding("a"), adding("b"))
        self.assertEqual(self.seen[-1], ["a", "b"])

    def test_what_is_rolled_back_takes_theirs_along(self) -> None:
        outcomes = run_batch([failing(BadInput("no"))], mock.Mock(), sinks=[self.sink])
        self.assertIsInstance(outcomes[0][1], BadInput)
        self.assertEqual(stored(), [])

    def test_they_are_not_bothered_when_nothing_was_published(self) -> None:
        run_batch([lambda batch: None], mock.Mock(), sinks=[self.sink])
        self.assertEqual(self.seen, [])

    def test_their_faults_cost_no_message(self) -> None:
        broken: Sink = mock.Mock(side_effect=ValueError("broken"))
        with self.assertLogs("smartserver.core.batch", "ERROR"):
            outcomes = run_batch([adding("a")], mock.Mock(), sinks=[broken, self.sink])
        self.assertEqual(outcomes, [("a", None)])
        self.assertEqual(stored(), ["a", "sink of 1"])

    def test_faults_of_the_database_are_the_batch_s(self) -> None:
        away: Sink = mock.Mock(side_effect=OperationalError("away"))
        with self.assertRaises(OperationalError):
            run_batch([adding("a")], mock.Mock(), sinks=[away])
        self.assertEqual(stored(), [])

    def test_a_process_without_a_writer_has_them_too(self) -> None:
        with mock.patch.object(change, "_sinks", ()):
            change.pour_into(self.sink)
            change.store(adding("a"))
        self.assertEqual(self.seen, [["a"]])


class TheHub(SimpleTestCase):
    def test_it_does_not_gather_what_no_browser_gets(self) -> None:
        hub = Hub((), Peers(None))
        hub._loop = loop = mock.Mock()
        hub.publish(Published(events=[("device.online", {"device": "1"})]))
        loop.call_soon_threadsafe.assert_not_called()
        wanted = ("device.updated", {"key": 1, "message": ""})
        hub.publish(Published(events=[("device.online", {"device": "1"}), wanted]))
        _, news = loop.call_soon_threadsafe.call_args.args
        self.assertEqual(news.events, [wanted])
