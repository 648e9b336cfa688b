from __future__ import annotations

from datetime import timedelta
from unittest import mock

from django.test import TransactionTestCase, override_settings

from devices import tasks
from devices.models import DeviceState, SolMate
from smartserver.core import clock
from tests.devices.support import Server, device
from tests.waiting import eventually


@mock.patch("devices.tasks.INTERVAL", 0.02)
class SweepTask(TransactionTestCase):
    def start(self) -> None:
        server = Server(tasks.sweep)
        server.start()
        self.addCleanup(server.stop)

    def test_connections_of_the_process_before_are_gone(self) -> None:
        yesterday = clock.now() - timedelta(days=1)
        SolMate.objects.create(serial_number="0001", state=DeviceState.ONLINE, connected_at=yesterday)
        self.start()
        eventually(lambda: device().state == DeviceState.OFFLINE)

    @override_settings(STALE_AFTER=1, REDIS_URL="redis://nobody.invalid")
    def test_silent_devices_become_stale(self) -> None:
        ago = clock.now() - timedelta(seconds=10)
        SolMate.objects.create(serial_number="0001", state=DeviceState.ONLINE, connected_at=ago, last_status_update=ago)
        with mock.patch("smartserver.core.runtime.get_channel_layer", return_value=None):
            self.start()
            eventually(lambda: device().state == DeviceState.STALE)
