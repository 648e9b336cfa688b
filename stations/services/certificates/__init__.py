"""Certificates of stations: what they ask to have signed (`signing`), what is in their stores (`certificate_stores`).

They are signed by the server's authority (`authority`). A station's own certificate is `issued` when it is signed and
`installed` when the station has taken it.
"""

from __future__ import annotations

from stations.services.certificates.signing import approve, ask_for_request, refuse, renew_expiring, request_certificate
from stations.services.certificates.stores import (
    delete_certificate,
    expiring,
    install_certificate,
    list_certificates,
    take_answer,
    take_deletion,
    take_list,
)

__all__ = [
    "approve",
    "ask_for_request",
    "delete_certificate",
    "expiring",
    "install_certificate",
    "list_certificates",
    "refuse",
    "renew_expiring",
    "request_certificate",
    "take_answer",
    "take_deletion",
    "take_list",
]
