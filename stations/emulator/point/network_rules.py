"""What a network profile has to fulfil before it is kept or used (2.x A05, B09). Pure.

What is wrong is told as a reasonCode (part 2, appendices); nothing: it is right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stations.emulator.point.settings import listed
from stations.emulator.point.variables import Path

if TYPE_CHECKING:
    from stations.emulator.point.station import Station

DELIVERED = "1"
"""The slot of the address that the station was delivered with, until the server puts another one there."""

PRIORITY = Path("OCPPCommCtrlr", "NetworkConfigurationPriority")

TLS = 2
"""The first security profile that is encrypted (A00)."""

INCOMPLETE, IN_USE, DOWNGRADE = "InvalidNetworkConf", "PriorityNetworkConf", "NoSecurityDowngrade"


def lowers(station: Station, wanted: int) -> bool:
    """Whether this security profile is below the present one, and may not be (B09.FR.04, A05).

    AllowSecurityProfileDowngrade of 2.1 lets a station go from 3 to 2, never to what is not encrypted."""
    if wanted >= station.security.profile:
        return False
    allowed = (
        station.version == "2.1" and station.variables.text("SecurityCtrlr", "AllowSecurityProfileDowngrade") == "true"
    )
    return not (allowed and wanted >= TLS)


def is_preferred(station: Station, slot: str) -> bool:
    """Whether it is used, or will be: such a slot keeps what it has (2.1 B09)."""
    orders = (station.variables.text(*PRIORITY[:2]), station.variables.coming(PRIORITY))
    return slot == station.networks.active or any(slot in listed(order) for order in orders)


def check_priority(station: Station, path: Path, value: str) -> str:
    """NetworkConfigurationPriority: each slot has a profile that could be used (A05)."""
    networks = station.networks
    for slot in listed(value):
        if not networks.holds(slot):
            return INCOMPLETE
        security = networks.security_of(slot)
        if lowers(station, security):
            return DOWNGRADE
        if station.security.lacks(security, networks.password_of(slot)):
            return "InvalidCertificate" if security >= TLS else INCOMPLETE
    return ""


def check_field(station: Station, path: Path, value: str) -> str:
    """A variable of NetworkConfiguration (2.1): as if its profile was set as a whole."""
    if is_preferred(station, path.instance):
        return IN_USE
    if path.variable == "SecurityProfile" and lowers(station, int(value)):
        return DOWNGRADE
    return ""
