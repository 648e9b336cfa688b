"""One batch of updates: values, history, what is published, what a retransmission does."""

from __future__ import annotations

import json
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import connection
from django.test import TestCase

from devices.models import DeviceSample, DeviceState, SolMate
from smartserver.core.batch import Batch
from smartserver.core.events import DEVICE_ONLINE, DEVICE_UPDATED, TOPIC_DEVICES
from tests.devices.support import NOON, device, storing
from tests.units import run, run_published


class StoredUpdates(TestCase):
    def test_an_unknown_device_is_created(self) -> None:
        (receipt,), published = run_published(storing('0000:0001:{"battery": 350, "country": "AT"}'))
        self.assertTrue(receipt.stored)
        found = device()
        self.assertEqual((found.battery, found.country, found.state), (350.0, "AT", DeviceState.ONLINE))
        self.assertEqual(found.last_status_update, NOON)
        self.assertEqual(published.rows, {TOPIC_DEVICES: {found.pk}})
        message = '0000:0001:{"battery":350.0,"country":"AT"}'
        self.assertEqual(
            published.events,
            [(DEVICE_ONLINE, {"device": "0001"}), (DEVICE_UPDATED, {"key": found.pk, "message": message})],
        )

    def test_updates_of_one_batch_apply_in_order(self) -> None:
        run(
            storing('1:0001:{"battery": 1, "power_income": 10}'),
            storing('1:0002:{"battery": 5}'),
            storing('2:0001:{"battery": 2}'),
            storing('3:0001:{"battery": 3, "power_income": 10}'),
        )
        self.assertEqual((device().battery, device().power_income, device("0002").battery), (3.0, 10.0, 5.0))
        samples = DeviceSample.objects.filter(device=device()).order_by("pk")
        self.assertEqual([sample.battery for sample in samples], [1.0, 2.0, 3.0])
        self.assertEqual([sample.power_income for sample in samples], [10.0, 10.0, 10.0])
        self.assertEqual([json.loads(sample.changes) for sample in samples][2], {"battery": 3.0})

    def test_a_batch_costs_few_statements(self) -> None:
        run(*(storing(f'1:{i:04d}:{{"battery": 1}}') for i in range(50)))
        # Savepoint, read, update, history, release; on SQLite the two writes go past Django's cursor.
        with self.assertNumQueries(3 if connection.vendor == "sqlite" else 5):
            run(*(storing(f'{n}:{i:04d}:{{"battery": {n}}}') for i in range(50) for n in (2, 3)))

    def test_a_message_without_news_makes_no_history(self) -> None:
        run(storing('1:0001:{"battery": 1}'))
        later = NOON + timedelta(seconds=5)
        _, published = run_published(storing('2:0001:{"battery": 1}', at=later), storing("3:0001:{}", at=later))
        self.assertEqual(DeviceSample.objects.count(), 1)
        self.assertEqual(device().last_status_update, later)
        self.assertEqual(len(published.events), 1)

    def test_a_failing_neighbour_takes_nothing_with_it(self) -> None:
        def fails(batch: Batch) -> None:
            raise ValueError("a bad unit")

        with self.assertRaisesMessage(ValueError, "a bad unit"):
            run(fails)
        run(storing('1:0001:{"battery": 1}'))
        self.assertEqual(device().battery, 1.0)


class RetransmittedUpdates(TestCase):
    def test_the_same_message_twice_has_the_effect_of_one(self) -> None:
        message = '5:0001:{"battery": 100}'
        (first, second), published = run_published(storing(message), storing(message))
        self.assertTrue(first.stored)
        self.assertTrue(second.stored)
        self.assertEqual(DeviceSample.objects.count(), 1)
        self.assertEqual([kind for kind, _ in published.events], [DEVICE_ONLINE, DEVICE_UPDATED])

    def test_a_late_one_does_not_bring_old_values_back(self) -> None:
        run(storing('1:0001:{"battery": 100}'))
        run(storing('2:0001:{"battery": 100}'), storing('3:0001:{"battery": 200}'))
        (again,), published = run_published(storing('2:0001:{"battery": 100}', at=NOON + timedelta(seconds=30)))
        self.assertTrue(again.stored)
        self.assertEqual(device().battery, 200.0)
        self.assertFalse(published)

    def test_the_same_id_with_another_body_is_a_new_message(self) -> None:
        run(storing('5:0001:{"battery": 100}'), storing('5:0001:{"battery": 200}'))
        self.assertEqual(DeviceSample.objects.count(), 2)

    def test_message_ids_start_again(self) -> None:
        run(storing('5:0001:{"battery": 100}'), storing('6:0001:{"battery": 200}'))
        run(storing('5:0001:{"battery": 100}', at=NOON + timedelta(minutes=34)))
        self.assertEqual(device().battery, 100.0)
        self.assertEqual(DeviceSample.objects.count(), 3)


class ProtectedFields(TestCase):
    def test_a_device_cannot_change_its_owner_key_or_identity(self) -> None:
        owner = User.objects.create_user("ada")
        before = SolMate.objects.create(serial_number="0001", owner=owner, key_hash="hash")
        run(storing('1:0001:{"owner": null, "id": 99, "key_hash": "", "serial_number": "0002", "state": "never"}'))
        after = device()
        self.assertEqual((after.pk, after.owner, after.key_hash, after.state), (before.pk, owner, "hash", "online"))
        self.assertEqual(SolMate.objects.count(), 1)
