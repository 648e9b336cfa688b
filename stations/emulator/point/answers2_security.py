"""Answers of a 2.x station about certificates (blocks A and M of part 2). Pure."""

from __future__ import annotations

from stations.emulator.point.model import ChargePointModel
from stations.emulator.point.signing import V2G_ROOT
from stations.ocpp.certificates import COMBINED, V2G, V2G20, V2G_CHAIN
from stations.ocpp.frames import Payload
from stations.ocpp.v201.certificates import OURS, WORDS


def certificate_signed(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """A02, A03: without a type it is the one for the server and for vehicles."""
    use = payload.get("certificateType", COMBINED)
    return {"status": model.security.signing.take(payload["certificateChain"], now, use, payload.get("requestId"))}


def install_certificate(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """M05."""
    kind = payload["certificateType"]
    return {"status": model.security.install(OURS.get(kind, kind), payload["certificate"], now)}


def delete_certificate(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """M04."""
    return {"status": model.security.delete(payload["certificateHashData"])}


def get_installed_certificate_ids(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """M03: roots, and what is shown to vehicles with its issuers; nothing named is everything."""
    wanted = payload.get("certificateType")
    found = [
        {"certificateType": WORDS.get(kind, kind), "certificateHashData": each.data("SHA256")}
        for kind, each in model.security.installed()
    ]
    found += _chains(model)
    told = [each for each in found if not wanted or each["certificateType"] in wanted]
    return {"status": "Accepted", "certificateHashDataChain": told} if told else {"status": "NotFound"}


def _chains(model: ChargePointModel) -> list[Payload]:
    """The Sub-CAs stand below the certificate of the station (M03.FR.05)."""
    keys, roots = model.security.keys, model.security.roots(V2G_ROOT)
    chains = []
    for use in (V2G, V2G20):
        named = keys.hashes(keys.chain(use), "SHA256", roots) if keys is not None else []
        if named:
            chain: Payload = {"certificateType": V2G_CHAIN, "certificateHashData": named[0].hash.data("SHA256")}
            if named[1:]:
                chain["childCertificateHashData"] = [each.hash.data("SHA256") for each in named[1:5]]
            chains.append(chain)
    return chains
