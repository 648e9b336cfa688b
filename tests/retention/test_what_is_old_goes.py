"""What is deleted when its time is over, and what never is."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from unittest.mock import patch

from django.test import TestCase, override_settings

from bridge.cms.models import Alert
from devices.models import DeviceHour, DeviceSample
from smartserver.core.events import TOPIC_ALERTS, TOPIC_COMMANDS
from smartserver.retention import pruning
from smartserver.retention.kinds import kind_named, kinds
from smartserver.retention.models import Pruning, Rule
from smartserver.retention.rules import set_days
from smartserver.webhooks.models import Delivery
from stations.models import Command, FileJob, Message, MeterHour, MeterValue, Station, Transaction
from tests.retention.support import OLD, command, delivery, file_job, message, meter_value, one_of_each, prune
from tests.stations.factories import StationFactory, TransactionFactory
from tests.stations.support import NOON
from tests.units import run, run_published

DAY = timedelta(days=1)

SUMS = {"meter_hours", "device_hours"}
"""Kept for ever unless somebody decides otherwise."""

LEFT = {**dict.fromkeys(SUMS, 2), "files": 2, "event_streams": 3}
"""Rows of an old and a new one of each that stay, where that is not one. A stream that is open stays, however old."""


class EveryKind(TestCase):
    def test_what_is_old_goes_and_what_is_new_stays(self) -> None:
        one_of_each(OLD)
        one_of_each(NOON - timedelta(hours=1))
        self.assertEqual(prune(), {kind.name: 1 for kind in kinds() if kind.name not in SUMS})
        for kind in kinds():
            with self.subTest(kind.name):
                self.assertEqual(kind.model._default_manager.count(), LEFT.get(kind.name, 1))
        self.assertEqual(prune(), {}, "The second run finds nothing.")

    def test_nothing_goes_that_is_kept_for_ever(self) -> None:
        one_of_each(OLD)
        for kind in sorted(kinds(), key=lambda each: not each.outlives):
            run(partial(set_days, name=kind.name, days=0))
        self.assertEqual(prune(), {})

    def test_the_hour_counts_not_only_the_day(self) -> None:
        station = StationFactory.create()
        kept = message(station, NOON - timedelta(days=90))
        message(station, NOON - timedelta(days=90, seconds=1))
        self.assertEqual(prune(), {"messages": 1})
        self.assertEqual(Message.objects.get(), kept)

    def test_what_was_deleted_is_counted(self) -> None:
        station = StationFactory.create()
        for _ in range(3):
            message(station, OLD)
        prune()
        message(station, OLD)
        prune(NOON + DAY)
        rule = Rule.objects.get(name="messages")
        self.assertEqual((rule.deleted, rule.last_deleted, rule.pruned_at), (4, 1, NOON + DAY))
        self.assertEqual(Pruning.objects.get().deleted, 1)

    def test_a_dry_count_is_what_a_run_deletes(self) -> None:
        one_of_each(OLD)
        counted = {kind.name: pruning.count_old(kind, time) for kind, time in pruning.due(NOON)}
        self.assertEqual({name: count for name, count in counted.items() if count}, prune())


class WhatStands(TestCase):
    def setUp(self) -> None:
        self.station = StationFactory.create()

    def test_sessions_are_never_deleted(self) -> None:
        session = TransactionFactory.create(station=self.station, started_at=OLD, ended_at=OLD, active=False)
        value = meter_value(self.station, OLD)
        MeterValue.objects.filter(pk=value.pk).update(transaction=session)
        self.assertEqual(prune(), {"meter_values": 1})
        self.assertEqual(Transaction.objects.get().energy_wh, session.energy_wh)
        self.assertNotIn(Transaction, [kind.model for kind in kinds()])
        self.assertNotIn(Station, [kind.model for kind in kinds()])

    def test_a_command_that_has_not_ended_stays(self) -> None:
        for state in Command.State.values:
            command(self.station, OLD, state)
        prune()
        self.assertEqual(set(Command.objects.values_list("state", flat=True)), {"queued", "sent"})

    def test_a_command_of_a_running_job_stays(self) -> None:
        for state in FileJob.State.values:
            file_job(self.station, NOON, state, command=command(self.station, OLD, origin=state))
        prune()
        self.assertEqual(set(Command.objects.values_list("origin", flat=True)), {"requested", "running"})
        self.assertEqual(FileJob.objects.filter(command=None).count(), 3)

    def test_an_alert_that_stands_stays_and_so_does_one_that_was_cleared_lately(self) -> None:
        for code, cleared_at in ((1, None), (2, NOON - DAY), (3, OLD + DAY)):
            Alert.objects.create(station=self.station, code=code, meaning="x", raised_at=OLD, cleared_at=cleared_at)
        self.assertEqual(prune(), {"alerts": 1})
        self.assertEqual(set(Alert.objects.values_list("code", flat=True)), {1, 2})

    def test_the_file_of_a_running_job_stays_and_the_job_of_an_old_file_too(self) -> None:
        for state in FileJob.State.values:
            file_job(self.station, OLD, state, path=f"uploads/{state}")
        self.assertEqual(prune(), {"files": 3})
        self.assertEqual(
            set(FileJob.objects.values_list("state", "path")),
            {("requested", "uploads/requested"), ("running", "uploads/running")}
            | {(state, "") for state in ("done", "failed", "cancelled")},
        )

    def test_a_delivery_that_waits_stays(self) -> None:
        for state in Delivery.State.values:
            delivery(OLD, state)
        prune()
        self.assertEqual(Delivery.objects.get().state, Delivery.State.PENDING)

    def test_open_tables_hear_of_it(self) -> None:
        gone = command(self.station, OLD)
        alert = Alert.objects.create(station=self.station, code=1, meaning="x", raised_at=OLD, cleared_at=OLD)
        for name, topic, key in (("commands", TOPIC_COMMANDS, gone.pk), ("alerts", TOPIC_ALERTS, alert.pk)):
            _, published = run_published(partial(kind_named(name).take, keys=[key]))
            self.assertEqual(published.rows, {topic: {key}})


class Hours(TestCase):
    """Means of hours outlive the measurements, so none may go before it is in them."""

    def setUp(self) -> None:
        self.station = StationFactory.create()

    def test_a_measurement_that_is_not_summed_up_stays(self) -> None:
        meter_value(self.station, OLD, summed_up=False)
        self.assertEqual(prune(), {})

    def test_nor_does_one_behind_the_last_hour_go(self) -> None:
        hour = OLD.replace(minute=0)
        meter_value(self.station, hour + timedelta(minutes=59))
        late = meter_value(self.station, hour + timedelta(minutes=60), summed_up=False)
        self.assertEqual(prune(), {"meter_values": 1})
        self.assertEqual(MeterValue.objects.get(), late)

    def test_hours_of_another_station_do_not_count(self) -> None:
        meter_value(self.station, OLD, summed_up=False)
        meter_value(StationFactory.create(), OLD)
        self.assertEqual(prune(), {"meter_values": 1})
        self.assertEqual(MeterValue.objects.get().station, self.station)

    @override_settings(METER_HOUR_KEEP_DAYS=900, DEVICE_HOUR_KEEP_DAYS=900)
    def test_hours_go_when_somebody_wants_that(self) -> None:
        one_of_each(OLD)
        self.assertLessEqual({"meter_hours": 1, "device_hours": 1}.items(), prune().items())
        self.assertFalse(MeterHour.objects.exists() or DeviceHour.objects.exists() or DeviceSample.objects.exists())


class Steps(TestCase):
    def setUp(self) -> None:
        self.station = StationFactory.create()

    def test_each_is_small(self) -> None:
        for _ in range(7):
            message(self.station, OLD)
        time = NOON - DAY
        with patch.object(pruning, "CHUNK", 3):
            found = list(pruning.spans(kind_named("messages"), time))
            self.assertEqual([pruning.old_in(span).count() for span in found], [3, 3, 1])
            self.assertEqual(prune(), {"messages": 7})

    def test_what_stays_is_passed_over(self) -> None:
        standing = [command(self.station, OLD, Command.State.QUEUED) for _ in range(5)]
        for _ in range(2):
            command(self.station, OLD)
        with patch.object(pruning, "CHUNK", 2):
            self.assertEqual(prune(), {"commands": 2})
        self.assertEqual(Command.objects.count(), len(standing))

    def test_the_walk_ends_where_nothing_is_old(self) -> None:
        message(self.station, OLD)
        for _ in range(9):
            message(self.station, NOON)
        with patch.object(pruning, "CHUNK", 2):
            found = list(pruning.spans(kind_named("messages"), NOON - DAY))
        self.assertEqual(len(found), 1)
