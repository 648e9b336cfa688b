"""Network profiles of an emulated 2.x station: what the server put into its slots (B09), which is used (B10). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stations.emulator.point.settings import listed
from stations.emulator.point.variables import WRITE_ONLY, Path, Variable
from stations.ocpp.frames import Payload

if TYPE_CHECKING:
    from stations.emulator.point.station import Station

DELIVERED = "1"
"""The slot of the address that the station was delivered with, until the server puts another one there."""

_SPOKEN = frozenset({"OCPP20", "OCPP201", "OCPP21"})
"""Versions that a 2.x station can be sent to."""

_SHOWN = {
    "ocppCsmsUrl": "OcppCsmsUrl",
    "ocppInterface": "OcppInterface",
    "ocppTransport": "OcppTransport",
    "messageTimeout": "MessageTimeout",
    "securityProfile": "SecurityProfile",
    "identity": "Identity",
}
"""Fields of NetworkConnectionProfileType, and the variables of the component NetworkConfiguration that tell of them."""


class Networks:
    def __init__(self, station: Station) -> None:
        self.active = DELIVERED
        """The slot whose profile is used."""
        self._station = station
        self._profiles: dict[str, Payload] = {}
        self._failures = 0

    @property
    def url(self) -> str:
        """Where to connect to; "": to where it was delivered for."""
        profile = self._profiles.get(self.active)
        return "" if profile is None else str(profile["ocppCsmsUrl"])

    # -- use (B10) ------------------------------------------------------------------------

    def restart(self) -> None:
        """The station booted: it begins with the first of its priorities."""
        if self._profiles:
            self.active, self._failures = self._order()[0], 0

    def reached(self) -> None:
        self._failures = 0

    def failed(self) -> None:
        """There was no connection; after so many attempts the next slot has its turn."""
        if not self._profiles:
            return
        self._failures += 1
        order = self._order()
        if self._failures >= int(self._station.variables.text("OCPPCommCtrlr", "NetworkProfileConnectionAttempts")):
            place = order.index(self.active) if self.active in order else -1
            self.active, self._failures = order[(place + 1) % len(order)], 0

    def _order(self) -> list[str]:
        """The slots by priority, but for those that hold nothing."""
        wanted = listed(self._station.variables.text("OCPPCommCtrlr", "NetworkConfigurationPriority"))
        return [slot for slot in wanted if slot == DELIVERED or slot in self._profiles] or [DELIVERED]

    # -- slots (B09) ----------------------------------------------------------------------

    def set(self, slot: int, profile: Payload) -> str:
        """The status of a SetNetworkProfile; it is kept, and used where NetworkConfigurationPriority says so."""
        priority = self._station.variables.find(Path("OCPPCommCtrlr", "NetworkConfigurationPriority"))
        assert priority is not None
        if str(slot) not in priority.options:
            return "Rejected"
        if profile["securityProfile"] < self._station.security.profile:
            return "Rejected"  # never lower (B09.FR.04)
        if profile["ocppTransport"] != "JSON" or profile.get("ocppVersion", "OCPP20") not in _SPOKEN:
            return "Failed"
        self._profiles[str(slot)] = profile
        self._station.variables.add(*self._variables(slot, profile))
        return "Accepted"

    def _variables(self, slot: int, profile: Payload) -> list[Variable]:
        def path(name: str) -> Path:
            return Path("NetworkConfiguration", name, instance=str(slot))

        found = [
            Variable(path(name), default=str(profile[field])) for field, name in _SHOWN.items() if field in profile
        ]
        if "basicAuthPassword" in profile:
            found.append(Variable(path("BasicAuthPassword"), mutability=WRITE_ONLY, low=16, high=64))
        return found
