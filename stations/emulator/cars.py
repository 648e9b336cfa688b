"""The keys and certificates of emulated vehicles of ISO 15118-2 and -20, with real cryptography.

They speak the XML of the standard's messages, not EXI (`stations.ocpp.iso15118`), as this server's own provider of
contracts does.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from stations.emulator.keys import read
from stations.ocpp import iso15118, iso15118_20


class ElectricCar:
    """`contracts.Car`. `provisioning`: the certificate and key that the maker gave it, PEM."""

    def __init__(self, provisioning: str) -> None:
        self._provisioning, self._key = _provisioned(provisioning)
        self._contract: tuple[ec.EllipticCurvePrivateKey, list[x509.Certificate]] | None = None
        self._emaid = ""

    @property
    def emaid(self) -> str:
        return self._emaid

    @property
    def most(self) -> None:
        """It has one contract, and does not say how many it takes."""

    @property
    def preferred(self) -> tuple[str, ...]:
        return ()

    @property
    def contract(self) -> str:
        chain = self._contract[1] if self._contract is not None else []
        return "".join(each.public_bytes(serialization.Encoding.PEM).decode() for each in chain)

    def request(self, action: str) -> tuple[str, str]:
        if action == iso15118.UPDATE and self._contract is not None:
            request = iso15118.Request(action, tuple(map(_der, self._contract[1])), self._emaid)
        else:
            request = iso15118.Request(action, (_der(self._provisioning),), self._emaid)
        return iso15118.SCHEMA, iso15118.write_request(request)

    def take(self, action: str, exi: str) -> bool:
        """The new key was encrypted for the old one, so that a car takes nothing that is meant for another."""
        has = self._contract[0] if action == iso15118.UPDATE and self._contract is not None else self._key
        try:
            response = iso15118.read_response(exi, action)
            key = iso15118.unwrap(response.key, response.ephemeral, has)
            chain = [x509.load_der_x509_certificate(each) for each in response.chain]
        except ValueError:
            return False
        if chain[0].public_key() != key.public_key():
            return False
        self._contract, self._emaid = (key, chain), response.emaid
        return True


class ElectricCar20:
    """One of ISO 15118-20: it may have several contracts, the first of which it shows."""

    def __init__(self, provisioning: str, *, most: int = 1, preferred: Sequence[str] = ()) -> None:
        self._certificate, self._key = _provisioned(provisioning)
        self._names = self._certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        self._most = most
        self._preferred = tuple(preferred)
        self._contracts: dict[str, tuple[ec.EllipticCurvePrivateKey, list[x509.Certificate]]] = {}

    @property
    def emaids(self) -> tuple[str, ...]:
        """Of all its contracts, in the order in which it has got them."""
        return tuple(self._contracts)

    @property
    def emaid(self) -> str:
        return next(iter(self._contracts), "")

    @property
    def contract(self) -> str:
        _, chain = self._contracts[self.emaid] if self._contracts else (self._key, [])
        return "".join(each.public_bytes(serialization.Encoding.PEM).decode() for each in chain)

    @property
    def most(self) -> int | None:
        return self._most - len(self._contracts)

    @property
    def preferred(self) -> tuple[str, ...]:
        return tuple(each for each in self._preferred if each not in self._contracts)

    def request(self, action: str) -> tuple[str, str]:
        chain, most = (_der(self._certificate),), max(0, self._most - len(self._contracts))
        request = iso15118.Request(action, chain, most=most, preferred=self.preferred)
        return iso15118_20.SCHEMA, iso15118_20.write_request(request)

    def take(self, action: str, exi: str) -> bool:
        try:
            response = iso15118_20.read_response(exi, action)
            vehicle = str(self._names[0].value) if self._names else ""
            key = iso15118_20.unwrap(response.key, response.ephemeral, self._key, vehicle, response.chain[0])
            chain = [x509.load_der_x509_certificate(each) for each in response.chain]
        except ValueError:
            return False
        if chain[0].public_key() != key.public_key() or response.emaid in self._contracts:
            return False
        self._contracts[response.emaid] = key, chain
        return True


def car_of(provisioning: str) -> ElectricCar | ElectricCar20:
    """The curve of its key tells for which edition it was made."""
    _, key = _provisioned(provisioning)
    return (ElectricCar20 if isinstance(key.curve, type(iso15118_20.CURVE)) else ElectricCar)(provisioning)


def _provisioned(provisioning: str) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """What the maker has left in a car."""
    found = read(provisioning)
    key = serialization.load_pem_private_key(provisioning.encode(), None)
    if not found or not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("A vehicle has a certificate, and a key on an elliptic curve.")
    return found[0], key


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)
