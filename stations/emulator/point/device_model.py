"""The standard components and variables of an emulated 2.x station (2.0.1 part 2, chapter 3 of its appendices). Pure.

What is listed here is as it says: a value that can be set has an effect, and one that only tells is read from the
station's state where it has one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from stations.emulator.point import v2_bidirectional
from stations.emulator.point.display_variables import VARIABLES as DISPLAY
from stations.emulator.point.factory_monitors import VARIABLES as MONITORING
from stations.emulator.point.metering2 import ALWAYS, KEY_IS_TOLD
from stations.emulator.point.meters2 import USUAL
from stations.emulator.point.network_rules import check_priority
from stations.emulator.point.networks import DELIVERED, SLOTS
from stations.emulator.point.settings import KEYS, LONGEST_INTERVAL
from stations.emulator.point.slots import variables as slot_variables
from stations.emulator.point.smart_charging_variables import VARIABLES as SMART_CHARGING
from stations.emulator.point.tariff_variables import COSTS, TARIFFS
from stations.emulator.point.txpoints import START_POINTS, STOP_POINTS
from stations.emulator.point.variables import READ_WRITE, WRITE_ONLY, Path, Variable
from stations.ocpp.times import written

if TYPE_CHECKING:
    from stations.emulator.point.station import Station

ITEMS = 50
"""Variables in one GetVariables or SetVariables, and criteria in one GetReport."""

BYTES = 65_536

EVENTS = "TransactionEvent"
"""The instance of the variables about messages of transactions (E13)."""

NO_EVSE_RESET = "evse-reset"
"""What a station is `without` whose EVSEs can only be reset all together (B12, EVSE.AllowReset)."""

OPTIONAL = (NO_EVSE_RESET, "SummaryInventory")
"""All that a station may be `without`; the other one is a kind of base report (B07)."""

LIST_ENTRIES = int(KEYS["LocalAuthListMaxLength"].default)


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


def _measurands(component: str, variable: str) -> Variable:
    """What readings of one kind have: all of it, as delivered."""
    return _own(component, variable, ",".join(USUAL), kind="MemberList", options=USUAL)


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
    return station.networks.identity


def _active_slot(station: Station, path: Path, now: float) -> str:
    return station.networks.active


def _allows_reset(station: Station, path: Path, now: float) -> str:
    return "false" if NO_EVSE_RESET in station.without else "true"


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
    # Updates of its firmware (L)
    _own("ChargingStation", "AllowNewSessionsPendingFirmwareUpdate", "false", kind="boolean"),
    # Authorisation (C)
    _fixed("AuthCtrlr", "Enabled", "true", kind="boolean"),
    _flag("AuthCtrlr", "LocalAuthorizeOffline", "LocalAuthorizeOffline"),
    _flag("AuthCtrlr", "LocalPreAuthorize", "LocalPreAuthorize"),
    _flag("AuthCtrlr", "AuthorizeRemoteStart", "AuthorizeRemoteTxRequests"),
    _flag("AuthCtrlr", "OfflineTxForUnknownIdEnabled", "AllowOfflineTxForUnknownId"),
    _own("AuthCtrlr", "DisableRemoteAuthorization", "false", kind="boolean"),
    _own("AuthCtrlr", "MasterPassGroupId", "", kind="string", high=36),
    _flag("AuthCacheCtrlr", "Enabled", "AuthorizationCacheEnabled"),
    _own("AuthCacheCtrlr", "LifeTime", 0, unit="s", low=0, high=LONGEST_INTERVAL),
    _own("AuthCacheCtrlr", "DisablePostAuthorize", "false", kind="boolean"),
    _flag("LocalAuthListCtrlr", "Enabled", "LocalAuthListEnabled"),
    _own("LocalAuthListCtrlr", "DisablePostAuthorize", "false", kind="boolean"),
    Variable(Path("LocalAuthListCtrlr", "Entries"), "integer", low=0, high=LIST_ENTRIES, source=_entries),
    _told("LocalAuthListCtrlr", "ItemsPerMessage", "SendLocalListMaxLength"),
    _fixed("LocalAuthListCtrlr", "BytesPerMessage", BYTES, kind="integer"),
    # Meter values (J)
    _fixed("AlignedDataCtrlr", "Enabled", "true", kind="boolean"),
    _whole("AlignedDataCtrlr", "Interval", "ClockAlignedDataInterval", unit="s"),
    _measurands("AlignedDataCtrlr", "Measurands"),
    _own("AlignedDataCtrlr", "SendDuringIdle", "false", kind="boolean"),
    _own("AlignedDataCtrlr", "TxEndedInterval", 0, unit="s", low=0, high=86_400),
    _measurands("AlignedDataCtrlr", "TxEndedMeasurands"),
    _fixed("SampledDataCtrlr", "Enabled", "true", kind="boolean"),
    _whole("SampledDataCtrlr", "TxUpdatedInterval", "MeterValueSampleInterval", unit="s"),
    _measurands("SampledDataCtrlr", "TxStartedMeasurands"),
    _measurands("SampledDataCtrlr", "TxUpdatedMeasurands"),
    _measurands("SampledDataCtrlr", "TxEndedMeasurands"),
    # Transactions (E)
    _whole("TxCtrlr", "EVConnectionTimeOut", "ConnectionTimeOut", low=1, unit="s"),
    _whole("TxCtrlr", "MaxEnergyOnInvalidId", "MaxEnergyOnInvalidId", unit="Wh"),
    _flag("TxCtrlr", "StopTxOnEVSideDisconnect", "StopTransactionOnEVSideDisconnect"),
    _flag("TxCtrlr", "StopTxOnInvalidId", "StopTransactionOnInvalidId"),
    _own("TxCtrlr", "TxStartPoint", "EVConnected", kind="MemberList", options=START_POINTS, low=1),
    _own("TxCtrlr", "TxStopPoint", "Authorized,EVConnected", kind="MemberList", options=STOP_POINTS, low=1),
    # Communication (B, F)
    _whole("OCPPCommCtrlr", "HeartbeatInterval", "HeartbeatInterval", low=1, unit="s"),
    Variable(Path("OCPPCommCtrlr", "ActiveNetworkProfile"), source=_active_slot),
    _fixed("OCPPCommCtrlr", "FileTransferProtocols", "HTTP,HTTPS", kind="MemberList"),
    _fixed("OCPPCommCtrlr", "MessageTimeout", 30, kind="integer", unit="s", instance="Default"),
    _own(
        "OCPPCommCtrlr",
        "NetworkConfigurationPriority",
        DELIVERED,
        kind="SequenceList",
        options=SLOTS,
        low=1,
        reboot=True,
        check=check_priority,
    ),
    _own("OCPPCommCtrlr", "OfflineThreshold", 60, unit="s", low=0),
    _own("OCPPCommCtrlr", "NetworkProfileConnectionAttempts", 3, low=1, high=100),
    _whole("OCPPCommCtrlr", "MessageAttempts", "TransactionMessageAttempts", low=1, instance=EVENTS),
    _whole("OCPPCommCtrlr", "MessageAttemptInterval", "TransactionMessageRetryInterval", unit="s", instance=EVENTS),
    _flag("OCPPCommCtrlr", "UnlockOnEVSideDisconnect", "UnlockConnectorOnEVSideDisconnect"),
    # The device model itself (B05 to B08)
    *(
        _fixed("DeviceDataCtrlr", name, value, kind="integer", instance=action)
        for action in ("GetReport", "GetVariables", "SetVariables")
        for name, value in (("ItemsPerMessage", ITEMS), ("BytesPerMessage", BYTES))
    ),
    *MONITORING,
    *DISPLAY,
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
    _own("ISO15118Ctrlr", "PnCEnabled", "true", kind="boolean"),
    _own("ISO15118Ctrlr", "CentralContractValidationAllowed", "true", kind="boolean"),
    _own("ISO15118Ctrlr", "ContractValidationOffline", "true", kind="boolean"),
    # Clock, reservations, smart charging
    Variable(Path("ClockCtrlr", "DateTime"), "dateTime", source=_clock),
    _fixed("ClockCtrlr", "TimeSource", "RealTimeClock", kind="SequenceList"),
    _own("ClockCtrlr", "TimeZone", "", kind="string", high=50),
    _own("ClockCtrlr", "TimeOffset", "+00:00", kind="string", high=6),
    _own("ReservationCtrlr", "Enabled", "true", kind="boolean"),
    _told("ReservationCtrlr", "NonEvseSpecific", "ReserveConnectorZeroSupported", kind="boolean"),
    *SMART_CHARGING,
)


ONLY_21 = (
    # Security, and what becomes of a transaction when the station restarts (E17)
    _own("SecurityCtrlr", "AllowSecurityProfileDowngrade", "false", kind="boolean"),
    _own("TxCtrlr", "TxResumptionTimeout", 0, unit="s", low=0),
    _own("TxCtrlr", "TxAllowEnergyTransferResumption", "false", kind="boolean"),
)
"""Of every station with 2.1."""


SIGNING = (
    _own("AlignedDataCtrlr", "SignReadings", "false", kind="boolean"),
    _own("SampledDataCtrlr", "SignReadings", "false", kind="boolean"),
    _own("OCPPCommCtrlr", "PublicKeyWithSignedMeterValue", ALWAYS, kind="OptionList", options=KEY_IS_TOLD),
)
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
            yield Variable(path("AllowReset"), "boolean", source=_allows_reset)
            yield Variable(path("Power"), "decimal", unit="W", low=0, high=22_080, source=_power)


def _of_inverter(outlets: int, modes: Sequence[str]) -> Iterator[Variable]:
    """DER control (2.1 R04): the inverter of each EVSE keeps to the same."""
    for number in range(1, outlets + 1) if modes else ():
        yield Variable(Path("DCDERCtrlr", "Available", number), "boolean", "true")
        yield Variable(
            Path("DCDERCtrlr", "ModesSupported", number), "MemberList", ",".join(modes), options=tuple(modes)
        )


@lru_cache(64)
def device_model(
    outlets: int, modes: tuple[str, ...] = (), *, slots: int = 0, v2x: bool = False, counts: bool = False
) -> dict[Path, Variable]:
    """All variables of a station with so many EVSEs, by the key of their path.

    `modes`: of DER control; `slots`: for batteries (2.1, block S); `v2x`: energy flows both ways (2.1 Q); `counts`:
    what sessions cost (2.1 I07)."""
    found = [
        *STATION,
        *COSTS,
        *(TARIFFS if counts else ()),
        *(each for number in range(1, outlets + 1) for each in _of_evse(number)),
    ]
    found += _of_inverter(outlets, modes)
    if v2x:
        found += v2_bidirectional.station_variables()
        found += (each for number in range(1, outlets + 1) for each in v2_bidirectional.evse_variables(number))
    if slots:
        found += slot_variables(range(outlets + 1, outlets + 1 + slots))
    return {variable.path.key: variable for variable in found}
