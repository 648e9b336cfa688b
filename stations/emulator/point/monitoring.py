"""What a 2.x station watches by itself: its monitors, base and level (block N of 2.0.1 and 2.1). Pure.

Hard-wired monitors are always there; preconfigured ones as the base says; custom ones are set and cleared by the
server, and survive a restart. `observe` is called whenever something may have changed, `step` when it is `due`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import inf
from typing import TYPE_CHECKING

from stations.emulator.point import v2_monitoring
from stations.emulator.point.message import Message
from stations.emulator.point.monitors import (
    BEYOND,
    CUSTOM,
    HARD_WIRED,
    PRECONFIGURED,
    TARGETED,
    TIMED,
    Monitor,
    Notice,
    Seen,
)
from stations.emulator.point.streams import Streams
from stations.emulator.point.v2_monitoring import Event
from stations.emulator.point.variables import WRITE_ONLY, Path, Variable
from stations.ocpp.frames import Payload

if TYPE_CHECKING:
    from stations.emulator.point.station import Station

MAX_CUSTOM = 100
ITEMS = 20
"""Monitors in one SetVariableMonitoring or ClearVariableMonitoring (MonitoringCtrlr.ItemsPerMessage)."""

LEAST_SEVERE = 9

NUMBERS = frozenset({"integer", "decimal"})

CUSTOM_IDS = 1000
"""Ids of custom monitors begin here; those below are the factory's."""


class Monitoring:
    def __init__(self, station: Station, outlets: int) -> None:
        self.base = "FactoryDefault"
        self.level = LEAST_SEVERE
        self.streams = Streams(station.clock)
        self._station = station
        self._outlets = outlets
        self._monitors: dict[int, Monitor] = {}
        self._next_id = CUSTOM_IDS
        self._events = 0
        if station.version != "1.6":
            self._install(0.0)

    def __iter__(self) -> Iterator[Monitor]:
        return iter(list(self._monitors.values()))

    # -- what comes with the station ------------------------------------------------------

    def _factory(self) -> Iterator[Monitor]:
        """A fault is always told; too much power by default; each change of availability where all are wanted."""
        for number in range(1, self._outlets + 1):
            problem, power = Path("EVSE", "Problem", number), Path("EVSE", "Power", number)
            yield Monitor(3 * number - 2, problem, "Delta", 1.0, 1, kind=HARD_WIRED)
            most = self._station.outlet(number).rating.power_w
            yield Monitor(3 * number - 1, power, "UpperThreshold", most, 4, kind=PRECONFIGURED)
            if self.base == "All":
                state = Path("EVSE", "AvailabilityState", number)
                yield Monitor(3 * number, state, "Delta", 1.0, 7, kind=PRECONFIGURED)

    def _install(self, now: float) -> None:
        """What the base has of the factory's monitors, and nothing else of them."""
        for monitor in self:
            if monitor.id < CUSTOM_IDS and monitor.kind != CUSTOM:
                del self._monitors[monitor.id]
        for monitor in self._factory():
            is_there = monitor.kind == HARD_WIRED or self.base != "HardWiredOnly"
            if is_there and monitor.id not in self._monitors:
                self._add(monitor, now)

    def set_base(self, base: str, now: float) -> None:
        """N03: All keeps what the server has set, the others clear it."""
        self.base = base
        if base != "All":
            for monitor in self:
                if monitor.kind == CUSTOM:
                    self._remove(monitor, now)
        self._install(now)

    # -- what the server sets -------------------------------------------------------------

    def set(self, data: Payload, now: float) -> Payload:
        """The result of one entry of SetVariableMonitoring (N04)."""
        path = Path.read(data)
        variable = self._station.variables.find(path)
        status = self._station.variables.missing(path) if variable is None else self._objection(data, variable)
        result: Payload = {name: data[name] for name in ("type", "severity", "component", "variable")}
        result["status"] = status or "Accepted"
        if status or variable is None:
            return result | ({"id": data["id"]} if "id" in data else {})
        return result | {"id": self._set(data, variable, now)}

    def _set(self, data: Payload, variable: Variable, now: float) -> int:
        known = self._monitors.get(data.get("id", -1))
        if known is not None:
            self._remove(known, now)
        else:
            self._next_id += 1
        monitor = Monitor(
            self._next_id if known is None else known.id,
            variable.path,
            data["type"],
            float(data["value"]),
            data["severity"],
            data.get("transaction", False),
            stream=data.get("periodicEventStream"),
        )
        self._add(monitor, now)
        return monitor.id

    def _objection(self, data: Payload, variable: Variable) -> str:
        """Why it is not set, if there is a reason."""
        known = self._monitors.get(data["id"]) if "id" in data else None
        if "id" in data and (known is None or known.kind == HARD_WIRED or known.path != variable.path):
            return "Rejected"
        numeric = variable.kind in NUMBERS
        if not numeric and (data["type"] in BEYOND or data["type"] in TARGETED):
            return "UnsupportedMonitorType"
        if data["type"] in TARGETED and self._target(variable) is None:
            return "UnsupportedMonitorType"
        if variable.mutability == WRITE_ONLY or not self._is_sensible(data, variable):
            return "Rejected"
        same = (variable.path, data["type"], data["severity"])
        if any((each.path, each.type, each.severity) == same and each is not known for each in self):
            return "Duplicate"
        full = sum(each.kind == CUSTOM for each in self) >= MAX_CUSTOM
        return "Rejected" if full and known is None else ""

    @staticmethod
    def _is_sensible(data: Payload, variable: Variable) -> bool:
        kind, value = data["type"], float(data["value"])
        if not 0 <= data["severity"] <= LEAST_SEVERE or ("periodicEventStream" in data and kind not in TIMED):
            return False
        if kind in TIMED:
            return value >= 1.0
        if kind in BEYOND:
            low, high = variable.low, variable.high
            return (low is None or low <= value) and (high is None or value <= high)
        return value >= 0.0

    def clear(self, id: int, now: float) -> str:
        """N06."""
        monitor = self._monitors.get(id)
        if monitor is None:
            return "NotFound"
        if monitor.kind == HARD_WIRED:
            return "Rejected"
        self._remove(monitor, now)
        return "Accepted"

    def _add(self, monitor: Monitor, now: float) -> None:
        self._monitors[monitor.id] = monitor
        self._begin(monitor, now)
        if monitor.stream is not None:
            self.streams.add(monitor.id, monitor.stream)
            self._open_streams(now)

    def _remove(self, monitor: Monitor, now: float) -> None:
        del self._monitors[monitor.id]
        self._station.say(self.streams.drop(monitor.id), now)

    def _begin(self, monitor: Monitor, now: float) -> None:
        monitor.begin(self._seen(monitor), now, self._station.clock(0.0))

    # -- the connection -------------------------------------------------------------------

    def restart(self, now: float) -> None:
        """The station starts: a limit that is passed is told once more, and streams are opened anew."""
        self.streams.restart()
        for monitor in self:
            self._begin(monitor, now)

    def connected(self, now: float) -> None:
        """The server listens."""
        self._open_streams(now)

    def _open_streams(self, now: float) -> None:
        if self._station.online:
            self._station.say(self.streams.ask(), now)

    # -- what there is to tell ------------------------------------------------------------

    @property
    def due(self) -> float:
        return min((each.due for each in self._monitors.values()), default=inf) if self._monitors else inf

    def step(self, now: float) -> None:
        """Periodic monitors whose time has come."""
        notices = []
        for monitor in self:
            if monitor.due <= now:
                notice = monitor.beat(self._seen(monitor).value, self._station.clock(0.0))
                if not self._watches(monitor):
                    continue
                if (stream := self.streams.of(monitor.id)) is not None:
                    self.streams.take(stream, notice.value, now)
                else:
                    notices.append(notice)
        self._tell(notices, now)

    def deliver(self, now: float) -> None:
        """Streams whose time has come."""
        messages = self.streams.deliver(now)
        self._station.say(messages, now)

    def observe(self, now: float) -> None:
        """Something may have changed."""
        if not self._monitors:
            return
        watching = [each for each in self._monitors.values() if each.type not in TIMED and self._watches(each)]
        found = (each.observe(self._seen(each)) for each in watching)
        self._tell([notice for notice in found if notice is not None], now)

    def _tell(self, notices: Iterable[Notice], now: float) -> None:
        """Events that are serious enough for the level (N05)."""
        events = []
        moment = self._station.moment(now)
        for notice in notices:
            if notice.monitor.severity <= self.level:
                self._events += 1
                events.append(Event(self._events, notice, moment.stamp, self._transaction(notice.monitor.path)))
        if events:
            self._station.say(v2_monitoring.events(events, self._station.version, moment.stamp), now)

    def report(self, request: int, monitors: list[Monitor], now: float) -> None:
        """N02: what `find` has found."""
        stamp = self._station.moment(now).stamp
        self._station.say_at_once(v2_monitoring.report(monitors, request, self._station.version, stamp), now)

    def find(self, criteria: Iterable[str], paths: list[Payload]) -> list[Monitor]:
        """The monitors of these criteria, of variables that these name; nothing named is any."""
        wanted = set(criteria)
        return [
            each
            for each in self
            if (not wanted or each.criterion in wanted) and (not paths or any(_names(path, each.path) for path in paths))
        ]

    # -- what is seen ---------------------------------------------------------------------

    def _seen(self, monitor: Monitor) -> Seen:
        variable = self._station.variables.find(monitor.path)
        assert variable is not None, monitor.path
        target = self._target(variable) if monitor.type in TARGETED else None
        return Seen(self._station.variables.value(variable), variable.kind in NUMBERS, target)

    def _target(self, variable: Variable) -> float | None:
        """The power that an EVSE offers is the one that its vehicle is to take; nothing else has a target."""
        component, name, evse, connector, *_ = variable.path
        if (component, name) != ("EVSE", "Power") or connector:
            return None
        return float(self._station.outlet(evse).offered)

    def _watches(self, monitor: Monitor) -> bool:
        return not monitor.transaction or bool(self._transaction(monitor.path))

    def _transaction(self, path: Path) -> str:
        """The transaction at the EVSE of a variable; of the station as a whole: any."""
        outlets = [self._station.outlet(path.evse)] if path.evse else self._station.outlets
        charges = (outlet.charge for outlet in outlets)
        return next((charge.reference for charge in charges if charge is not None and charge.open), "")


def _names(wanted: Payload, path: Path) -> bool:
    """Whether a componentVariable names this variable; without an EVSE or a variable it names those of all."""
    asked = Path.read(wanted).key
    found = path.key
    return all(
        not getattr(asked, name) or getattr(asked, name) == getattr(found, name)
        for name in ("component", "variable", "evse", "connector", "instance", "variable_instance")
    )


__all__ = ["ITEMS", "Message", "Monitoring"]
