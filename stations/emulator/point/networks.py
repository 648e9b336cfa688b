"""Network profiles of an emulated 2.x station (B09): what the server has put into its slots. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stations.emulator.point.variables import WRITE_ONLY, Path, Variable
from stations.ocpp.frames import Payload

if TYPE_CHECKING:
    from stations.emulator.point.station import Station

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
        self.profiles: dict[int, Payload] = {}
        """By slot, as they were set."""
        self._station = station

    def set(self, slot: int, profile: Payload) -> str:
        """The status of a SetNetworkProfile; it is kept, and used when the station is told to (B10)."""
        priority = self._station.variables.find(Path("OCPPCommCtrlr", "NetworkConfigurationPriority"))
        assert priority is not None
        if str(slot) not in priority.options:
            return "Rejected"
        if profile["securityProfile"] < self._station.security.profile:
            return "Rejected"  # never lower (B09.FR.04)
        if profile["ocppTransport"] != "JSON" or profile.get("ocppVersion", "OCPP20") not in _SPOKEN:
            return "Failed"
        self.profiles[slot] = profile
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
