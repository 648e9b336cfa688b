"""Contract certificates as vehicles of ISO 15118-20 ask for them (section 8.3.4.3.9), in the XML of their schema.

The same names as in `iso15118.py`, and the same restriction: no EXI. A vehicle asks once for each of its contracts, and
says how many it can take; there is no update. Keys are on a longer curve, and encrypted so that nobody can change them.
"""

from __future__ import annotations

import os
from xml.etree import ElementTree

from cryptography import x509
from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.x509.oid import NameOID

from stations.ocpp.iso15118 import INSTALL, Made, Request, Response, Unreadable, decoded, encoded, parse

SCHEMA = "urn:iso:std:iso:15118:-20:CommonMessages"
_REQUEST, _ANSWER = "CertificateInstallationReq", "CertificateInstallationRes"

CURVE = ec.SECP521R1()
_SCALAR, _NONCE, _TAG, _SECRET = 66, 12, 16, 32


def write_request(request: Request) -> str:
    message = _message(_REQUEST)
    _put_chain(message, "OEMProvisioningCertificateChain", request.chain)
    _put(message, "ListOfRootCertificateIDs")
    _put(message, "MaximumContractCertificateChains", str(request.most))
    if request.preferred:
        wanted = _put(message, "PrioritizedEMAIDs")
        for each in request.preferred:
            _put(wanted, "EMAID", each)
    return _written(message)


def read_request(text: str, action: str) -> Request:
    if action != INSTALL:
        raise Unreadable("ISO 15118-20 has no update of a contract, only another installation.")
    message = _read(text, _REQUEST)
    preferred = message.iterfind(f"{_name('PrioritizedEMAIDs')}/{_name('EMAID')}")
    return Request(
        action,
        _chain(message, "OEMProvisioningCertificateChain"),
        most=_number(message, "MaximumContractCertificateChains"),
        preferred=tuple((each.text or "").strip() for each in preferred),
    )


def write_made(made: Made, action: str, receiver: ec.EllipticCurvePublicKey) -> str:
    wrapped, ephemeral = wrap(made.key, receiver, made.vehicle, made.chain[0])
    return write_response(
        Response(made.chain, made.emaid, wrapped, ephemeral, made.remaining), action, signers=made.signers
    )


def write_response(response: Response, action: str, *, signers: tuple[bytes, ...]) -> str:
    """The eMAID is the name in the certificate; it does not stand beside it."""
    message = _message(_ANSWER)
    _put(message, "ResponseCode", "OK")
    _put(message, "EVSEProcessing", "Finished")
    _put_chain(message, "CPSCertificateChain", signers)
    data = _put(message, "SignedInstallationData")
    data.set("Id", "id1")
    _put_chain(data, "ContractCertificateChain", response.chain)
    _put(data, "ECDHCurve", "SECP521")
    _put(data, "DHPublicKey", encoded(response.ephemeral))
    _put(data, "SECP521_EncryptedPrivateKey", encoded(response.key))
    _put(message, "RemainingContractCertificateChains", str(response.remaining))
    return _written(message)


def read_response(text: str, action: str) -> Response:
    message = _read(text, _ANSWER)
    data = message.find(_name("SignedInstallationData"))
    if data is None:
        raise Unreadable("It has no SignedInstallationData.")
    chain = _chain(data, "ContractCertificateChain")
    return Response(
        chain,
        _emaid(chain[0]),
        decoded(_text(data, "SECP521_EncryptedPrivateKey")),
        decoded(_text(data, "DHPublicKey")),
        _number(message, "RemainingContractCertificateChains"),
    )


def _emaid(certificate: bytes) -> str:
    try:
        found = x509.load_der_x509_certificate(certificate).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    except ValueError as error:
        raise Unreadable("The contract's certificate cannot be read.") from error
    return str(found[0].value) if found else ""


# -- the key -----------------------------------------------------------------------------------------


def wrap(
    key: ec.EllipticCurvePrivateKey, receiver: ec.EllipticCurvePublicKey, vehicle: str, certificate: bytes
) -> tuple[bytes, bytes]:
    """A private key, encrypted for one vehicle and its certificate; and the ephemeral key that it takes to read it."""
    ephemeral = ec.generate_private_key(CURVE)
    nonce = os.urandom(_NONCE)
    number = key.private_numbers().private_value.to_bytes(_SCALAR, "big")
    cipher = AESGCM(_shared(ephemeral, receiver))
    public = ephemeral.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return nonce + cipher.encrypt(nonce, number, _bound(vehicle, certificate)), public


def unwrap(
    wrapped: bytes, ephemeral: bytes, receiver: ec.EllipticCurvePrivateKey, vehicle: str, certificate: bytes
) -> ec.EllipticCurvePrivateKey:
    """The other direction; `Unreadable` when this was not meant for us, or was changed."""
    if len(wrapped) != _NONCE + _SCALAR + _TAG:
        raise Unreadable("The encrypted key has the wrong length.")
    try:
        public = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, ephemeral)
        cipher = AESGCM(_shared(receiver, public))
        number = cipher.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], _bound(vehicle, certificate))
        return ec.derive_private_key(int.from_bytes(number, "big"), CURVE)
    except (ValueError, UnsupportedAlgorithm, InvalidTag) as error:
        raise Unreadable("The key cannot be decrypted.") from error


def _bound(vehicle: str, certificate: bytes) -> bytes:
    """What is not secret, and has to be the same at both ends: the PCID, and the id of the contract's key."""
    public = x509.load_der_x509_certificate(certificate).public_key()
    return vehicle.encode() + x509.SubjectKeyIdentifier.from_public_key(public).digest


def _shared(own: ec.EllipticCurvePrivateKey, other: ec.EllipticCurvePublicKey) -> bytes:
    """AES-256 by ECDH and the concatenation KDF; 01 is the algorithm, U and V are who takes part."""
    secret = own.exchange(ec.ECDH(), other)
    return ConcatKDFHash(hashes.SHA512(), _SECRET, otherinfo=b"\x01UV").derive(secret)


# -- XML ---------------------------------------------------------------------------------------------


def _name(name: str) -> str:
    return f"{{{SCHEMA}}}{name}"


def _message(name: str) -> ElementTree.Element:
    message = ElementTree.Element(_name(name))
    _put(message, "Header")
    return message


def _put(parent: ElementTree.Element, name: str, text: str = "") -> ElementTree.Element:
    made = ElementTree.SubElement(parent, _name(name))
    made.text = text or None
    return made


def _put_chain(parent: ElementTree.Element, name: str, chain: tuple[bytes, ...]) -> None:
    whole = _put(parent, name)
    _put(whole, "Certificate", encoded(chain[0]))
    if chain[1:]:
        issuers = _put(whole, "SubCertificates")
        for each in chain[1:]:
            _put(issuers, "Certificate", encoded(each))


def _written(message: ElementTree.Element) -> str:
    return encoded(ElementTree.tostring(message))


def _read(text: str, name: str) -> ElementTree.Element:
    message = parse(text)
    if message.tag != _name(name):
        raise Unreadable(f"It is no {name} of {SCHEMA}.")
    return message


def _text(parent: ElementTree.Element, name: str) -> str:
    found = (parent.findtext(_name(name)) or "").strip()
    if not found:
        raise Unreadable(f"It has no {name}.")
    return found


def _number(parent: ElementTree.Element, name: str) -> int:
    """An unsignedByte."""
    text = _text(parent, name)
    if not (text.isascii() and text.isdigit() and len(text) <= 3):
        raise Unreadable(f"{name} is no number.")
    return int(text)


def _chain(parent: ElementTree.Element, name: str) -> tuple[bytes, ...]:
    whole = parent.find(_name(name))
    found = [] if whole is None else [each.text or "" for each in whole.iter(_name("Certificate"))]
    if not found:
        raise Unreadable(f"It has no {name}.")
    return tuple(map(decoded, found))
