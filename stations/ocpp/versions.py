"""Versions of OCPP: their subprotocols, how one is chosen, how one is recognised."""

from __future__ import annotations

from collections.abc import Iterable

from stations.ocpp.frames import Payload

SUBPROTOCOLS = {"ocpp2.1": "2.1", "ocpp2.0.1": "2.0.1", "ocpp1.6": "1.6"}
"""Best first."""

VERSIONS = tuple(SUBPROTOCOLS.values())


def choose(offered: Iterable[str]) -> str | None:
    """The best subprotocol that the peer offers too."""
    wanted = {name.strip().lower(): name for name in offered}
    return next((wanted[name] for name in SUBPROTOCOLS if name in wanted), None)


def version_of(subprotocol: str) -> str:
    return SUBPROTOCOLS[subprotocol.strip().lower()]


_ONLY_16 = frozenset({"StartTransaction", "StopTransaction", "DiagnosticsStatusNotification"})
_ONLY_2 = frozenset({"TransactionEvent", "NotifyReport", "NotifyEvent"})


def recognise(action: str, payload: Payload) -> str | None:
    """The version that a first call speaks, where its form tells; None where it does not.

    For stations that offer no subprotocol (FIELD: the first frame decides).
    """
    if action in _ONLY_16 or "chargePointVendor" in payload or "chargePointModel" in payload:
        return "1.6"
    if action in _ONLY_2 or "chargingStation" in payload or "connectorStatus" in payload:
        return "2.0.1"
    return None
