"""What can be done with devices. Everything that takes a `Batch` is called from a unit of the writer."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Q, QuerySet

from devices import storage
from devices.models import DeviceState, SolMate
from devices.protocol import Update
from devices.storage import Connected, Disconnected, News, Receipt, Refused, Reported
from smartserver.core.batch import Batch
from smartserver.core.credentials import hash_key, new_key
from smartserver.core.events import DEVICE_OFFLINE, TOPIC_DEVICES

CONNECTED = (DeviceState.ONLINE, DeviceState.STALE)
KEYS_IN_ONE_STATEMENT = 5000


def silence_limit() -> int:
    """Seconds after which the connection of a silent device is closed."""
    return max(10 * settings.STALE_AFTER, 300)


def store_update(
    batch: Batch, *, update: Update, received_at: datetime, generation: int | None = None, frame: str = ""
) -> Receipt:
    """Store what a device reported; the receipt is filled in when the batch is settled.

    An unknown serial number is created. With a `generation`, only the newest connection of a
    device that still exists is heard. `frame`: the message as it was sent, kept among the device's newest.
    """
    news: News = Reported(update.serial, update=update, received_at=received_at, generation=generation, frame=frame)
    batch.defer(storage.store, news)
    return news.receipt


def keep_refused(
    batch: Batch, *, serial: str, generation: int, frame: str, reason: str, received_at: datetime
) -> Receipt:
    """Keep a message that was not understood among the device's newest, for people to look at."""
    news: News = Refused(serial, frame=frame, reason=reason, received_at=received_at, generation=generation)
    batch.defer(storage.store, news)
    return news.receipt


def connect_device(batch: Batch, *, serial: str, now: datetime, authenticated: bool = False) -> Receipt:
    """Make the caller the device's newest connection; the receipt has its generation.

    `authenticated` says that the caller has presented this device's own credentials. Without them
    a device that has a key cannot be spoken for, not even on an open server: nothing is stored then.
    """
    news: News = Connected(serial, now=now, authenticated=authenticated)
    batch.defer(storage.store, news)
    return news.receipt


def disconnect_device(batch: Batch, *, serial: str, generation: int) -> Receipt:
    """The connection has ended. Nothing is stored when a newer one has replaced it."""
    news: News = Disconnected(serial, generation=generation)
    batch.defer(storage.store, news)
    return news.receipt


def sweep_devices(batch: Batch, *, now: datetime) -> int:
    """Show silent devices as stale, and those whose server process died without a word as offline."""
    batch.settle()  # what was heard in this batch counts
    stale = _silent_since(now - timedelta(seconds=settings.STALE_AFTER)).filter(state=DeviceState.ONLINE)
    # Its own process would have closed the connection by now.
    gone = _silent_since(now - timedelta(seconds=2 * silence_limit())).filter(state__in=CONNECTED)
    return _set_state(batch, gone, DeviceState.OFFLINE) + _set_state(batch, stale, DeviceState.STALE)


def mark_all_offline(batch: Batch, *, before: datetime) -> int:
    """Devices that connected before this moment, the start of the only server process, are not connected."""
    left = SolMate.objects.filter(Q(connected_at=None) | Q(connected_at__lt=before), state__in=CONNECTED)
    return _set_state(batch, left, DeviceState.OFFLINE)


def generate_key(*, device: SolMate) -> str:
    """A new key for a device, which from now on has to present it. Only its hash is kept."""
    key = new_key()
    # The present connection, if any, was let in without this key: the next generation ends it.
    same = SolMate.objects.filter(pk=device.pk)
    same.update(key_hash=hash_key(key), connection=F("connection") + 1)
    same.filter(state__in=CONNECTED).update(state=DeviceState.OFFLINE)
    return key


def _silent_since(moment: datetime) -> QuerySet[SolMate]:
    return SolMate.objects.filter(
        Q(last_status_update=None) | Q(last_status_update__lt=moment),
        Q(connected_at=None) | Q(connected_at__lt=moment),
    )


def _set_state(batch: Batch, devices: QuerySet[SolMate], state: DeviceState) -> int:
    """Give all of them this state. Conditions are checked again by the UPDATE: other processes write too."""
    keys = list(devices.values_list("pk", flat=True))
    for start in range(0, len(keys), KEYS_IN_ONE_STATEMENT):
        devices.filter(pk__in=keys[start : start + KEYS_IN_ONE_STATEMENT]).update(state=state)
    for key in keys:
        batch.changed(TOPIC_DEVICES, key)
    if state == DeviceState.OFFLINE:
        _tell_offline(batch, keys)
    return len(keys)


def _tell_offline(batch: Batch, keys: list[int]) -> None:
    """Tell of those that are offline now; one that another process just heard of is not."""
    for start in range(0, len(keys), KEYS_IN_ONE_STATEMENT):
        offline = SolMate.objects.filter(pk__in=keys[start : start + KEYS_IN_ONE_STATEMENT], state=DeviceState.OFFLINE)
        for serial in offline.values_list("serial_number", flat=True):
            batch.publish(DEVICE_OFFLINE, {"device": serial})
