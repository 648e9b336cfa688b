"""The keys and certificates of an emulated vehicle of ISO 15118-2, with real cryptography.

It speaks the XML of the standard's messages, not EXI (`stations.ocpp.iso15118`), as this server's own provider of contracts does.
"""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from stations.emulator.keys import read
from stations.ocpp import iso15118


class ElectricCar:
    """`contracts.Car`. `provisioning`: the certificate and key that the maker gave it, PEM."""

    def __init__(self, provisioning: str) -> None:
        found = read(provisioning)
        key = serialization.load_pem_private_key(provisioning.encode(), None)
        if not found or not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError("A vehicle has a certificate, and a key on an elliptic curve.")
        self._provisioning = found[0]
        self._key = key
        self._contract: tuple[ec.EllipticCurvePrivateKey, list[x509.Certificate]] | None = None
        self._emaid = ""

    @property
    def emaid(self) -> str:
        return self._emaid

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


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)
