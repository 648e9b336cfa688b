"""Who sends what: the actions of each version that come from stations, and those that go to them."""

from __future__ import annotations

from functools import cache

from stations.ocpp import schemas

_FROM_STATIONS = {
    # 1.6 sections 4 and 6 (DataTransfer goes both ways), security whitepaper sections 4 and 5.
    "1.6": frozenset(
        [
            "Authorize",
            "BootNotification",
            "DataTransfer",
            "DiagnosticsStatusNotification",
            "FirmwareStatusNotification",
            "Heartbeat",
            "LogStatusNotification",
            "MeterValues",
            "SecurityEventNotification",
            "SignCertificate",
            "SignedFirmwareStatusNotification",
            "StartTransaction",
            "StatusNotification",
            "StopTransaction",
        ]
    ),
    # 2.0.1 part 2, chapter 1 of "Messages".
    "2.0.1": frozenset(
        [
            "Authorize",
            "BootNotification",
            "ClearedChargingLimit",
            "DataTransfer",
            "FirmwareStatusNotification",
            "Get15118EVCertificate",
            "GetCertificateStatus",
            "Heartbeat",
            "LogStatusNotification",
            "MeterValues",
            "NotifyChargingLimit",
            "NotifyCustomerInformation",
            "NotifyDisplayMessages",
            "NotifyEVChargingNeeds",
            "NotifyEVChargingSchedule",
            "NotifyEvent",
            "NotifyMonitoringReport",
            "NotifyReport",
            "PublishFirmwareStatusNotification",
            "ReportChargingProfiles",
            "ReservationStatusUpdate",
            "SecurityEventNotification",
            "SignCertificate",
            "StatusNotification",
            "TransactionEvent",
        ]
    ),
}
_FROM_STATIONS["2.1"] = _FROM_STATIONS["2.0.1"] | frozenset(
    [
        "BatterySwap",
        "GetCertificateChainStatus",
        "NotifyDERAlarm",
        "NotifyDERStartStop",
        "NotifyPeriodicEventStream",
        "NotifyPriorityCharging",
        "NotifySettlement",
        "OpenPeriodicEventStream",
        "ClosePeriodicEventStream",
        "PullDynamicScheduleUpdate",
        "ReportDERControl",
        "VatNumberValidation",
    ]
)

_BOTH_WAYS = frozenset({"DataTransfer"})


@cache
def from_stations(version: str) -> frozenset[str]:
    """The actions that a station of this version calls."""
    return _FROM_STATIONS[version]


@cache
def to_stations(version: str) -> frozenset[str]:
    """The actions that a server calls."""
    return (schemas.actions(version) - _FROM_STATIONS[version]) | _BOTH_WAYS
