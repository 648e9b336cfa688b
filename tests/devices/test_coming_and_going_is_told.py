"""Live events: a device that comes is told of once, and so is one that goes, however it goes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from django.test import TestCase

from devices.services import connect_device, disconnect_device, mark_all_offline, sweep_devices
from smartserver.core.batch import Unit
from tests.devices.support import NOON, storing
from tests.units import run_published

connect: Callable[[], Unit[Any]] = lambda: partial(connect_device, serial="0001", now=NOON)  # noqa: E731


def told(*units: Unit[Any]) -> list[str]:
    """Kinds of the events of these units that are not values of a device."""
    _, published = run_published(*units)
    assert all(data == {"device": "0001"} for kind, data in published.events if kind != "device.updated")
    return [kind for kind, _ in published.events if kind != "device.updated"]


class ComingAndGoing(TestCase):
    def test_connecting_and_disconnecting(self) -> None:
        self.assertEqual(told(connect()), ["device.online"])
        self.assertEqual(told(storing('1:0001:{"battery": 1}')), [])
        self.assertEqual(told(partial(disconnect_device, serial="0001", generation=1)), ["device.offline"])
        self.assertEqual(told(connect()), ["device.online"])

    def test_a_newer_connection_is_no_coming_and_the_older_one_s_end_no_going(self) -> None:
        self.assertEqual(told(connect(), connect()), ["device.online"])
        self.assertEqual(told(partial(disconnect_device, serial="0001", generation=1)), [])

    def test_silence_that_ends_is_no_coming(self) -> None:
        told(connect())
        self.assertEqual(told(partial(sweep_devices, now=NOON + timedelta(seconds=200))), [])
        self.assertEqual(told(storing('1:0001:{"battery": 1}')), [])

    def test_silence_that_does_not_is_a_going(self) -> None:
        told(connect())
        self.assertEqual(told(partial(sweep_devices, now=NOON + timedelta(days=1))), ["device.offline"])
        self.assertEqual(told(partial(sweep_devices, now=NOON + timedelta(days=1))), [])

    def test_a_restart_of_the_server_is_a_going(self) -> None:
        told(connect())
        self.assertEqual(told(partial(mark_all_offline, before=NOON + timedelta(seconds=1))), ["device.offline"])
