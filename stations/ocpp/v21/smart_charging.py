"""Dynamic schedules, priority charging and what V2X may do (use cases K21, K22, K28, Q01)."""

from __future__ import annotations

from stations.ocpp.frames import Payload
from stations.ocpp.reading import MAX_NUMBER, text, whole
from stations.ocpp.smart_charging import (
    PriorityNotified,
    PriorityUsed,
    SchedulePulled,
    ScheduleTold,
    ScheduleUpdated,
    TransferAllowed,
)


def read_priority(payload: Payload) -> PriorityNotified:
    return PriorityNotified(text(payload, "transactionId"), payload["activated"])


def read_pull(payload: Payload) -> SchedulePulled:
    return SchedulePulled(whole(payload, "chargingProfileId", least=-MAX_NUMBER))


def write_pulled(answer: ScheduleTold) -> Payload:
    if answer.update is None:
        return {"status": answer.status}
    return {"status": answer.status, "scheduleUpdate": answer.update}


def read_updated(request: Payload, reply: Payload) -> ScheduleUpdated:
    return ScheduleUpdated(request["chargingProfileId"], request["scheduleUpdate"], reply["status"])


def read_priority_used(request: Payload, reply: Payload) -> PriorityUsed:
    return PriorityUsed(request["transactionId"], request["activate"], reply["status"])


def read_transfer_allowed(request: Payload, reply: Payload) -> TransferAllowed:
    return TransferAllowed(request["transactionId"], request["allowedEnergyTransfer"], reply["status"])
