"""Keys, certificates and security events of a station (1.6: security whitepaper, sections 3 to 5; 2.x: A, M). Pure.

The cryptography itself is injected: `Keys`; `keys.py` has the real one. What the station has signed is in `signing.py`,
contracts of vehicles are in `contracts.py`, and what is asked of responders in `statuses.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from stations.emulator.point.contracts import Contracts
from stations.emulator.point.message import Message
from stations.emulator.point.meters2 import Meter
from stations.emulator.point.signing import Signing
from stations.emulator.point.statuses import Statuses
from stations.ocpp.certificates import STATION, V2G, V2G20
from stations.ocpp.frames import Payload

if TYPE_CHECKING:
    from stations.emulator.point.station import Station

ROOT, MANUFACTURER = "CentralSystemRootCertificate", "ManufacturerRootCertificate"


class CertificateHash(NamedTuple):
    """What identifies a certificate (CertificateHashDataType)."""

    issuer_name: str
    issuer_key: str
    serial: str

    def data(self, algorithm: str) -> Payload:
        return {
            "hashAlgorithm": algorithm,
            "issuerNameHash": self.issuer_name,
            "issuerKeyHash": self.issuer_key,
            "serialNumber": self.serial,
        }


class Named(NamedTuple):
    """A certificate, and where its status can be asked (OCSPRequestDataType)."""

    hash: CertificateHash
    responder: str


NAMES_2 = {
    "InvalidCentralSystemCertificate": "InvalidCsmsCertificate",
    "InvalidChargePointCertificate": "InvalidChargingStationCertificate",
}
"""Security events that 2.x calls otherwise."""


class Keys(Meter, Protocol):
    """Certificates travel as PEM texts. The meter has a key, too."""

    def request(self, identity: str, organisation: str, use: str = STATION) -> str:
        """Make a new key for this use, and a certificate signing request for it."""

    def accept(self, chain: str, at: datetime, use: str = STATION, roots: Sequence[str] = ()) -> bool:
        """Use a chain whose first certificate belongs to the key that was made last, and whose last one comes from one
        of the roots, if there are any; False: it does not."""

    def forget(self, use: str) -> None:
        """Remove a certificate of the station's own."""

    def chain(self, use: str) -> str:
        """A certificate of the station's own, with its issuers; nothing: there is none."""

    def expiry(self, use: str) -> datetime | None:
        """When it ends."""

    @property
    def certified(self) -> bool:
        """Whether there is a certificate to show to the server."""

    def hashes(self, chain: str, algorithm: str, roots: Sequence[str] = ()) -> list[Named]:
        """What identifies each certificate of a chain whose issuer is in it, or among the roots."""

    def identify(self, certificate: str, algorithm: str) -> CertificateHash | None:
        """None: it is no certificate that could be installed."""

    def signer_problem(self, certificate: str, roots: list[str], at: datetime) -> str:
        """What is wrong with a certificate that signs firmware: `InvalidCertificate`, `RevokedCertificate`, or nothing.

        It has to come from one of the roots, if there are any."""

    def verifies(self, certificate: str, signature: str, content: bytes) -> bool:
        """Whether the (base64) signature over the content is this certificate's."""


class Security:
    def __init__(self, station: Station, keys: Keys | None) -> None:
        self.keys = keys
        self.signing = Signing(station)
        self.contracts = Contracts(station)
        self.statuses = Statuses(station)
        self._answers = {
            "Get15118EVCertificate": self.contracts.answered,
            "GetCertificateChainStatus": self.statuses.told,
            "GetCertificateStatus": self.statuses.answered,
            "SignCertificate": self.signing.answered,
        }
        self._station = station
        self._installed: dict[CertificateHash, tuple[str, str]] = {}
        self._distrusted = ""

    @property
    def profile(self) -> int:
        return self._station.settings.number("SecurityProfile")

    def roots(self, kind: str) -> list[str]:
        return [certificate for each, certificate in self._installed.values() if each == kind]

    def report(self, event: str, now: float, info: str = "") -> None:
        """A security event; without security (profile 0) it is only written down (A04)."""
        station = self._station
        event = event if station.version == "1.6" else NAMES_2.get(event, event)
        station.journal.note_security(station.clock(now), event, info)
        if self.profile == 0:
            return
        payload: Payload = {"type": event, "timestamp": station.moment(now).stamp}
        if info:
            payload["techInfo"] = info[:255]
        # Critical events are delivered also when the station was offline (A04.FR.02).
        station.say([Message("SecurityEventNotification", payload, kept=True)], now)

    def distrust(self, event: str, now: float) -> None:
        """No TLS connection could be made; the same trouble is told of once (A00)."""
        if event != self._distrusted:
            self._distrusted = event
            self.report(event, now)

    def trust(self) -> None:
        """The server has proved who it is."""
        self._distrusted = ""

    def answered(self, message: Message, payload: Payload, now: float) -> None:
        """What the server says to questions about certificates."""
        take = self._answers.get(message.action)
        if take is not None:
            take(message, payload, now)

    # -- root certificates (M03 to M05) ---------------------------------------------------

    def install(self, kind: str, certificate: str, now: float) -> str:
        found = self.keys.identify(certificate, "SHA256") if self.keys is not None else None
        if found is None:
            self.report("InvalidCentralSystemCertificate" if kind == ROOT else "InvalidFirmwareSigningCertificate", now)
            return "Rejected"
        full = len(self._installed) >= self._station.settings.number("CertificateStoreMaxLength")
        if full and found not in self._installed:
            return "Failed"
        self._installed[found] = (kind, certificate)
        return "Accepted"

    def installed(self) -> list[tuple[str, CertificateHash]]:
        """What is in the stores, by its kind."""
        return [(kind, each) for each, (kind, _) in self._installed.items()]

    def list(self, kind: str) -> Payload:
        """The answer to GetInstalledCertificateIds of 1.6."""
        found = [each.data("SHA256") for each, (type, _) in self._installed.items() if type == kind]
        return {"status": "Accepted", "certificateHashData": found} if found else {"status": "NotFound"}

    def delete(self, data: Payload) -> str:
        """The status of a DeleteCertificate; the server may have hashed otherwise than the station lists it."""
        assert self.keys is not None or not self._installed
        wanted = (data["issuerNameHash"], data["issuerKeyHash"], data["serialNumber"])
        for key, (kind, certificate) in self._installed.items():
            hashed = self.keys.identify(certificate, data["hashAlgorithm"]) if self.keys is not None else None
            if hashed is None or [text.casefold() for text in hashed] != [text.casefold() for text in wanted]:
                continue
            if kind == ROOT and self.profile >= 2 and len(self.roots(ROOT)) == 1:
                return "Failed"  # it is what the connection rests on (M04.FR.06)
            del self._installed[key]
            return "Accepted"
        return self._delete_own(data["hashAlgorithm"], wanted)

    def _delete_own(self, algorithm: str, wanted: tuple[str, str, str]) -> str:
        """What is shown to vehicles can be removed, what is shown to the server only replaced (M04.FR.06)."""
        roots = [certificate for _, certificate in self._installed.values()]
        for use in self.signing.uses:
            assert self.keys is not None
            named = self.keys.hashes(self.keys.chain(use), algorithm, roots)[:1]
            if any([text.casefold() for text in each.hash] == [text.casefold() for text in wanted] for each in named):
                if use not in (V2G, V2G20):
                    return "Failed"
                self.keys.forget(use)
                self.signing.forget(use)
                return "Accepted"
        return "NotFound"

    # -- firmware, security profile -------------------------------------------------------

    def firmware_signer_problem(self, certificate: str, now: float) -> str:
        if self.keys is None:
            return "InvalidCertificate"
        return self.keys.signer_problem(certificate, self.roots(MANUFACTURER), self._station.clock(now))

    def verifies(self, certificate: str, signature: str, content: bytes) -> bool:
        return self.keys is not None and self.keys.verifies(certificate, signature, content)

    def may_rise_to(self, value: str) -> bool:
        """Whether a SecurityProfile can be set: never lower, and only with what it needs (A05)."""
        wanted = int(value) if value.isdigit() else -1
        return wanted >= self.profile and not self.lacks(wanted, self._station.password)

    def lacks(self, profile: int, password: str) -> bool:
        """Whether there is not what a security profile needs: a password, a root of the server, a certificate (A00)."""
        certified = self.keys is not None and self.keys.certified
        return (
            (profile in (1, 2) and not password)
            or (profile >= 2 and not self.roots(ROOT))
            or (profile >= 3 and not certified)
        )
