"""Much news of devices in a few statements: read the devices, apply in order, write rows and history.

Called once a batch, by `Batch.defer`. Connections and disconnections take the same way as reports:
so their order is kept, and a thousand devices that come back at once cost three statements too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from devices import recent
from devices.models import DeviceSample, DeviceState, SolMate
from devices.protocol import FIELDS, Update, Value, capped, dump_values
from smartserver.core.batch import Batch
from smartserver.core.bulk import insert_rows, update_rows
from smartserver.core.events import DEVICE_OFFLINE, DEVICE_ONLINE, DEVICE_UPDATED, TOPIC_DEVICES

SETTABLE = tuple(FIELDS)
STATUS = ("connection", "state", "connected_at", "recent", "last_status_update")
WRITTEN = (*STATUS, *SETTABLE)
MEASURED = ("power_income", "power_inject", "power_consumption", "battery")
SAMPLE = ("device", "received_at", "message_id", *MEASURED, "changes")
SERIALS_IN_ONE_STATEMENT = 5000

CONNECTED = frozenset({DeviceState.ONLINE.value, DeviceState.STALE.value})


@dataclass(slots=True)
class Receipt:
    """What became of one piece of news; filled in before the unit's value is handed back."""

    stored: bool = False
    """It has its effect, by itself or by the transmission before it."""
    generation: int = 0
    """The number of a new connection."""


@dataclass(frozen=True, slots=True)
class _News:
    """A device did something."""

    serial: str
    receipt: Receipt = field(default_factory=Receipt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected(_News):
    now: datetime
    authenticated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnected(_News):
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported(_News):
    update: Update
    received_at: datetime
    generation: int | None


News = Connected | Disconnected | Reported


@dataclass(slots=True)
class _Device:
    """A row of a device while a batch is applied to it."""

    key: int
    has_key: bool
    connection: int
    state: str
    connected_at: datetime | None
    recent: bytes
    last_status_update: datetime | None
    values: dict[str, Value]
    touched: bool = False

    def row(self) -> list[Any]:
        """The values of `WRITTEN`, and the key."""
        status = (self.connection, self.state, self.connected_at, self.recent, self.last_status_update)
        return [*status, *self.values.values(), self.key]


Samples = list[tuple[Any, ...]]


def store(batch: Batch, news: list[News]) -> None:
    """Apply what the devices did in the order of its arrival."""
    devices = _load({each.serial for each in news})
    unknown = {each.serial for each in news if each.serial not in devices and _introduces(each)}
    if unknown:
        created = [SolMate(serial_number=serial) for serial in sorted(unknown)]
        SolMate.objects.bulk_create(created, ignore_conflicts=True)  # another process may have been faster
        devices |= _load(unknown)
    samples: Samples = []
    for each in news:
        device = devices.get(each.serial)
        if device is None:
            continue
        if isinstance(each, Reported):
            _report(batch, device, each, samples)
        elif isinstance(each, Connected):
            _connect(batch, device, each)
        else:
            _disconnect(batch, device, each)
    update_rows(SolMate, WRITTEN, [device.row() for device in devices.values() if device.touched])
    insert_rows(DeviceSample, SAMPLE, samples)


def _introduces(news: News) -> bool:
    """Whether an unknown device is created. A connection's device exists; if not, an operator has removed it."""
    return isinstance(news, Connected) or (isinstance(news, Reported) and news.generation is None)


def _connect(batch: Batch, device: _Device, news: Connected) -> None:
    if device.has_key and not news.authenticated:
        return
    device.touched = True
    device.connection += 1
    _come_online(batch, device, news)
    device.connected_at = news.now
    news.receipt.stored, news.receipt.generation = True, device.connection
    batch.changed(TOPIC_DEVICES, device.key)


def _come_online(batch: Batch, device: _Device, news: News) -> None:
    if device.state not in CONNECTED:
        batch.publish(DEVICE_ONLINE, {"device": news.serial})
    device.state = DeviceState.ONLINE.value


def _disconnect(batch: Batch, device: _Device, news: Disconnected) -> None:
    if device.connection != news.generation:
        return
    device.touched = True
    device.state = DeviceState.OFFLINE.value
    batch.publish(DEVICE_OFFLINE, {"device": news.serial})
    news.receipt.stored = True
    batch.changed(TOPIC_DEVICES, device.key)


def _report(batch: Batch, device: _Device, news: Reported, samples: Samples) -> None:
    if news.generation not in (None, device.connection):
        return
    update, moment = news.update, news.received_at
    news.receipt.stored = True
    seconds = int(moment.timestamp())
    if recent.seen(device.recent, update.digest, seconds):
        return
    device.touched = True
    _come_online(batch, device, news)
    device.recent = recent.remember(device.recent, update.digest, seconds)
    device.last_status_update = moment
    values = device.values
    changes = {name: value for name, value in update.values.items() if values[name] != value}
    body = dump_values(update.values)
    if changes:
        values |= changes
        history = body if len(changes) == len(update.values) else dump_values(changes)
        measured = [values[name] for name in MEASURED]
        samples.append((device.key, moment, update.message_id, *measured, history))
    batch.changed(TOPIC_DEVICES, device.key)
    if update.values:
        message = capped(update.message_id, update.serial, body)
        batch.publish(DEVICE_UPDATED, {"key": device.key, "message": message})


def _load(serials: set[str]) -> dict[str, _Device]:
    """The devices by serial number, locked until the commit, in one order for all processes."""
    found: dict[str, _Device] = {}
    names = sorted(serials)
    for start in range(0, len(names), SERIALS_IN_ONE_STATEMENT):
        rows = (
            SolMate.objects.select_for_update()
            .filter(serial_number__in=names[start : start + SERIALS_IN_ONE_STATEMENT])
            .order_by("pk")
            .values_list("serial_number", "pk", "key_hash", *WRITTEN)
        )
        for serial, key, key_hash, generation, state, connected_at, newest, updated_at, *values in rows:
            named = dict(zip(SETTABLE, values, strict=True))
            found[serial] = _Device(
                key, bool(key_hash), generation, state, connected_at, bytes(newest), updated_at, named
            )
    return found
