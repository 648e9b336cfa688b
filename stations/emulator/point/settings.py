"""The configuration keys of a 1.6 station: section 9 of the specification, and those of the security whitepaper. Pure.

Values are texts, as they travel. A key that needs a reboot keeps its old effect until `restart()`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from stations.emulator.point import measurands
from stations.ocpp.frames import Payload

LONGEST_INTERVAL = 2**31 - 1
LONGEST_LIST = 10

SAMPLE_SECONDS = 10
"""Between the readings of a session, as delivered."""
ALIGNED_SECONDS = 900
"""Between readings at round times: what a 2.x station has instead of none."""

Rule = Callable[[str], bool]
"""Whether a value may be set."""


@dataclass(frozen=True, slots=True)
class Key:
    """`rule` None: read-only. `secret`: may be written, is never shown (AuthorizationKey)."""

    default: str
    rule: Rule | None = None
    reboot: bool = False
    secret: bool = False


def _flag(value: str) -> bool:
    return value.casefold() in ("true", "false")


def _integer(low: int, high: int = LONGEST_INTERVAL) -> Rule:
    def fits(value: str) -> bool:
        text = value.strip()
        return text.isascii() and text.isdigit() and len(text) < 12 and low <= int(text) <= high

    return fits


def _measurands(value: str) -> bool:
    names = listed(value)
    return len(names) <= LONGEST_LIST and all(measurands.measurable(name) for name in names)


def _rotation(value: str) -> bool:
    """`0.RST` and the like: a connector and an order of phases (section 9.1.5)."""
    orders = {"NotApplicable", "Unknown", "RST", "RTS", "SRT", "STR", "TRS", "TSR"}
    parts = [entry.partition(".") for entry in listed(value)]
    return all(number.isdigit() and order in orders for number, _, order in parts)


def _short(longest: int, shortest: int = 0) -> Rule:
    return lambda value: shortest <= len(value) <= longest


@lru_cache(256)
def listed(value: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in value.split(",") if name.strip())


_ON, _OFF = Key("true", _flag), Key("false", _flag)
_USUAL = ",".join(measurands.USUAL)
_MAX_LENGTH = Key(str(LONGEST_LIST))

KEYS: dict[str, Key] = {
    # Core (section 9.1)
    "AllowOfflineTxForUnknownId": _ON,
    "AuthorizationCacheEnabled": _ON,
    "AuthorizeRemoteTxRequests": _OFF,
    "BlinkRepeat": Key("3", _integer(0, 100)),
    "ClockAlignedDataInterval": Key("0", _integer(0, 86_400)),
    "ConnectionTimeOut": Key("60", _integer(1)),
    "ConnectorPhaseRotation": Key("0.Unknown", _rotation),
    "ConnectorPhaseRotationMaxLength": _MAX_LENGTH,
    "GetConfigurationMaxKeys": Key("60"),
    "HeartbeatInterval": Key("300", _integer(1)),
    "LightIntensity": Key("100", _integer(0, 100)),
    "LocalAuthorizeOffline": _ON,
    "LocalPreAuthorize": _OFF,
    "MaxEnergyOnInvalidId": Key("0", _integer(0)),
    "MeterValuesAlignedData": Key(_USUAL, _measurands),
    "MeterValuesAlignedDataMaxLength": _MAX_LENGTH,
    "MeterValuesSampledData": Key(_USUAL, _measurands),
    "MeterValuesSampledDataMaxLength": _MAX_LENGTH,
    "MeterValueSampleInterval": Key(str(SAMPLE_SECONDS), _integer(0)),
    "MinimumStatusDuration": Key("0", _integer(0)),
    "NumberOfConnectors": Key("2"),
    "ResetRetries": Key("1", _integer(0, 10)),
    "StopTransactionOnEVSideDisconnect": _ON,
    "StopTransactionOnInvalidId": _ON,
    "StopTxnAlignedData": Key("", _measurands),
    "StopTxnAlignedDataMaxLength": _MAX_LENGTH,
    "StopTxnSampledData": Key("", _measurands),
    "StopTxnSampledDataMaxLength": _MAX_LENGTH,
    "SupportedFeatureProfiles": Key(
        "Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger"
    ),
    "SupportedFeatureProfilesMaxLength": Key("6"),
    "TransactionMessageAttempts": Key("3", _integer(1, 100)),
    "TransactionMessageRetryInterval": Key("60", _integer(0)),
    "UnlockConnectorOnEVSideDisconnect": _ON,
    "WebSocketPingInterval": Key("0", _integer(0)),
    # Local authorization list (9.2), reservation (9.3), smart charging (9.4), firmware
    "LocalAuthListEnabled": _ON,
    "LocalAuthListMaxLength": Key("1000"),
    "SendLocalListMaxLength": Key("100"),
    "ReserveConnectorZeroSupported": Key("true"),
    "ChargeProfileMaxStackLevel": Key("10"),
    "ChargingScheduleAllowedChargingRateUnit": Key("Current,Power"),
    "ChargingScheduleMaxPeriods": Key("24"),
    "ConnectorSwitch3to1PhaseSupported": Key("false"),
    "MaxChargingProfilesInstalled": Key("20"),
    "SupportedFileTransferProtocols": Key("HTTP,HTTPS"),
    # Security whitepaper, section 6
    "AdditionalRootCertificateCheck": Key("false"),
    "AuthorizationKey": Key("", _short(40, 16), secret=True),
    "CertificateSignedMaxChainSize": Key("10000"),
    "CertificateStoreMaxLength": Key("10"),
    "CpoName": Key("", _short(500)),
    "SecurityProfile": Key("0", _integer(0, 3), reboot=True),
}


class Settings:
    """The values of one station; only what differs from the defaults takes memory."""

    def __init__(self, **values: str) -> None:
        self._values: dict[str, str] = dict(values)
        self._waiting: dict[str, str] = {}

    def text(self, name: str) -> str:
        return self._values.get(name, KEYS[name].default)

    def number(self, name: str) -> int:
        return int(self.text(name))

    def flag(self, name: str) -> bool:
        return self.text(name).casefold() == "true"

    def names(self, name: str) -> tuple[str, ...]:
        return listed(self.text(name))

    def put(self, name: str, value: str) -> None:
        """Set it whatever its rules: the station itself, or a technician on site."""
        self._values[name] = value

    def change(self, name: str, value: str) -> str:
        """The status of a ChangeConfiguration (section 5.4)."""
        key = KEYS.get(name)
        if key is None:
            return "NotSupported"
        if key.rule is None or not key.rule(value):
            return "Rejected"
        if key.reboot:
            self._waiting[name] = value
            return "RebootRequired"
        self._values[name] = value
        return "Accepted"

    def restart(self) -> None:
        """The station booted: what waited for that takes effect."""
        self._values |= self._waiting
        self._waiting.clear()

    def report(self, wanted: Sequence[str]) -> Payload:
        """The answer to GetConfiguration (section 5.8); nothing wanted means everything."""
        known = [name for name in wanted if name in KEYS] if wanted else sorted(KEYS)
        answer: Payload = {"configurationKey": [self._entry(name) for name in known]}
        if unknown := [name for name in wanted if name not in KEYS]:
            answer["unknownKey"] = unknown
        return answer

    def _entry(self, name: str) -> Payload:
        key = KEYS[name]
        entry: Payload = {"key": name, "readonly": key.rule is None}
        return entry if key.secret else entry | {"value": self.text(name)[:500]}
