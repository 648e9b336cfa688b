"""What a station has signed: asked for, waited for, taken, and renewed before it ends (A02, A03). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from stations.emulator.point.effects import Reconnect
from stations.emulator.point.message import Message
from stations.ocpp.certificates import COMBINED, STATION, V2G, V2G20
from stations.ocpp.frames import Payload

if TYPE_CHECKING:
    from stations.emulator.point.station import Station

RENEW_SECONDS = 30 * 86_400.0
"""So long before its end a new certificate is asked for, each day."""

DAY = 86_400.0

CERTIFIED = 3
"""The security profile in which the station shows a certificate."""

V2G_ROOT = "V2GRootCertificate"


@dataclass(slots=True)
class _Asked:
    """`number`: the requestId (2.1); `due`: when it is asked again, because no certificate came."""

    message: Message
    number: int
    attempts: int
    due: float = inf


class Signing:
    def __init__(self, station: Station) -> None:
        self._station = station
        self._waiting: dict[str, _Asked] = {}
        self._renewals: dict[str, float] = {}
        self._numbers = 0
        self._switches = False
        """There is a certificate for the server that the present connection was made without."""
        self.due = inf

    @property
    def uses(self) -> tuple[str, ...]:
        """What there are certificates for."""
        return tuple(self._renewals)

    def ask(self, now: float, use: str = STATION) -> str:
        """The status of a trigger (SignChargePointCertificate; 2.x F06)."""
        return self._ask(use, 0, now)

    def _ask(self, use: str, attempts: int, now: float, csr: str = "") -> str:
        """`csr`: what was asked before, is asked again: an answer to any of them fits the station's key."""
        station = self._station
        keys = station.security.keys
        if keys is None:
            return "NotImplemented"
        organisation = station.settings.text("CpoName") or station.plate.vendor
        payload: Payload = {"csr": csr or keys.request(station.identity, organisation, use)}
        self._numbers += 1
        if station.version != "1.6" and use != COMBINED:
            payload["certificateType"] = use
        if station.version == "2.1":
            payload["requestId"] = self._numbers
        message = Message("SignCertificate", payload)
        self._waiting[use] = _Asked(message, self._numbers, attempts)
        station.say_at_once([message], now)
        self._plan()
        return "Accepted"

    def answered(self, message: Message, payload: Payload, now: float) -> None:
        """Whether the server will sign. If it does, but nothing comes, 2.x asks again after longer and longer times
        (A02.FR.17 to FR.19)."""
        for use, asked in list(self._waiting.items()):
            if asked.message is not message:
                continue
            if payload["status"] != "Accepted":
                del self._waiting[use]
            elif self._station.version != "1.6" and asked.attempts < self._number("CertSigningRepeatTimes"):
                asked.due = now + self._number("CertSigningWaitMinimum") * 2.0**asked.attempts
        self._plan()

    def _number(self, variable: str) -> int:
        return int(self._station.variables.text("SecurityCtrlr", variable))

    def take(self, chain: str, now: float, use: str = STATION, request: int | None = None) -> str:
        """The status of a CertificateSigned."""
        station, asked = self._station, self._waiting.get(use)
        keys = station.security.keys
        fits = len(chain) <= station.settings.number("CertificateSignedMaxChainSize")
        meant = request is None or (asked is not None and asked.number == request)
        roots = station.security.roots(V2G_ROOT) if use in (V2G, V2G20) else []
        if not (fits and meant and keys is not None and keys.accept(chain, station.clock(now), use, roots)):
            station.security.report("InvalidChargePointCertificate", now)
            return "Rejected"
        self._waiting.pop(use, None)
        end = keys.expiry(use)
        assert end is not None
        self._renewals[use] = max(station.when(end) - RENEW_SECONDS * station.speed, now + DAY * station.speed)
        self._plan()
        if use in (V2G, V2G20):
            station.security.statuses.ask(use, now)
        if use in (STATION, COMBINED) and station.security.profile == CERTIFIED:
            self._switches = True
        return "Accepted"

    def see_to(self, now: float) -> None:
        """Connect with the new certificate (A02.FR.08), as soon as nothing waits for an answer."""
        if self._switches and not len(self._station.outbox):
            self._switches = False
            self._station.want(Reconnect(0.0))

    def forget(self, use: str) -> None:
        """A certificate was deleted."""
        self._renewals.pop(use, None)
        self._plan()

    def step(self, now: float) -> None:
        """Ask again for what did not come, and for what ends soon."""
        for use, asked in list(self._waiting.items()):
            if asked.due <= now:
                self._ask(use, asked.attempts + 1, now, asked.message.payload["csr"])
        for use, due in list(self._renewals.items()):
            if due <= now:
                self._renewals[use] = now + DAY * self._station.speed
                self._ask(use, 0, now)
        self._plan()

    def _plan(self) -> None:
        self.due = min((*self._renewals.values(), *(asked.due for asked in self._waiting.values())), default=inf)
