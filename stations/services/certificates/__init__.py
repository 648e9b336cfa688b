"""Certificates: what stations ask to have signed (`signing`), what is in their stores (`stores`), contracts of vehicles
(`contracts`, `providers`), and whether anything was revoked (`status`, `ocsp`, `responders`).

They are signed by the server's authorities (`authority`, `pki`). A station's own certificate is `issued` when it is signed
and `installed` when the station has taken it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from smartserver.core.batch import Batch
from stations.ocpp.certificates import (
    CertificateAnswered,
    CertificateDeleted,
    CertificatesListed,
    ChainStatusRequested,
    ContractPresented,
    ContractRequested,
    StatusRequested,
)
from stations.ocpp.facts import CertificateRequested
from stations.services.certificates.contracts import (
    cancel_contract,
    present_contract,
    register_contract,
    request_contract,
)
from stations.services.certificates.signing import approve, ask_for_request, refuse, renew_expiring, request_certificate
from stations.services.certificates.status import tell_chain_status, tell_status
from stations.services.certificates.stores import (
    delete_certificate,
    expiring,
    install_certificate,
    list_certificates,
    revoke_certificate,
    take_answer,
    take_deletion,
    take_list,
)
from stations.services.settled import Settled

__all__ = [
    "TOLD",
    "USE_CASES",
    "approve",
    "ask_for_request",
    "cancel_contract",
    "delete_certificate",
    "expiring",
    "install_certificate",
    "list_certificates",
    "refuse",
    "register_contract",
    "renew_expiring",
    "request_certificate",
    "revoke_certificate",
    "take_answer",
    "take_deletion",
    "take_list",
]

USE_CASES: Mapping[type, Callable[..., Any]] = {
    CertificateRequested: request_certificate,
    ChainStatusRequested: tell_chain_status,
    ContractPresented: present_contract,
    ContractRequested: request_contract,
    StatusRequested: tell_status,
}

TOLD: Mapping[type, Callable[[Batch, Settled, Any], None]] = {
    CertificateAnswered: take_answer,
    CertificateDeleted: take_deletion,
    CertificatesListed: take_list,
}
