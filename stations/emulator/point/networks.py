"""Network profiles of an emulated 2.x station: what the server put into its slots (B09), which is used (B10). Pure.

What a slot holds are the variables of the component NetworkConfiguration. In 2.1 they are there from the beginning, and
may be set one by one; in 2.0.1 they only tell of what SetNetworkProfile has put there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stations.emulator.point.network_rules import (
    DELIVERED,
    DOWNGRADE,
    IN_USE,
    INCOMPLETE,
    PRIORITY,
    check_field,
    is_preferred,
    lowers,
)
from stations.emulator.point.settings import LONGEST_INTERVAL, listed
from stations.emulator.point.variables import READ_ONLY, READ_WRITE, WRITE_ONLY, Path, Variable
from stations.ocpp.frames import Payload

if TYPE_CHECKING:
    from stations.emulator.point.station import Station

__all__ = ["DELIVERED", "SLOTS", "Networks"]

SLOTS = ("1", "2", "3")
"""Configuration slots for network profiles (B09)."""

_SPOKEN = frozenset({"OCPP20", "OCPP201", "OCPP21"})
"""Versions that a 2.x station can be sent to."""

_WAYS = tuple(f"{kind}{number}" for kind in ("Wired", "Wireless") for number in range(4))

_FIELDS: dict[str, tuple[str, dict[str, Any]]] = {
    "ocppCsmsUrl": ("OcppCsmsUrl", {"high": 2000}),
    "ocppInterface": ("OcppInterface", {"kind": "OptionList", "options": (*_WAYS, "Any")}),
    "ocppTransport": ("OcppTransport", {"kind": "OptionList", "options": ("JSON",)}),
    "messageTimeout": ("MessageTimeout", {"kind": "integer", "unit": "s", "high": LONGEST_INTERVAL}),
    "securityProfile": ("SecurityProfile", {"kind": "integer", "low": 0, "high": 3}),
    "identity": ("Identity", {"high": 48}),
    "basicAuthPassword": ("BasicAuthPassword", {"low": 16, "high": 64}),
}
"""Fields of NetworkConnectionProfileType, and the variables of the component NetworkConfiguration that hold them."""

_NEEDED = ("OcppCsmsUrl", "OcppInterface", "OcppTransport", "MessageTimeout", "SecurityProfile")


class Networks:
    def __init__(self, station: Station) -> None:
        self.active = DELIVERED
        """The slot whose profile is used."""
        self._station = station
        self._delivered = station.settings.number("SecurityProfile")
        self._failures = 0
        if station.version == "2.1":
            station.variables.add(*(each for slot in SLOTS for each in _variables(slot)))

    # -- what there is --------------------------------------------------------------------

    def _text(self, slot: str, variable: str) -> str:
        """Empty where the slot has no such thing."""
        variables = self._station.variables
        found = variables.find(Path("NetworkConfiguration", variable, instance=slot))
        return "" if found is None else variables.value(found, 0.0)

    def _is_filled(self, slot: str) -> bool:
        return all(self._text(slot, name) for name in _NEEDED)

    def holds(self, slot: str) -> bool:
        """Whether it says where to connect to."""
        return slot == DELIVERED or self._is_filled(slot)

    def security_of(self, slot: str) -> int:
        return int(self._text(slot, "SecurityProfile")) if self._is_filled(slot) else self._delivered

    def password_of(self, slot: str) -> str:
        """What is said there; the station's own where a slot does not say it."""
        return self._text(slot, "BasicAuthPassword") or self._station.password

    @property
    def url(self) -> str:
        """Where to connect to; "": to where it was delivered for."""
        return self._text(self.active, "OcppCsmsUrl") if self._is_filled(self.active) else ""

    @property
    def identity(self) -> str:
        """As whom; a profile of 2.1 may name it."""
        return self._text(self.active, "Identity") or self._station.identity

    @property
    def password(self) -> str:
        return self.password_of(self.active)

    def change_password(self, value: str, now: float) -> bool:
        """SecurityCtrlr.BasicAuthPassword: whether it is that of the profile in use."""
        if not self._text(self.active, "BasicAuthPassword"):
            return False
        self._put(self.active, "BasicAuthPassword", value, now)
        return True

    # -- use (B10) ------------------------------------------------------------------------

    def restart(self) -> None:
        """The station booted: it begins with the first of its priorities."""
        self.active, self._failures = self._order()[0], 0

    def reached(self, now: float) -> None:
        """Connected: from now on the security is never below that of the profile (A05)."""
        self._failures = 0
        if not self._is_filled(self.active):
            return
        station = self._station
        station.settings.put("SecurityProfile", str(self.security_of(self.active)))
        wanted = self._wanted()
        left = [slot for slot in wanted if not lowers(station, self.security_of(slot))]
        if left != list(wanted):
            station.variables.put(PRIORITY, ",".join(left), now)

    def failed(self) -> None:
        """There was no connection; after so many attempts the next slot has its turn."""
        order = self._order()
        if order == [self.active]:
            return
        self._failures += 1
        if self._failures >= int(self._station.variables.text("OCPPCommCtrlr", "NetworkProfileConnectionAttempts")):
            place = order.index(self.active) if self.active in order else -1
            self.active, self._failures = order[(place + 1) % len(order)], 0

    def _wanted(self) -> tuple[str, ...]:
        return listed(self._station.variables.text(*PRIORITY[:2]))

    def _order(self) -> list[str]:
        """The slots by priority, but for those that hold nothing, or would lower the security."""
        if self._station.version == "1.6":
            return [DELIVERED]
        usable = [
            slot for slot in self._wanted() if self.holds(slot) and not lowers(self._station, self.security_of(slot))
        ]
        return usable or [DELIVERED]

    # -- slots (B09) ----------------------------------------------------------------------

    def set(self, slot: int, profile: Payload, now: float) -> tuple[str, str]:
        """The status of a SetNetworkProfile, and why; it is kept, and used where NetworkConfigurationPriority says."""
        name = str(slot)
        if name not in SLOTS:
            return "Rejected", INCOMPLETE
        if self._station.version == "2.1" and is_preferred(self._station, name):
            return "Rejected", IN_USE
        if lowers(self._station, profile["securityProfile"]):
            return "Rejected", DOWNGRADE
        if profile["ocppTransport"] != "JSON" or profile.get("ocppVersion", "OCPP20") not in _SPOKEN:
            return "Failed", INCOMPLETE
        if self._station.version != "2.1":
            self._station.variables.add(*(_variables(name, profile, mutability=READ_ONLY)))
        for field, (variable, _) in _FIELDS.items():
            self._put(name, variable, str(profile.get(field, "")), now)
        return "Accepted", ""

    def _put(self, slot: str, variable: str, value: str, now: float) -> None:
        path = Path("NetworkConfiguration", variable, instance=slot)
        if self._station.variables.find(path) is not None:
            self._station.variables.put(path, value, now)


def _variables(slot: str, fields: Payload | None = None, *, mutability: str = READ_WRITE) -> list[Variable]:
    """What a slot has, or may have; of `fields` only those that are there."""
    found = []
    for field, (name, rules) in _FIELDS.items():
        if fields is None or field in fields:
            mutable = WRITE_ONLY if name == "BasicAuthPassword" else mutability
            path = Path("NetworkConfiguration", name, instance=slot)
            found.append(Variable(path, mutability=mutable, check=check_field, **rules))
    return found
