"""Contract certificates as vehicles ask for them (ISO 15118-2 section 8.4.3), in the XML of their schema.

What ISO 15118-20 has instead is in `iso15118_20.py`.

A vehicle and a station speak EXI, which is this XML in a binary form made by the schema; OCPP carries it in base64
(`exiRequest`, `exiResponse`). There is no encoder of it here: whoever uses this module speaks the XML itself. The
private key of a contract travels encrypted for the key that the vehicle has already (section 7.9.2.5).
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from dataclasses import dataclass
from xml.etree import ElementTree

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash

SCHEMA = "urn:iso:15118:2:2013:MsgDef"
_DEF, _BODY, _TYPES = (f"urn:iso:15118:2:2013:{part}" for part in ("MsgDef", "MsgBody", "MsgDataTypes"))

CURVE = ec.SECP256R1()
_SCALAR, _BLOCK = 32, 16

INSTALL, UPDATE = "Install", "Update"
_REQUESTS = {INSTALL: "CertificateInstallationReq", UPDATE: "CertificateUpdateReq"}
_ANSWERS = {INSTALL: "CertificateInstallationRes", UPDATE: "CertificateUpdateRes"}


class Unreadable(ValueError):
    """This is no such message; the text says why."""


@dataclass(frozen=True, slots=True)
class Request:
    """`chain`: DER; to install, the vehicle's provisioning certificate, to update, the contract that it has."""

    action: str
    chain: tuple[bytes, ...]
    emaid: str = ""
    most: int = 0
    """Contracts that it takes (-20)."""
    preferred: tuple[str, ...] = ()
    """eMAIDs of those that it wants first (-20)."""


@dataclass(frozen=True, slots=True)
class Response:
    """`chain`: the contract certificate and its issuers, DER. `key` and `ephemeral`: see `wrap`."""

    chain: tuple[bytes, ...]
    emaid: str
    key: bytes
    ephemeral: bytes
    remaining: int = 0
    """Contracts that it may ask for besides (-20)."""


@dataclass(frozen=True, slots=True)
class Made:
    """A contract certificate with its key, by whoever provides contracts. `vehicle`: for whom, its PCID.

    `chain`: the certificate and its issuers, `signers`: those of the provisioning service (DER).
    """

    key: ec.EllipticCurvePrivateKey
    chain: tuple[bytes, ...]
    signers: tuple[bytes, ...]
    emaid: str
    vehicle: str
    remaining: int = 0


def write_request(request: Request) -> str:
    body = _body(_REQUESTS[request.action])
    if request.action == INSTALL:
        _put(body, "OEMProvisioningCert", encoded(request.chain[0]))
    else:
        _put_chain(body, "ContractSignatureCertChain", request.chain)
        _put(body, "eMAID", request.emaid)
    return _written(body)


def read_request(text: str, action: str) -> Request:
    """The request in `exiRequest`; `Unreadable` when it is none, or in EXI."""
    body = _read(text, _REQUESTS[action])
    if action == INSTALL:
        return Request(action, (decoded(_text(body, "OEMProvisioningCert")),))
    return Request(action, _chain(body, "ContractSignatureCertChain"), _text(body, "eMAID"))


def write_response(response: Response, action: str, *, signers: tuple[bytes, ...]) -> str:
    """`signers`: the provisioning service's own chain (SAProvisioningCertificateChain)."""
    body = _body(_ANSWERS[action])
    _put(body, "ResponseCode", "OK")
    _put_chain(body, "SAProvisioningCertificateChain", signers)
    _put_chain(body, "ContractSignatureCertChain", response.chain)
    _put(body, "ContractSignatureEncryptedPrivateKey", encoded(response.key))
    _put(body, "DHpublickey", encoded(response.ephemeral))
    _put(body, "eMAID", response.emaid)
    return _written(body)


def write_made(made: Made, action: str, receiver: ec.EllipticCurvePublicKey) -> str:
    """The answer that hands it over to the holder of the receiver's key."""
    wrapped, ephemeral = wrap(made.key, receiver)
    return write_response(Response(made.chain, made.emaid, wrapped, ephemeral), action, signers=made.signers)


def read_response(text: str, action: str) -> Response:
    """The answer in `exiResponse`; `Unreadable` when it is none."""
    body = _read(text, _ANSWERS[action])
    return Response(
        _chain(body, "ContractSignatureCertChain"),
        _text(body, "eMAID"),
        decoded(_text(body, "ContractSignatureEncryptedPrivateKey")),
        decoded(_text(body, "DHpublickey")),
    )


# -- the key -----------------------------------------------------------------------------------------


def wrap(key: ec.EllipticCurvePrivateKey, receiver: ec.EllipticCurvePublicKey) -> tuple[bytes, bytes]:
    """A private key, encrypted for the holder of another one; and the ephemeral key that it takes to read it."""
    ephemeral = ec.generate_private_key(CURVE)
    start = os.urandom(_BLOCK)
    encryptor = Cipher(algorithms.AES(_shared(ephemeral, receiver)), modes.CBC(start)).encryptor()
    number = key.private_numbers().private_value.to_bytes(_SCALAR, "big")
    public = ephemeral.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return start + encryptor.update(number) + encryptor.finalize(), public


def unwrap(wrapped: bytes, ephemeral: bytes, receiver: ec.EllipticCurvePrivateKey) -> ec.EllipticCurvePrivateKey:
    """The other direction; `Unreadable` when this was not meant for us."""
    if len(wrapped) != _BLOCK + _SCALAR:
        raise Unreadable("The encrypted key has the wrong length.")
    try:
        public = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, ephemeral)
        decryptor = Cipher(algorithms.AES(_shared(receiver, public)), modes.CBC(wrapped[:_BLOCK])).decryptor()
        number = decryptor.update(wrapped[_BLOCK:]) + decryptor.finalize()
        return ec.derive_private_key(int.from_bytes(number, "big"), CURVE)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Unreadable("The key cannot be decrypted.") from error


def _shared(own: ec.EllipticCurvePrivateKey, other: ec.EllipticCurvePublicKey) -> bytes:
    """AES-128 by ECDH and the concatenation KDF; 01 is the algorithm, U and V are who takes part."""
    secret = own.exchange(ec.ECDH(), other)
    return ConcatKDFHash(hashes.SHA256(), _BLOCK, otherinfo=b"\x01UV").derive(secret)


# -- XML ---------------------------------------------------------------------------------------------


def _body(name: str) -> ElementTree.Element:
    return ElementTree.Element(f"{{{_BODY}}}{name}", {"Id": "id1"})


def _put(parent: ElementTree.Element, name: str, text: str, space: str = _BODY) -> None:
    ElementTree.SubElement(parent, f"{{{space}}}{name}").text = text


def _put_chain(parent: ElementTree.Element, name: str, chain: tuple[bytes, ...]) -> None:
    whole = ElementTree.SubElement(parent, f"{{{_BODY}}}{name}")
    _put(whole, "Certificate", encoded(chain[0]), _TYPES)
    if chain[1:]:
        issuers = ElementTree.SubElement(whole, f"{{{_TYPES}}}SubCertificates")
        for each in chain[1:]:
            _put(issuers, "Certificate", encoded(each), _TYPES)


def _written(body: ElementTree.Element) -> str:
    message = ElementTree.Element(f"{{{_DEF}}}V2G_Message")
    ElementTree.SubElement(message, f"{{{_DEF}}}Header")
    ElementTree.SubElement(message, f"{{{_DEF}}}Body").append(body)
    return base64.b64encode(ElementTree.tostring(message)).decode()


def parse(text: str) -> ElementTree.Element:
    """A message in base64, as OCPP carries it."""
    content = decoded(text)
    if not content.lstrip().startswith(b"<"):
        raise Unreadable("It is not in XML; EXI cannot be read here.")
    if b"\0" in content or re.search(rb"<!(DOCTYPE|ENTITY)", content, re.IGNORECASE):  # NUL: UTF-16 could hide one
        raise Unreadable("It holds a document type.")
    try:
        return ElementTree.fromstring(content)  # noqa: S314  (no document type: nothing is expanded)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise Unreadable("It is no XML.") from error


def _read(text: str, name: str) -> ElementTree.Element:
    body = parse(text).find(f"{{{_DEF}}}Body/{{{_BODY}}}{name}")
    if body is None:
        raise Unreadable(f"It is no {name} of {SCHEMA}.")
    return body


def _text(parent: ElementTree.Element, name: str) -> str:
    found = (parent.findtext(f"{{{_BODY}}}{name}") or "").strip()
    if not found:
        raise Unreadable(f"It has no {name}.")
    return found


def _chain(parent: ElementTree.Element, name: str) -> tuple[bytes, ...]:
    whole = parent.find(f"{{{_BODY}}}{name}")
    found = [] if whole is None else [each.text or "" for each in whole.iter(f"{{{_TYPES}}}Certificate")]
    if not found:
        raise Unreadable(f"It has no {name}.")
    return tuple(map(decoded, found))


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def decoded(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unreadable("It is not in base64.") from error
