"""What the answers to our calls tell, for OCPP 2.0.1 and 2.1: (request, answer) → fact."""

from __future__ import annotations

from collections.abc import Mapping

from stations.ocpp.frames import Payload
from stations.ocpp.routes import Reader
from stations.ocpp.told import TransactionStatusTold
from stations.ocpp.v201 import monitoring, network, provisioning, variables


def read_transaction_status(request: Payload, answer: Payload) -> TransactionStatusTold:
    """Without a transactionId the question was about all of them (E14.FR.07)."""
    return TransactionStatusTold(request.get("transactionId", ""), answer["messagesInQueue"])


ANSWERS: Mapping[str, Reader] = {
    "ClearVariableMonitoring": monitoring.read_cleared,
    "CustomerInformation": provisioning.read_customer_asked,
    "GetBaseReport": provisioning.read_report_asked,
    "GetMonitoringReport": monitoring.read_asked,
    "GetReport": provisioning.read_report_asked,
    "GetTransactionStatus": read_transaction_status,
    "GetVariables": variables.read_got,
    "SetMonitoringBase": monitoring.read_base,
    "SetMonitoringLevel": monitoring.read_level,
    "SetNetworkProfile": network.read_set,
    "SetVariableMonitoring": monitoring.read_set,
    "SetVariables": variables.read_set,
}
