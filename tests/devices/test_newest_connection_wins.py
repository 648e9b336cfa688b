from __future__ import annotations

import unittest
from functools import partial
from typing import Any, cast

from django.test import TestCase

from devices.connections import PEER_KIND, Connections, Link
from devices.models import DeviceState, SolMate
from devices.services import connect_device, disconnect_device, generate_key
from smartserver.core.credentials import key_matches
from smartserver.core.peers import Handler
from smartserver.core.runtime import Runtime
from tests.devices.support import NOON, device, storing
from tests.units import run, run_published

connect = partial(connect_device, serial="0001", now=NOON)


def disconnect(generation: int) -> Any:
    return partial(disconnect_device, serial="0001", generation=generation)


class GenerationsInTheDatabase(TestCase):
    def test_a_device_that_connects_is_online(self) -> None:
        (receipt,), published = run_published(connect)
        self.assertEqual((receipt.stored, receipt.generation), (True, 1))
        self.assertEqual((device().state, device().connected_at), (DeviceState.ONLINE, NOON))
        self.assertIn(device().pk, published.rows["devices"])

    def test_a_device_that_disconnects_is_offline(self) -> None:
        run(connect)
        (receipt,) = run(disconnect(1))
        self.assertTrue(receipt.stored)
        self.assertEqual(device().state, DeviceState.OFFLINE)

    def test_the_late_end_of_an_old_connection_changes_nothing(self) -> None:
        run(connect)
        run(connect)
        (receipt,), published = run_published(disconnect(1))
        self.assertFalse(receipt.stored)
        self.assertFalse(published)
        self.assertEqual(device().state, DeviceState.ONLINE)

    def test_an_old_connection_is_not_heard(self) -> None:
        run(connect, storing('1:0001:{"battery": 1}', generation=1))
        run(connect)
        (receipt,) = run(storing('2:0001:{"battery": 2}', generation=1))
        self.assertFalse(receipt.stored)
        self.assertEqual(device().battery, 1.0)

    def test_order_within_one_batch_is_kept(self) -> None:
        run(connect, storing('1:0001:{"battery": 1}', generation=1), disconnect(1))
        self.assertEqual((device().state, device().battery), (DeviceState.OFFLINE, 1.0))

    def test_a_removed_device_is_not_created_again_by_its_connection(self) -> None:
        run(connect)
        SolMate.objects.all().delete()
        (stored, ended), _ = run_published(storing('1:0001:{"battery": 1}', generation=1), disconnect(1))
        self.assertFalse(stored.stored or ended.stored)
        self.assertFalse(SolMate.objects.exists())

    def test_a_device_with_a_key_needs_it_even_where_everybody_may_enter(self) -> None:
        generate_key(device=SolMate.objects.create(serial_number="0001"))
        (stranger,) = run(connect)
        self.assertFalse(stranger.stored)
        (itself,) = run(partial(connect, authenticated=True))
        self.assertTrue(itself.stored)

    def test_a_new_key_ends_the_present_connection(self) -> None:
        run(connect)
        key = generate_key(device=device())
        self.assertTrue(key_matches([key], device().key_hash))
        self.assertNotIn(key, device().key_hash)
        self.assertEqual(device().state, DeviceState.OFFLINE)
        (receipt,) = run(storing('1:0001:{"battery": 1}', generation=1))
        self.assertFalse(receipt.stored)


class FakePeers:
    def __init__(self) -> None:
        self.handlers: dict[str, Handler] = {}
        self.sent: list[tuple[str, dict[str, Any]]] = []

    def on(self, kind: str, handler: Handler) -> None:
        self.handlers[kind] = handler

    def send(self, kind: str, data: dict[str, Any]) -> None:
        self.sent.append((kind, data))


class FakeRuntime:
    def __init__(self) -> None:
        self.peers = FakePeers()


class LinksOfOneProcess(unittest.TestCase):
    def setUp(self) -> None:
        self.runtime = FakeRuntime()
        self.connections = Connections()
        self.connections.attach(cast(Runtime, self.runtime))
        self.replaced: list[Link] = []

    def link(self, generation: int) -> Link:
        return Link("0001", generation, self.replaced.append)

    def hear(self, generation: int, serial: str = "0001") -> None:
        self.runtime.peers.handlers[PEER_KIND]({"serial": serial, "generation": generation})

    def test_a_newer_link_replaces_the_older(self) -> None:
        old, new = self.link(1), self.link(2)
        self.connections.add(old)
        self.connections.add(new)
        self.assertEqual(self.replaced, [old])
        self.assertEqual((old.current, new.current), (False, True))
        self.connections.remove(old)
        self.assertEqual(len(self.connections), 1)

    def test_an_older_link_that_comes_late_is_replaced_at_once(self) -> None:
        new, old = self.link(2), self.link(1)
        self.connections.add(new)
        self.connections.add(old)
        self.assertEqual(self.replaced, [old])
        self.assertTrue(new.current)

    def test_other_processes_are_told_and_heard(self) -> None:
        link = self.link(3)
        self.connections.add(link)
        self.assertEqual(self.runtime.peers.sent, [(PEER_KIND, {"serial": "0001", "generation": 3})])
        self.hear(2)
        self.hear(9, serial="0002")
        self.assertTrue(link.current)
        self.hear(4)
        self.hear(5)
        self.connections.remove(link)
        self.assertEqual(self.replaced, [link])
        self.assertEqual(len(self.connections), 0)

    def test_a_link_is_replaced_once(self) -> None:
        link = self.link(1)
        self.connections.add(link)
        link.current = False  # the database has said so already
        self.hear(2)
        self.assertEqual(self.replaced, [])

    def test_a_runtime_that_starts_again_is_listened_to_again(self) -> None:
        before = self.runtime.peers
        self.connections.attach(cast(Runtime, self.runtime))
        self.assertEqual(len(before.handlers), 1)
        self.runtime.peers = FakePeers()
        self.connections.attach(cast(Runtime, self.runtime))
        self.assertIn(PEER_KIND, self.runtime.peers.handlers)

    def test_without_a_runtime_there_is_nobody_to_tell(self) -> None:
        alone = Connections()
        alone.add(self.link(1))
        self.assertEqual(len(alone), 1)
