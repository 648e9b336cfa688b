from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from django.test import TestCase, override_settings

from devices.models import DeviceState, SolMate
from devices.services import connect_device, mark_all_offline, silence_limit, sweep_devices
from tests.devices.support import NOON, device, storing
from tests.units import run, run_published


def sweep(after: float) -> int:
    (changed,) = run(partial(sweep_devices, now=NOON + timedelta(seconds=after)))
    assert isinstance(changed, int)
    return changed


@override_settings(STALE_AFTER=120)
class SilentDevices(TestCase):
    def test_a_silent_device_becomes_stale_and_its_next_message_brings_it_back(self) -> None:
        run(partial(connect_device, serial="0001", now=NOON), storing('1:0001:{"battery": 1}'))
        self.assertEqual(sweep(119), 0)
        self.assertEqual(device().state, DeviceState.ONLINE)
        self.assertEqual(sweep(121), 1)
        self.assertEqual(device().state, DeviceState.STALE)
        self.assertEqual(sweep(122), 0)
        run(storing("2:0001:{}", at=NOON + timedelta(seconds=130)))
        self.assertEqual(device().state, DeviceState.ONLINE)

    def test_a_device_that_has_just_connected_gets_time(self) -> None:
        run(partial(connect_device, serial="0001", now=NOON))
        self.assertEqual(sweep(60), 0)
        self.assertEqual(sweep(121), 1)

    def test_what_is_heard_in_the_same_batch_counts(self) -> None:
        run(storing("1:0001:{}"))
        late = NOON + timedelta(seconds=500)
        run(storing("2:0001:{}", at=late), partial(sweep_devices, now=late))
        self.assertEqual(device().state, DeviceState.ONLINE)

    def test_a_device_whose_server_process_died_goes_offline_in_the_end(self) -> None:
        run(storing("1:0001:{}"))
        sweep(121)
        self.assertEqual(sweep(2 * silence_limit() + 1), 1)
        self.assertEqual(device().state, DeviceState.OFFLINE)

    def test_devices_that_were_never_here_stay_as_they_are(self) -> None:
        SolMate.objects.create(serial_number="0001")
        self.assertEqual(sweep(1e6), 0)
        self.assertEqual(device().state, DeviceState.NEVER)

    def test_the_limit_of_silence(self) -> None:
        self.assertEqual(silence_limit(), 1200)
        with override_settings(STALE_AFTER=5):
            self.assertEqual(silence_limit(), 300)


class StartOfTheProcess(TestCase):
    def test_connections_from_before_are_gone(self) -> None:
        def connected(serial: str, at: datetime | None, state: DeviceState) -> None:
            SolMate.objects.create(serial_number=serial, connected_at=at, state=state)

        connected("0001", NOON - timedelta(days=1), DeviceState.ONLINE)
        connected("0002", None, DeviceState.STALE)
        connected("0003", NOON + timedelta(seconds=1), DeviceState.ONLINE)
        connected("0004", None, DeviceState.NEVER)
        (changed,), published = run_published(partial(mark_all_offline, before=NOON))
        self.assertEqual(changed, 2)
        states = list(SolMate.objects.order_by("serial_number").values_list("state", flat=True))
        self.assertEqual(states, ["offline", "offline", "online", "never"])
        self.assertEqual(published.rows, {"devices": {device("0001").pk, device("0002").pk}})
