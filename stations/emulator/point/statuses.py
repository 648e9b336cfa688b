"""What a 2.x station asks of certificates' status: of what it shows to vehicles, and of chains (M06, M07). Pure."""

from __future__ import annotations

from collections import deque
from math import inf
from typing import TYPE_CHECKING

from stations.emulator.point.message import Message
from stations.ocpp.frames import Payload

if TYPE_CHECKING:
    from stations.emulator.point.security import Named
    from stations.emulator.point.station import Station

V2G_ROOT = "V2GRootCertificate"
LONGEST_CHAIN = 4
"""Certificates in one GetCertificateChainStatus."""

DAY = 86_400.0
WEEK = 7 * DAY
"""Vehicles take no answer that is older (ISO 15118-2 section 7.9.2.1); after a failure it is asked for the next day."""

REMEMBERED = 32
"""Questions; an answer that was lost leaves one behind."""


class Statuses:
    def __init__(self, station: Station) -> None:
        self._station = station
        self.answers: dict[str, str] = {}
        """OCSP responses (base64) by serial number, which vehicles are shown in the TLS handshake."""
        self.words: dict[str, str] = {}
        """What the server has said of the certificates of a chain, by serial number (2.1)."""
        self._asked: deque[tuple[Message, str, str]] = deque(maxlen=REMEMBERED)
        self._renewals: dict[str, float] = {}

    def ask(self, use: str, now: float) -> None:
        """GetCertificateStatus for each certificate that is shown to vehicles (M06)."""
        self._renewals[use] = now + WEEK * self._station.speed
        for named in self._named(use):
            request = named.hash.data("SHA256") | {"responderURL": named.responder}
            message = Message("GetCertificateStatus", {"ocspRequestData": request})
            self._asked.append((message, named.hash.serial, use))
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
            _, serial, use = each
            if "ocspResult" in payload:
                self.answers[serial] = payload["ocspResult"]
            else:
                self._renewals[use] = now + DAY * self._station.speed

    def forget(self, use: str) -> None:
        """The certificate was deleted."""
        self._renewals.pop(use, None)

    @property
    def due(self) -> float:
        return min(self._renewals.values(), default=inf)

    def step(self, now: float) -> None:
        """Ask again, before what is known is too old."""
        for use in [use for use, due in self._renewals.items() if due <= now]:
            self.ask(use, now)

    def told(self, message: Message, payload: Payload, now: float) -> None:
        """The words for a chain."""
        for told in payload["certificateStatus"]:
            self.words[told["certificateHashData"]["serialNumber"]] = told["status"]
