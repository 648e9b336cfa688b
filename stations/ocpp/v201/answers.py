"""What the answers to our calls tell, for OCPP 2.0.1 and 2.1: (request, answer) → fact."""

from __future__ import annotations

from collections.abc import Mapping

from stations.ocpp.frames import Payload
from stations.ocpp.reading import text
from stations.ocpp.routes import Reader
from stations.ocpp.told import RemoteStartAnswered, TransactionStatusTold
from stations.ocpp.v201 import local_list, network, provisioning, reservation, variables


def read_transaction_status(request: Payload, answer: Payload) -> TransactionStatusTold:
    """Without a transactionId the question was about all of them (E14.FR.07)."""
    return TransactionStatusTold(request.get("transactionId", ""), answer["messagesInQueue"])


def read_remote_start(request: Payload, answer: Payload) -> RemoteStartAnswered:
    return RemoteStartAnswered(request["remoteStartId"], text(answer, "transactionId"), answer["status"])


ANSWERS: Mapping[str, Reader] = {
    "CancelReservation": reservation.read_cancelled,
    "CustomerInformation": provisioning.read_customer_asked,
    "GetBaseReport": provisioning.read_report_asked,
    "GetLocalListVersion": local_list.read_list_version,
    "GetReport": provisioning.read_report_asked,
    "GetTransactionStatus": read_transaction_status,
    "GetVariables": variables.read_got,
    "RequestStartTransaction": read_remote_start,
    "ReserveNow": reservation.read_reserved,
    "SendLocalList": local_list.read_list_sent,
    "SetNetworkProfile": network.read_set,
    "SetVariables": variables.read_set,
}
