"""The standard components and variables of an emulated 2.x station (2.0.1 part 2, chapter 3 of its appendices). Pure.

What is listed here is as it says: a value that can be set has an effect, and one that only tells is read from the
station's state where it has one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from stations.emulator.point.display import CAPACITY, PRIORITIES
from stations.emulator.point.factory_monitors import VARIABLES as MONITORING
from stations.emulator.point.settings import KEYS, LONGEST_INTERVAL
from stations.emulator.point.smart_charging_variables import VARIABLES as SMART_CHARGING
from stations.emulator.point.variables import READ_WRITE, WRITE_ONLY, Path, Variable
from stations.ocpp.times import written

if TYPE_CHECKING:
    from stations.emulator.point.station import Station

ITEMS = 50
"""Variables in one GetVariables or SetVariables, and criteria in one GetReport."""

BYTES = 65_536

MEASURANDS = "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,SoC"
"""What each reading has (`v2.py`)."""

START_POINTS = ("Authorized", "EVConnected", "PowerPathClosed")
"""Where a transaction may begin."""

LIST_ENTRIES = int(KEYS["LocalAuthListMaxLength"].default)

SLOTS = ("1", "2", "3")
"""Configuration slots for network profiles (B09)."""


def _fixed(component: str, variable: str, value: object, *, kind: str = "string", **more: Any) -> Variable:
    """What never changes."""
    path = Path(component, variable, variable_instance=more.pop("instance", ""))
    return Variable(path, kind, str(value), **more)


def _flag(component: str, variable: str, setting: str) -> Variable:
    """A boolean that may be set, and governs what `setting` does in 1.6."""
    return Variable(Path(component, variable), "boolean", mutability=READ_WRITE, setting=setting)


def _whole(component: str, variable: str, setting: str, low: int = 0, unit: str = "", instance: str = "") -> Variable:
    """The same for a whole number."""
    path = Path(component, variable, variable_instance=instance)
    return Variable(path, "integer", mutability=READ_WRITE, unit=unit, low=low, high=LONGEST_INTERVAL, setting=setting)


def _told(component: str, variable: str, setting: str, *, kind: str = "integer") -> Variable:
    """What only tells what `setting` says."""
    return Variable(Path(component, variable), kind, setting=setting)


def _own(component: str, variable: str, value: object, *, kind: str = "integer", **more: Any) -> Variable:
    """What may be set, and is kept with the variables."""
    path = Path(component, variable, variable_instance=more.pop("instance", ""))
    return Variable(path, kind, str(value), READ_WRITE, **more)


# -- what is read from the station --------------------------------------------------------------


def _clock(station: Station, path: Path, now: float) -> str:
    return written(station.clock(now))


def _status(station: Station, path: Path, now: float) -> str:
    """AvailabilityState of the station, an EVSE or a connector."""
    return station.words.status_word(station.outlet(path.evse).status if path.evse else station.status)


def _is_available(station: Station, path: Path, now: float) -> str:
    inoperative = station.outlet(path.evse).inoperative if path.evse else station.inoperative
    return "false" if inoperative else "true"


def _has_problem(station: Station, path: Path, now: float) -> str:
    outlets = [station.outlet(path.evse)] if path.evse else station.outlets
    return "true" if any(outlet.error for outlet in outlets) else "false"


def _power(station: Station, path: Path, now: float) -> str:
    return f"{station.outlet(path.evse).power_w:.0f}"


def _phases(station: Station, path: Path, now: float) -> str:
    return str(station.outlet(path.evse).rating.phases)


def _entries(station: Station, path: Path, now: float) -> str:
    return str(len(station.access))


def _identity(station: Station, path: Path, now: float) -> str:
    return station.identity


def _active_slot(station: Station, path: Path, now: float) -> str:
    return station.networks.active


def _messages(station: Station, path: Path, now: float) -> str:
    return str(station.display.count(now))


def _formats(station: Station, path: Path, now: float) -> str:
    return ",".join(sorted(station.display.abilities.formats))


def _plate(field: str) -> Any:
    return lambda station, path, now: str(getattr(station.plate, field))


_STATES = ("Available", "Occupied", "Reserved", "Unavailable", "Faulted")

STATION: tuple[Variable, ...] = (
    Variable(Path("ChargingStation", "VendorName"), source=_plate("vendor")),
    Variable(Path("ChargingStation", "Model"), source=_plate("model")),
    Variable(Path("ChargingStation", "SerialNumber"), source=_plate("serial_number")),
    Variable(Path("ChargingStation", "FirmwareVersion"), source=_plate("firmware")),
    Variable(Path("ChargingStation", "Available"), "boolean", source=_is_available),
    Variable(Path("ChargingStation", "AvailabilityState"), "OptionList", options=_STATES, source=_status),
    Variable(Path("ChargingStation", "Problem"), "boolean", source=_has_problem),
    _fixed("ChargingStation", "SupplyPhases", 3, kind="integer"),
    # Authorisation (C)
    _fixed("AuthCtrlr", "Enabled", "true", kind="boolean"),
    _flag("AuthCtrlr", "LocalAuthorizeOffline", "LocalAuthorizeOffline"),
    _flag("AuthCtrlr", "LocalPreAuthorize", "LocalPreAuthorize"),
    _flag("AuthCtrlr", "AuthorizeRemoteStart", "AuthorizeRemoteTxRequests"),
    _flag("AuthCtrlr", "OfflineTxForUnknownIdEnabled", "AllowOfflineTxForUnknownId"),
    _own("AuthCtrlr", "MasterPassGroupId", "", kind="string", high=36),
    _flag("AuthCacheCtrlr", "Enabled", "AuthorizationCacheEnabled"),
    _flag("LocalAuthListCtrlr", "Enabled", "LocalAuthListEnabled"),
    Variable(Path("LocalAuthListCtrlr", "Entries"), "integer", low=0, high=LIST_ENTRIES, source=_entries),
    _told("LocalAuthListCtrlr", "ItemsPerMessage", "SendLocalListMaxLength"),
    _fixed("LocalAuthListCtrlr", "BytesPerMessage", BYTES, kind="integer"),
    # Meter values (J)
    _fixed("AlignedDataCtrlr", "Enabled", "true", kind="boolean"),
    _whole("AlignedDataCtrlr", "Interval", "ClockAlignedDataInterval", unit="s"),
    _fixed("AlignedDataCtrlr", "Measurands", MEASURANDS, kind="MemberList"),
    _fixed("SampledDataCtrlr", "Enabled", "true", kind="boolean"),
    _whole("SampledDataCtrlr", "TxUpdatedInterval", "MeterValueSampleInterval", unit="s"),
    _fixed("SampledDataCtrlr", "TxStartedMeasurands", MEASURANDS, kind="MemberList"),
    _fixed("SampledDataCtrlr", "TxUpdatedMeasurands", MEASURANDS, kind="MemberList"),
    _fixed("SampledDataCtrlr", "TxEndedMeasurands", MEASURANDS, kind="MemberList"),
    # Transactions (E)
    _whole("TxCtrlr", "EVConnectionTimeOut", "ConnectionTimeOut", low=1, unit="s"),
    _whole("TxCtrlr", "MaxEnergyOnInvalidId", "MaxEnergyOnInvalidId", unit="Wh"),
    _flag("TxCtrlr", "StopTxOnEVSideDisconnect", "StopTransactionOnEVSideDisconnect"),
    _flag("TxCtrlr", "StopTxOnInvalidId", "StopTransactionOnInvalidId"),
    _own("TxCtrlr", "TxStartPoint", "EVConnected", kind="MemberList", options=START_POINTS),
    _fixed("TxCtrlr", "TxStopPoint", "Authorized,EVConnected", kind="MemberList"),
    # Communication (B, F)
    _whole("OCPPCommCtrlr", "HeartbeatInterval", "HeartbeatInterval", low=1, unit="s"),
    Variable(Path("OCPPCommCtrlr", "ActiveNetworkProfile"), source=_active_slot),
    _fixed("OCPPCommCtrlr", "FileTransferProtocols", "HTTP,HTTPS", kind="MemberList"),
    _fixed("OCPPCommCtrlr", "MessageTimeout", 30, kind="integer", unit="s", instance="Default"),
    _own(
        "OCPPCommCtrlr",
        "NetworkConfigurationPriority",
        SLOTS[0],
        kind="SequenceList",
        options=SLOTS,
        low=1,
        reboot=True,
    ),
    _own("OCPPCommCtrlr", "NetworkProfileConnectionAttempts", 3, low=1, high=100),
    _flag("OCPPCommCtrlr", "UnlockOnEVSideDisconnect", "UnlockConnectorOnEVSideDisconnect"),
    # The device model itself (B05 to B08)
    *(
        _fixed("DeviceDataCtrlr", name, value, kind="integer", instance=action)
        for action in ("GetReport", "GetVariables", "SetVariables")
        for name, value in (("ItemsPerMessage", ITEMS), ("BytesPerMessage", BYTES))
    ),
    *MONITORING,
    # Messages on the display (O)
    _fixed("DisplayMessageCtrlr", "Enabled", "true", kind="boolean"),
    Variable(Path("DisplayMessageCtrlr", "NumberOfDisplayMessages"), "integer", high=CAPACITY, source=_messages),
    Variable(Path("DisplayMessageCtrlr", "SupportedFormats"), "MemberList", source=_formats),
    _fixed("DisplayMessageCtrlr", "SupportedPriorities", ",".join(PRIORITIES), kind="MemberList"),
    # Security (A)
    Variable(
        Path("SecurityCtrlr", "BasicAuthPassword"), mutability=WRITE_ONLY, low=16, high=40, setting="AuthorizationKey"
    ),
    Variable(Path("SecurityCtrlr", "Identity"), source=_identity),
    Variable(Path("SecurityCtrlr", "OrganizationName"), mutability=READ_WRITE, high=500, setting="CpoName"),
    _told("SecurityCtrlr", "SecurityProfile", "SecurityProfile"),
    _told("SecurityCtrlr", "AdditionalRootCertificateCheck", "AdditionalRootCertificateCheck", kind="boolean"),
    _told("SecurityCtrlr", "CertificateEntries", "CertificateStoreMaxLength"),
    _told("SecurityCtrlr", "MaxCertificateChainSize", "CertificateSignedMaxChainSize"),
    _own("SecurityCtrlr", "CertSigningWaitMinimum", 60, unit="s", low=1),
    _own("SecurityCtrlr", "CertSigningRepeatTimes", 3, low=0),
    # Vehicles of ISO 15118 (C07, M01)
    _fixed("ISO15118Ctrlr", "ContractCertificateInstallationEnabled", "true", kind="boolean"),
    _fixed("ISO15118Ctrlr", "CentralContractValidationAllowed", "true", kind="boolean"),
    # Clock, reservations, smart charging
    Variable(Path("ClockCtrlr", "DateTime"), "dateTime", source=_clock),
    _fixed("ClockCtrlr", "TimeSource", "RealTimeClock", kind="SequenceList"),
    _own("ClockCtrlr", "TimeZone", "", kind="string", high=50),
    _own("ClockCtrlr", "TimeOffset", "+00:00", kind="string", high=6),
    _fixed("ReservationCtrlr", "Enabled", "true", kind="boolean"),
    _told("ReservationCtrlr", "NonEvseSpecific", "ReserveConnectorZeroSupported", kind="boolean"),
    *SMART_CHARGING,
)


SIGN_READINGS = _own("SampledDataCtrlr", "SignReadings", "false", kind="boolean")
"""Only of a station whose meter can sign."""


def _of_evse(number: int) -> Iterator[Variable]:
    """What each EVSE and its one connector have."""
    for connector in (0, 1):
        name = "Connector" if connector else "EVSE"

        def path(variable: str, name: str = name, connector: int = connector) -> Path:
            return Path(name, variable, number, connector)

        yield Variable(path("Available"), "boolean", source=_is_available)
        yield Variable(path("AvailabilityState"), "OptionList", options=_STATES, source=_status)
        yield Variable(path("Problem"), "boolean", source=_has_problem)
        yield Variable(path("SupplyPhases"), "integer", source=_phases)
        if connector:
            yield Variable(path("ConnectorType"), default="sType2")
        else:
            yield Variable(path("Power"), "decimal", unit="W", low=0, high=22_080, source=_power)


def _of_inverter(outlets: int, modes: Sequence[str]) -> Iterator[Variable]:
    """DER control (2.1 R04): the inverter of each EVSE keeps to the same."""
    for number in range(1, outlets + 1) if modes else ():
        yield Variable(Path("DCDERCtrlr", "Available", number), "boolean", "true")
        yield Variable(
            Path("DCDERCtrlr", "ModesSupported", number), "MemberList", ",".join(modes), options=tuple(modes)
        )


@lru_cache(64)
def device_model(outlets: int, modes: tuple[str, ...] = (), *, swaps: bool = False) -> dict[Path, Variable]:
    """All variables of a station with so many EVSEs, by the key of their path.

    `modes`: of DER control; `swaps`: it has slots for batteries (2.1 S03)."""
    found = [*STATION, *(each for number in range(1, outlets + 1) for each in _of_evse(number))]
    found += _of_inverter(outlets, modes)
    if swaps:
        found.append(_fixed("BatterySwapCtrlr", "SwapOrder", "In-Out", kind="OptionList", options=("In-Out", "Out-In")))
    return {variable.path.key: variable for variable in found}
