"""What a 2.x station asks of certificates' status: of what it shows to vehicles, and of chains (M06, M07). Pure."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from stations.emulator.point.message import Message
from stations.ocpp.frames import Payload

if TYPE_CHECKING:
    from stations.emulator.point.security import Named
    from stations.emulator.point.station import Station

V2G_ROOT = "V2GRootCertificate"
LONGEST_CHAIN = 4
"""Certificates in one GetCertificateChainStatus."""

REMEMBERED = 32
"""Questions; an answer that was lost leaves one behind."""


class Statuses:
    def __init__(self, station: Station) -> None:
        self._station = station
        self.answers: dict[str, str] = {}
        """OCSP responses (base64) by serial number, which vehicles are shown in the TLS handshake."""
        self.words: dict[str, str] = {}
        """What the server has said of the certificates of a chain, by serial number (2.1)."""
        self._asked: deque[tuple[Message, str]] = deque(maxlen=REMEMBERED)

    def ask(self, use: str, now: float) -> None:
        """GetCertificateStatus for each certificate that is shown to vehicles (M06)."""
        for named in self._named(use):
            request = named.hash.data("SHA256") | {"responderURL": named.responder}
            message = Message("GetCertificateStatus", {"ocspRequestData": request})
            self._asked.append((message, named.hash.serial))
            self._station.say([message], now)

    def ask_chain(self, use: str, now: float) -> None:
        """GetCertificateChainStatus for all of them at once (2.1)."""
        asked = [
            {"certificateHashData": named.hash.data("SHA256"), "source": "OCSP", "urls": [named.responder]}
            for named in self._named(use)[:LONGEST_CHAIN]
        ]
        if asked:
            self._station.say([Message("GetCertificateChainStatus", {"certificateStatusRequests": asked})], now)

    def _named(self, use: str) -> list[Named]:
        security = self._station.security
        return (
            []
            if security.keys is None
            else security.keys.hashes(security.keys.chain(use), "SHA256", security.roots(V2G_ROOT))
        )

    def answered(self, message: Message, payload: Payload, now: float) -> None:
        """An answer that failed leaves the one that is known."""
        for each in [each for each in self._asked if each[0] is message]:
            self._asked.remove(each)
            if "ocspResult" in payload:
                self.answers[each[1]] = payload["ocspResult"]

    def told(self, message: Message, payload: Payload, now: float) -> None:
        """The words for a chain."""
        for told in payload["certificateStatus"]:
            self.words[told["certificateHashData"]["serialNumber"]] = told["status"]
