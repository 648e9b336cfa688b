"""Variables of an emulated 2.x station: how they are named, what they take, and what they are (B05 to B08). Pure.

`device_model.py` lists them. A value is kept in one of three places: with the key of `settings.py` that governs the
same in 1.6, in the state of the station from which it is read, or here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from stations.emulator.point.clock import parsed
from stations.emulator.point.settings import listed
from stations.ocpp.errors import CallError
from stations.ocpp.frames import Payload

if TYPE_CHECKING:
    from stations.emulator.point.station import Station

READ_ONLY, READ_WRITE, WRITE_ONLY = "ReadOnly", "ReadWrite", "WriteOnly"

ACCEPTED, REJECTED, REBOOT_REQUIRED = "Accepted", "Rejected", "RebootRequired"
UNKNOWN_COMPONENT, UNKNOWN_VARIABLE = "UnknownComponent", "UnknownVariable"
UNSUPPORTED_ATTRIBUTE = "NotSupportedAttributeType"


class Path(NamedTuple):
    """Which variable of which component. Names compare in any case (identifierString)."""

    component: str
    variable: str
    evse: int = 0
    connector: int = 0
    instance: str = ""
    """Of the component."""
    variable_instance: str = ""

    @classmethod
    def read(cls, data: Payload) -> Path:
        """From an object with `component` and `variable`."""
        component, variable = data["component"], data.get("variable") or {"name": ""}
        evse = component.get("evse") or {}
        return cls(
            component["name"],
            variable["name"],
            evse.get("id", 0),
            evse.get("connectorId", 0),
            component.get("instance", ""),
            variable.get("instance", ""),
        )

    @property
    def key(self) -> Path:
        """The same in small letters: by which it is found."""
        return Path(
            self.component.casefold(),
            self.variable.casefold(),
            self.evse,
            self.connector,
            self.instance.casefold(),
            self.variable_instance.casefold(),
        )

    @property
    def owner(self) -> Path:
        """The component alone, in small letters."""
        return self._replace(variable="", variable_instance="").key

    def data(self) -> Payload:
        """`component` and `variable`, as they are written."""
        component: Payload = {"name": self.component}
        if self.instance:
            component["instance"] = self.instance
        if self.evse:
            component["evse"] = {"id": self.evse} | ({"connectorId": self.connector} if self.connector else {})
        variable: Payload = {"name": self.variable}
        if self.variable_instance:
            variable["instance"] = self.variable_instance
        return {"component": component, "variable": variable}


@dataclass(frozen=True, slots=True)
class Variable:
    """`low` and `high` limit numbers, and the length of texts and lists. `options`: what a list may name.

    `setting`: the key of `settings.py` that has the value; `source`: reads it from the station.
    """

    path: Path
    kind: str = "string"
    default: str = ""
    mutability: str = READ_ONLY
    unit: str = ""
    low: float | None = None
    high: float | None = None
    options: tuple[str, ...] = ()
    reboot: bool = False
    setting: str = ""
    source: Callable[[Station, Path, float], str] | None = None
    check: Callable[[Station, str], bool] | None = None
    """Whether a value goes with what else the station has."""

    def takes(self, value: str) -> bool:
        """Whether the value is one of its kind."""
        match self.kind:
            case "boolean":
                return value.casefold() in ("true", "false")
            case "integer":
                return value.removeprefix("-").isdecimal() and value.isascii() and self._is_within(float(value))
            case "decimal":
                return self._is_within(_number(value))
            case "dateTime":
                return _is_moment(value)
            case "OptionList":
                return value in self.options
            case "MemberList" | "SequenceList":
                names = listed(value)
                return len(set(names)) == len(names) and set(names) <= set(self.options) and self._is_within(len(names))
            case _:
                return self._is_within(len(value))

    def _is_within(self, value: float) -> bool:
        return isfinite(value) and (self.low is None or self.low <= value) and (self.high is None or value <= self.high)

    def characteristics(self) -> Payload:
        found: dict[str, Any] = {"dataType": self.kind, "supportsMonitoring": self.mutability != WRITE_ONLY}
        if self.unit:
            found["unit"] = self.unit
        if self.low is not None:
            found["minLimit"] = self.low
        if self.high is not None:
            found["maxLimit"] = self.high
        if self.options:
            found["valuesList"] = ",".join(self.options)
        return found


def _number(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        return float("nan")


def _is_moment(value: str) -> bool:
    try:
        parsed(value)
    except CallError:
        return False
    return True


Hook = Callable[[Path, str, float], None]
"""Told of a variable that has another value since `now`."""


class Variables:
    """The variables of one station."""

    def __init__(self, station: Station, table: dict[Path, Variable]) -> None:
        """`table`: by `Path.key`; stations of the same build share it."""
        self._station = station
        self._table = table
        self._owners = frozenset(path.owner for path in table)
        self._added: dict[Path, Variable] = {}
        self._values: dict[Path, str] = {}
        self._waiting: dict[Path, str] = {}
        self._hooks: list[Hook] = []
        self._seen: dict[Path, str] = {}

    def __iter__(self) -> Iterator[Variable]:
        yield from (self._table | self._added).values()

    def add(self, *variables: Variable) -> None:
        """What the station has come to have; one that it has already is replaced."""
        for variable in variables:
            self._added[variable.path.key] = variable
            self._values.pop(variable.path.key, None)

    def find(self, path: Path) -> Variable | None:
        return self._added.get(path.key) or self._table.get(path.key)

    def missing(self, path: Path) -> str:
        """Why there is no such variable."""
        is_known = path.owner in self._owners or any(path.owner == each.owner for each in self._added)
        return UNKNOWN_VARIABLE if is_known else UNKNOWN_COMPONENT

    def value(self, variable: Variable, now: float) -> str:
        if variable.source is not None:
            return variable.source(self._station, variable.path, now)
        if variable.setting:
            return self._station.settings.text(variable.setting)
        return self._values.get(variable.path.key, variable.default)

    def text(self, component: str, variable: str, now: float = 0.0, **more: Any) -> str:
        """The value of a variable that there is. `now` matters only where it is read from the station."""
        found = self.find(Path(component, variable, **more))
        assert found is not None, (component, variable)
        return self.value(found, now)

    # -- changes --------------------------------------------------------------------------

    def change(self, path: Path, value: str, now: float) -> str:
        """The status of a SetVariables (B05); what a variable governs follows at once, or with the next boot."""
        variable = self.find(path)
        if variable is None:
            return self.missing(path)
        if variable.mutability == READ_ONLY or not variable.takes(value):
            return REJECTED
        if variable.check is not None and not variable.check(self._station, value):
            return REJECTED
        if variable.reboot:
            self._waiting[variable.path.key] = value
            return REBOOT_REQUIRED
        if variable.setting:
            status = self._station.configure(variable.setting, value, now)
            if status != ACCEPTED:
                return status
        else:
            self._values[variable.path.key] = value
        self._tell(variable, now)
        return ACCEPTED

    def put(self, path: Path, value: str, now: float) -> None:
        """Set it whatever its rules: the station itself, or a technician on site."""
        variable = self.find(path)
        assert variable is not None, path
        self._values[variable.path.key] = value
        self._tell(variable, now)

    def restart(self) -> None:
        """The station booted: what waited for that takes effect."""
        self._values |= self._waiting
        self._waiting.clear()

    # -- who wants to know ----------------------------------------------------------------

    def watch(self, hook: Hook, now: float) -> None:
        """Have `hook(path, value, now)` called whenever a variable has another value than it had."""
        if not self._hooks:
            self._seen = {each.path.key: self.value(each, now) for each in self}
        self._hooks.append(hook)

    def look(self, now: float) -> None:
        """Notice what has changed by itself; of interest only where somebody watches."""
        if self._hooks:
            for variable in self:
                self._tell(variable, now)

    def _tell(self, variable: Variable, now: float) -> None:
        if not self._hooks:
            return
        key, value = variable.path.key, self.value(variable, now)
        if self._seen.get(key) != value:
            self._seen[key] = value
            for hook in self._hooks:
                hook(variable.path, value, now)
