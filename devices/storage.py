"""Much news of devices in a few statements: read the devices, apply in order, write rows and history.

Called once a batch, by `Batch.defer`. Connections and disconnections take the same way as reports:
so their order is kept, and a thousand devices that come back at once cost three statements too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from devices import recent
from devices.models import DeviceMessage, DeviceSample, DeviceState, SolMate
from devices.protocol import FIELDS, Update, Value, capped, dump_values
from smartserver.core.batch import Batch
from smartserver.core.bulk import insert_rows, select_rows, update_rows
from smartserver.core.events import DEVICE_OFFLINE, DEVICE_ONLINE, DEVICE_UPDATED, TOPIC_DEVICES

SETTABLE = tuple(FIELDS)
STATUS = ("connection", "state", "connected_at", "recent", "last_status_update", "messages_kept")
WRITTEN = (*STATUS, *SETTABLE)
MEASURED = ("power_income", "power_inject", "power_consumption", "battery")
SAMPLE = ("device", "received_at", "message_id", *MEASURED, "changes")
MESSAGE = ("device", "slot", "number", "received_at", "outcome", "reason", "text")
READ = ("serial_number", "id", "key_hash", *WRITTEN)

KEPT_MESSAGES = 100
"""Newest messages of a device that are kept as they were sent."""

MAX_KEPT_TEXT = 2000
MAX_REASON = 255

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
    """`frame`: the message as it was sent; empty when it came some other way."""

    update: Update
    received_at: datetime
    generation: int | None
    frame: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused(_News):
    """Nothing of the message is stored but the message itself."""

    frame: str
    reason: str
    received_at: datetime
    generation: int


News = Connected | Disconnected | Reported | Refused


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
    messages_kept: int
    values: dict[str, Value]
    touched: bool = False

    def row(self) -> list[Any]:
        """The values of `WRITTEN`, and the key."""
        status = (self.connection, self.state, self.connected_at, self.recent, self.last_status_update)
        return [*status, self.messages_kept, *self.values.values(), self.key]


@dataclass(slots=True)
class _Rows:
    """What is written besides the devices. `messages` by device and slot: of two for one slot, the newer one."""

    samples: list[tuple[Any, ...]] = field(default_factory=list)
    messages: dict[tuple[int, int], tuple[Any, ...]] = field(default_factory=dict)

    def keep(self, device: _Device, outcome: str, news: Reported | Refused, reason: str = "") -> None:
        if not news.frame:
            return
        number = device.messages_kept = device.messages_kept + 1
        device.touched = True
        place = (device.key, number % KEPT_MESSAGES)
        # No database stores NUL.
        text = news.frame[:MAX_KEPT_TEXT].replace("\x00", "\N{REPLACEMENT CHARACTER}")
        self.messages[place] = (*place, number, news.received_at, outcome, reason[:MAX_REASON], text)


def store(batch: Batch, news: list[News]) -> None:
    """Apply what the devices did in the order of its arrival."""
    devices = _load({each.serial for each in news})
    unknown = {each.serial for each in news if each.serial not in devices and _introduces(each)}
    if unknown:
        created = [SolMate(serial_number=serial) for serial in sorted(unknown)]
        SolMate.objects.bulk_create(created, ignore_conflicts=True)  # another process may have been faster
        devices |= _load(unknown)
    rows = _Rows()
    for each in news:
        device = devices.get(each.serial)
        if device is None:
            continue
        if isinstance(each, Reported):
            _report(batch, device, each, rows)
        elif isinstance(each, Refused):
            _refuse(device, each, rows)
        elif isinstance(each, Connected):
            _connect(batch, device, each)
        else:
            _disconnect(batch, device, each)
    update_rows(SolMate, WRITTEN, [device.row() for device in devices.values() if device.touched])
    insert_rows(DeviceSample, SAMPLE, rows.samples)
    insert_rows(DeviceMessage, MESSAGE, rows.messages.values(), replacing=("device", "slot"))


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


def _refuse(device: _Device, news: Refused, rows: _Rows) -> None:
    if news.generation == device.connection:
        rows.keep(device, DeviceMessage.Outcome.REFUSED.value, news, news.reason)
        news.receipt.stored = True


def _report(batch: Batch, device: _Device, news: Reported, rows: _Rows) -> None:
    if news.generation not in (None, device.connection):
        return
    update, moment = news.update, news.received_at
    news.receipt.stored = True
    seconds = int(moment.timestamp())
    if recent.seen(device.recent, update.digest, seconds):
        rows.keep(device, DeviceMessage.Outcome.REPEATED.value, news)
        return
    rows.keep(device, DeviceMessage.Outcome.STORED.value, news)
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
        rows.samples.append((device.key, moment, update.message_id, *measured, history))
    batch.changed(TOPIC_DEVICES, device.key)
    if update.values:
        message = capped(update.message_id, update.serial, body)
        batch.publish(DEVICE_UPDATED, {"key": device.key, "message": message})


def _load(serials: set[str]) -> dict[str, _Device]:
    """The devices by serial number, locked until the commit, in one order for all processes."""
    found: dict[str, _Device] = {}
    rows = select_rows(SolMate, READ, "serial_number", sorted(serials), locked=True)
    for serial, key, key_hash, generation, state, connected_at, newest, updated_at, kept, *values in rows:
        named = dict(zip(SETTABLE, values, strict=True))
        found[serial] = _Device(
            key, bool(key_hash), generation, state, connected_at, bytes(newest), updated_at, kept, named
        )
    return found
