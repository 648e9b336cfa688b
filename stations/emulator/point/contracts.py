"""Vehicles of ISO 15118 at a 2.x station: they ask for contracts and charge by them (C07, M01, M02). Pure.

Their cryptography is injected: `Car`; `cars.py` has the real one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from stations.emulator.point import tokens2
from stations.emulator.point.message import Message
from stations.ocpp.frames import Payload

if TYPE_CHECKING:
    from stations.emulator.point.security import Named
    from stations.emulator.point.station import Station

EMAID = "eMAID"
MO_ROOT = "MORootCertificate"
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

    def request(self, action: str) -> tuple[str, str]:
        """The name of the schema, and the request to install or update a contract (exiRequest)."""

    def take(self, action: str, exi: str) -> bool:
        """The answer (exiResponse); False: it is of no use to this car."""


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
        if self._station.version == "2.1":
            payload["maximumContractCertificateChains"] = 1
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
                    driver.bring(self._token(car))

    def present(self, car: Car, number: int, now: float) -> None:
        """A car that is plugged in shows its contract."""
        self._station.outlet(number).present(self._token(car), now)

    def _token(self, car: Car) -> str:
        """What it is known by from now on: also its transactions say that it is no card (C07)."""
        token = tokens2.read({"idToken": car.emaid, "type": EMAID})
        self._shown[token.casefold()] = car
        return token

    def completed(self, message: Message) -> Message:
        """An Authorize with what belongs to it when a car has shown the token (C07.FR.01, FR.06).

        A station that trusts who has issued the contract sends hashes, by which its status is looked up; otherwise
        the certificates go along, for the server to check.
        """
        car = self._shown.get(message.token.casefold())
        if car is None:
            return message
        keys, roots = self._station.security.keys, self._station.security.roots(MO_ROOT)
        named = keys.hashes(car.contract, "SHA256", roots)[:LONGEST_CHAIN] if keys is not None else []
        if named:
            message.payload["iso15118CertificateHashData"] = [request_data(each) for each in named]
        if not self._is_trusted(car.contract, roots):
            message.payload["certificate"] = car.contract
        return message

    def _is_trusted(self, contract: str, roots: Sequence[str]) -> bool:
        keys = self._station.security.keys
        whole = contract.count("BEGIN CERTIFICATE")
        return bool(roots) and keys is not None and len(keys.hashes(contract, "SHA256", roots)) == whole


def request_data(named: Named) -> Payload:
    """OCSPRequestDataType."""
    return named.hash.data("SHA256") | {"responderURL": named.responder}
