"""Vehicles of ISO 15118 at a 2.x station: they ask for contracts and charge by them (C07, M01, M02). Pure.

Their cryptography is injected: `Car`; `cars.py` has the real one.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

from stations.emulator.point.access import Verdict
from stations.emulator.point.message import Message
from stations.emulator.point.tokens2 import read
from stations.ocpp.frames import Payload

if TYPE_CHECKING:
    from stations.emulator.point.security import Named
    from stations.emulator.point.station import Station

MO_ROOT, V2G_ROOT = "MORootCertificate", "V2GRootCertificate"
"""What contracts come from."""

CONTROLLER = "ISO15118Ctrlr"
REFUSED = Verdict("Invalid")

LONGEST_CHAIN = 4
"""Certificates of which an Authorize has hashes."""

REMEMBERED = 32
"""Questions; an answer that was lost leaves one behind."""


class Car(Protocol):
    @property
    def emaid(self) -> str:
        """Whose contract it has; nothing: it has none."""

    @property
    def contract(self) -> str:
        """The contract certificate and its issuers, PEM."""

    @property
    def most(self) -> int | None:
        """Contracts that it takes yet; None: it is one of ISO 15118-2, which has one."""

    @property
    def preferred(self) -> tuple[str, ...]:
        """eMAIDs of those that it wants first."""

    def request(self, action: str) -> tuple[str, str]:
        """The name of the schema, and the request to install or update a contract (exiRequest)."""

    def take(self, action: str, exi: str) -> bool:
        """The answer (exiResponse); False: it is of no use to this car."""


def token_of(car: Car) -> str:
    """What it shows, in all messages the same (C07)."""
    return read({"idToken": car.emaid, "type": "eMAID"})


class Contracts:
    def __init__(self, station: Station) -> None:
        self._station = station
        self._asked: deque[tuple[Message, Car, str]] = deque(maxlen=REMEMBERED)
        self._shown: dict[str, Car] = {}
        self._regular: Car | None = None

    def adopt(self, car: Car) -> None:
        """This car comes to the first outlet, once the station has got it a contract."""
        self._regular = car

    def introduce(self, now: float) -> None:
        """The server listens."""
        if self._regular is not None and not self._regular.emaid:
            self.request(self._regular, "Install", now)

    def request(self, car: Car, action: str, now: float) -> None:
        """A car asks for a contract (Install), or for a newer certificate of the one that it has (Update)."""
        schema, exi = car.request(action)
        payload: Payload = {"iso15118SchemaVersion": schema, "action": action, "exiRequest": exi}
        if self._station.version == "2.1" and car.most is not None:
            payload["maximumContractCertificateChains"] = car.most
            payload |= {"prioritizedEMAIDs": list(car.preferred)} if car.preferred else {}
        message = Message("Get15118EVCertificate", payload)
        self._asked.append((message, car, action))
        self._station.say([message], now)

    def answered(self, message: Message, payload: Payload, now: float) -> None:
        """The server's word goes on to the car; whether it takes it stands in the journal."""
        for each in [each for each in self._asked if each[0] is message]:
            self._asked.remove(each)
            _, car, action = each
            taken = payload["status"] == "Accepted" and car.take(action, payload["exiResponse"])
            self._station.journal.note(self._station.clock(now), f"Contract{action}", "taken" if taken else "refused")
            if taken and car is self._regular:
                driver = self._station.outlet(1).driver
                if driver is not None:
                    driver.bring(self._show(car))
            if taken and car.most and payload.get("remainingContracts"):
                self.request(car, action, now)  # there are more, and it takes more (2.1 M01)

    def present(self, car: Car, number: int, now: float) -> None:
        """A car that is plugged in shows its contract; where that is of no use, its driver has to show something."""
        if self._allows("PnCEnabled"):
            self._station.outlet(number).present(self._show(car), now)

    def _show(self, car: Car) -> str:
        """The token that the contract is."""
        token = token_of(car)
        self._shown[token.casefold()] = car
        return token

    def decide(self, token: str, now: float, *, online: bool) -> Verdict | None:
        """What the station says of any token by itself; None: the server has to be asked.

        About a contract it is always asked while it can be (C07.FR.01), and only about one that is good, or that it
        alone can check (FR.06); offline the station may check it, and the token counts as others do (FR.07 to FR.12).
        """
        station, car = self._station, self._shown.get(token.casefold())
        at = station.clock(now)
        if car is None:
            return station.access.decide(token, online=online, at=at, may_ask=station.may_ask)
        named = self._named(car)
        if not online:
            checks = self._allows("ContractValidationOffline")
            is_good = checks and bool(named) and self._is_valid(car, now)
            return station.access.decide(token, online=False, at=at) if is_good else REFUSED
        if not named:
            return None if self._allows("CentralContractValidationAllowed") else REFUSED
        return None if self._is_valid(car, now) else REFUSED

    def completed(self, message: Message) -> Message:
        """An Authorize with what belongs to it when a car has shown the token (C07.FR.01, FR.06).

        A station that trusts who has issued the contract sends hashes, by which its status is looked up; otherwise
        the certificates go along, for the server to check.
        """
        car = self._shown.get(message.token.casefold())
        if car is None:
            return message
        if named := self._named(car):
            message.payload["iso15118CertificateHashData"] = [request_data(each) for each in named[:LONGEST_CHAIN]]
        else:
            message.payload["certificate"] = car.contract
        return message

    # -- what is known of their holders (N09, N10) ------------------------------------------

    def holder(self, certificate: Payload) -> str:
        """The token of whoever has shown the contract with this certificate (CertificateHashDataType); "": nobody."""
        wanted = [str(certificate[name]).casefold() for name in ("issuerNameHash", "issuerKeyHash", "serialNumber")]
        found = (
            token_of(car)
            for car in self._shown.values()
            for named in self._leaf(car, certificate["hashAlgorithm"])
            if [text.casefold() for text in named.hash] == wanted
        )
        return next(found, "")

    def serials(self, token: str) -> list[str]:
        """The serial number of the certificate that was shown with this token."""
        car = self._shown.get(token.casefold())
        return [] if car is None else [named.hash.serial for named in self._leaf(car, "SHA256")]

    def forget(self, token: str) -> None:
        self._shown.pop(token.casefold(), None)

    def _leaf(self, car: Car, algorithm: str) -> list[Named]:
        """Of the chain the certificate that is the holder's own."""
        security = self._station.security
        chain = [] if security.keys is None else security.keys.hashes(car.contract, algorithm, security.roots(MO_ROOT))
        return chain[:1]

    # -- the certificates of contracts ----------------------------------------------------------

    def _named(self, car: Car) -> list[Named]:
        """All certificates of the contract, where they come from a root that is installed; else none."""
        security = self._station.security
        roots = [*security.roots(MO_ROOT), *security.roots(V2G_ROOT)]
        found = security.keys.hashes(car.contract, "SHA256", roots) if security.keys is not None and roots else []
        return found if len(found) == car.contract.count("BEGIN CERTIFICATE") else []

    def _is_valid(self, car: Car, now: float) -> bool:
        keys = self._station.security.keys
        return keys is not None and keys.in_time(car.contract, self._station.clock(now))

    def _allows(self, variable: str) -> bool:
        return self._station.rule(CONTROLLER, variable).casefold() == "true"


def request_data(named: Named) -> Payload:
    """OCSPRequestDataType."""
    return named.hash.data("SHA256") | {"responderURL": named.responder}
