"""Why a transaction ends, in the words of OCPP 2.0.1 and 2.1 (TriggerReasonEnumType, ReasonEnumType). Pure."""

from __future__ import annotations

from typing import NamedTuple

from stations.emulator.point.words import Reason


class Told(NamedTuple):
    trigger: str
    reason: str


TOLD = {
    Reason.LOCAL: Told("StopAuthorized", "Local"),
    Reason.UNPLUGGED: Told("EVCommunicationLost", "EVDisconnected"),
    Reason.DEAUTHORISED: Told("Deauthorized", "DeAuthorized"),
    Reason.FAULT: Told("AbnormalCondition", "Other"),
    Reason.REBOOT: Told("AbnormalCondition", "Reboot"),
    Reason.EMERGENCY_STOP: Told("AbnormalCondition", "EmergencyStop"),
    Reason.HARD_RESET: Told("ResetCommand", "ImmediateReset"),
    Reason.RESET_AND_RESUME: Told("ResetCommand", "ImmediateReset"),
    Reason.SOFT_RESET: Told("ResetCommand", "Reboot"),
    Reason.POWER_LOSS: Told("AbnormalCondition", "PowerLoss"),
    Reason.REMOTE: Told("RemoteStop", "Remote"),
    Reason.UNLOCK_COMMAND: Told("UnlockCommand", "Other"),
    Reason.MASTER_PASS: Told("StopAuthorized", "MasterPass"),
    Reason.TIMEOUT: Told("EVConnectTimeout", "Timeout"),
    Reason.ENERGY_LIMIT: Told("EnergyLimitReached", "EnergyLimitReached"),
    Reason.TIME_LIMIT: Told("TimeLimitReached", "TimeLimitReached"),
    Reason.COST_LIMIT: Told("CostLimitReached", "LocalOutOfCredit"),
    Reason.SOC_LIMIT: Told("SoCLimitReached", "SOCLimitReached"),
    Reason.VEHICLE: Told("ChargingStateChanged", "StoppedByEV"),
    Reason.DEPARTED: Told("EVDeparted", "Local"),
    Reason.TRANSFER_REJECTED: Told("AbnormalCondition", "ReqEnergyTransferRejected"),
}
