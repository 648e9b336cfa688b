"""What the answers to our calls tell, for OCPP 2.0.1 and 2.1: (request, answer) → fact."""

from __future__ import annotations

from collections.abc import Mapping

from stations.ocpp.frames import Payload
from stations.ocpp.reading import text
from stations.ocpp.routes import Reader
from stations.ocpp.told import RemoteStartAnswered, TransactionStatusTold
from stations.ocpp.v201 import (
    certificates,
    displays,
    files,
    local_list,
    monitoring,
    network,
    provisioning,
    reservation,
    smart_charging,
    tariffs,
    variables,
)


def read_transaction_status(request: Payload, answer: Payload) -> TransactionStatusTold:
    """Without a transactionId the question was about all of them (E14.FR.07)."""
    return TransactionStatusTold(request.get("transactionId", ""), answer["messagesInQueue"])


def read_remote_start(request: Payload, answer: Payload) -> RemoteStartAnswered:
    return RemoteStartAnswered(request["remoteStartId"], text(answer, "transactionId"), answer["status"])


ANSWERS: Mapping[str, Reader] = {
    "CancelReservation": reservation.read_cancelled,
    "CertificateSigned": certificates.read_signed,
    "ClearChargingProfile": smart_charging.read_clear_profile,
    "ClearDisplayMessage": displays.read_cleared,
    "ClearVariableMonitoring": monitoring.read_cleared,
    "CostUpdated": tariffs.read_cost_updated,
    "CustomerInformation": provisioning.read_customer_asked,
    "DeleteCertificate": certificates.read_delete,
    "GetBaseReport": provisioning.read_report_asked,
    "GetChargingProfiles": smart_charging.read_asked_profiles,
    "GetDisplayMessages": displays.read_asked,
    "GetInstalledCertificateIds": certificates.read_list,
    "GetLocalListVersion": local_list.read_list_version,
    "GetLog": files.read_log,
    "GetMonitoringReport": monitoring.read_asked,
    "GetReport": provisioning.read_report_asked,
    "GetTransactionStatus": read_transaction_status,
    "GetVariables": variables.read_got,
    "InstallCertificate": certificates.read_install,
    "PublishFirmware": files.read_answer,
    "RequestStartTransaction": read_remote_start,
    "ReserveNow": reservation.read_reserved,
    "SendLocalList": local_list.read_list_sent,
    "SetChargingProfile": smart_charging.read_set_profile,
    "SetDisplayMessage": displays.read_set,
    "SetMonitoringBase": monitoring.read_base,
    "SetMonitoringLevel": monitoring.read_level,
    "SetNetworkProfile": network.read_set,
    "SetVariableMonitoring": monitoring.read_set,
    "SetVariables": variables.read_set,
    "UnpublishFirmware": files.read_unpublish,
    "UpdateFirmware": files.read_answer,
}
