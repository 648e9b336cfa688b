"""What 2.1 adds to certificates: those of ISO 15118-20, numbered requests, the status of chains (A02, M01, M07)."""

from __future__ import annotations

from collections.abc import Mapping

from stations.ocpp.certificates import (
    ChainStatusAnswered,
    ChainStatusRequested,
    ContractAnswered,
    SignedCertificate,
    StatusAnswered,
    StatusSource,
    read_hash,
    write_hash,
)
from stations.ocpp.frames import Payload
from stations.ocpp.times import written
from stations.ocpp.v201 import certificates as v201
from stations.ocpp.v201.certificates import write_delete, write_install, write_list

__all__ = [
    "INSTALLABLE",
    "LARGEST",
    "LISTABLE",
    "RENEWABLE",
    "write_delete",
    "write_install",
    "write_list",
    "write_renewal",
    "write_signed",
]

INSTALLABLE = (*v201.INSTALLABLE, "OEMRootCertificate")
LISTABLE = (*INSTALLABLE, "V2GCertificateChain")

LARGEST, LARGEST_EXI, LARGEST_OCSP = 10_000, 17_000, 18_000

TRIGGERS: Mapping[str, str] = {**v201.TRIGGERS, "V2G20Certificate": "SignV2G20Certificate"}
RENEWABLE = tuple(TRIGGERS)


def write_contract(answer: ContractAnswered) -> Payload:
    remaining = {} if answer.remaining is None else {"remainingContracts": answer.remaining}
    return v201.write_contract(answer, LARGEST_EXI) | remaining


def write_status(answer: StatusAnswered) -> Payload:
    return v201.write_status(answer, LARGEST_OCSP)


def read_chain_status_request(payload: Payload) -> ChainStatusRequested:
    return ChainStatusRequested(
        tuple(
            StatusSource(read_hash(each["certificateHashData"]), tuple(each["urls"]), each["source"])
            for each in payload["certificateStatusRequests"]
        )
    )


def write_chain_status(answer: ChainStatusAnswered) -> Payload:
    return {
        "certificateStatus": [
            {
                "certificateHashData": write_hash(each.source.certificate),
                "source": each.source.kind,
                "status": each.status,
                "nextUpdate": written(each.next_update),
            }
            for each in answer.found
        ]
    }


def write_signed(signed: SignedCertificate) -> Payload:
    """With the number of the request, where the station gave it one."""
    return v201.write_signed(signed) | ({} if signed.request is None else {"requestId": signed.request})


def write_renewal(*, use: str) -> tuple[str, Payload]:
    return "TriggerMessage", {"requestedMessage": TRIGGERS[use]}
