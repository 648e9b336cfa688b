"""What a 2.x station watches by itself: its monitors, base and level (block N of 2.0.1 and 2.1). Pure.

Hard-wired monitors are always there; preconfigured ones as the base says; custom ones are set and cleared by the
server, and survive a restart. `observe` is called whenever something may have changed, `step` when it is `due`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count
from math import inf
from typing import TYPE_CHECKING

from stations.emulator.point import v2_monitoring
from stations.emulator.point.factory_monitors import ALL, DEFAULT, FIRST_CUSTOM, factory_monitors
from stations.emulator.point.monitors import (
    BEYOND,
    CUSTOM,
    HARD_WIRED,
    NUMBERS,
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
LEAST_SEVERE = 9


class Monitoring:
    def __init__(self, station: Station) -> None:
        self.base = DEFAULT
        self.level = LEAST_SEVERE
        self.streams = Streams(station.clock)
        self._station = station
        self._monitors: dict[int, Monitor] = {}
        self._timed: list[Monitor] = []
        self._watching: list[Monitor] = []
        self._ids = count(FIRST_CUSTOM)
        self._events = 0
        if station.version != "1.6":
            self._install(0.0)

    def __iter__(self) -> Iterator[Monitor]:
        return iter(list(self._monitors.values()))

    # -- what comes with the station ------------------------------------------------------

    def _install(self, now: float) -> None:
        """Of the factory's monitors those that the base has; one that the server has changed stays as it is."""
        for monitor in self:
            if monitor.kind == PRECONFIGURED:
                self._remove(monitor, now)
        for monitor in factory_monitors(self._station, self.base):
            if monitor.id not in self._monitors:
                self._add(monitor, now)

    def set_base(self, base: str, now: float) -> None:
        """N03: All keeps what the server has set, the others clear it."""
        self.base = base
        if base != ALL:
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
        monitor = Monitor(
            next(self._ids) if known is None else known.id,
            variable,
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
        self._sort()
        self._begin(monitor, now)
        if monitor.stream is not None:
            self.streams.add(monitor.id, monitor.stream)
            self._open_streams(now)

    def _remove(self, monitor: Monitor, now: float) -> None:
        del self._monitors[monitor.id]
        self._sort()
        self._station.say(self.streams.drop(monitor.id), now)

    def _sort(self) -> None:
        """Which monitors look, and which have their times: both are asked for often."""
        self._timed = [each for each in self if each.type in TIMED]
        self._watching = [each for each in self if each.type not in TIMED]

    def _begin(self, monitor: Monitor, now: float) -> None:
        monitor.begin(self._seen(monitor, now), now, self._station.clock(0.0))

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
        if not self._timed:
            return inf
        streams = self.streams.due if self._station.online else inf
        return min(streams, *(each.due for each in self._timed))

    def step(self, now: float) -> None:
        """Periodic monitors and streams whose time has come."""
        beats = (self._beat(each, now) for each in self._timed if each.due <= now)
        self._tell([notice for notice in beats if notice is not None], now)
        if self._station.online:
            self._station.say(self.streams.deliver(now), now)

    def _beat(self, monitor: Monitor, now: float) -> Notice | None:
        """The value of a periodic monitor, unless it goes into a stream."""
        notice = monitor.beat(self._seen(monitor, now).value, self._station.clock(0.0))
        if not self._watches(monitor):
            return None
        stream = self.streams.of(monitor.id)
        if stream is None:
            return notice
        self.streams.take(stream, notice.value, now)
        return None

    def observe(self, now: float) -> None:
        """Something may have changed."""
        found = []
        for monitor in self._watching:
            seen = self._seen(monitor, now)
            if not self._watches(monitor):
                monitor.rest(seen)
            elif (notice := monitor.observe(seen)) is not None:
                found.append(notice)
        self._tell(found, now)

    def _tell(self, notices: Iterable[Notice], now: float) -> None:
        """Events that are serious enough for the level (N05)."""
        serious = [each for each in notices if each.monitor.severity <= self.level]
        if not serious:
            return
        stamp = self._station.moment(now).stamp
        events = []
        for notice in serious:
            self._events += 1
            events.append(Event(self._events, notice, stamp, self._transaction(notice.monitor.path)))
        self._station.say(v2_monitoring.events(events, self._station.version, stamp), now)

    def announce(self, path: Path, value: str, now: float) -> None:
        """A state that is told whatever is monitored (HardWiredNotification of 2.1)."""
        self._events += 1
        moment = self._station.moment(now).stamp
        self._station.say([v2_monitoring.notification(self._events, path, value, moment)], now)

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
            if (not wanted or each.criterion in wanted)
            and (not paths or any(_names(path, each.path) for path in paths))
        ]

    # -- what is seen ---------------------------------------------------------------------

    def _seen(self, monitor: Monitor, now: float) -> Seen:
        target = self._target(monitor.variable) if monitor.type in TARGETED else None
        return Seen(self._station.variables.value(monitor.variable, now), target)

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
        outlets = [each for each in self._station.outlets if path.evse in (0, each.number)]
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
