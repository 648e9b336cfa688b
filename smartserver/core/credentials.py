"""Keys of machines: how they are kept, read from a request, and compared."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Iterable
from typing import NamedTuple

from django.contrib.auth.hashers import ScryptPasswordHasher, check_password, make_password


class MachineKeyHasher(ScryptPasswordHasher):
    """scrypt with little work (a few milliseconds).

    Keys of stations and devices are long and random, and after a power cut thousands of them
    connect within seconds: the work factor that protects people's passwords would keep them out.
    """

    algorithm = "scrypt_machine"
    work_factor = 2**11


def new_key() -> str:
    """40 random characters: the longest password that OCPP 1.6 security profile 1 and 2.0.1 both take."""
    return secrets.token_hex(20)


def hash_key(key: str) -> str:
    return make_password(key, hasher=MachineKeyHasher.algorithm)


def key_matches(candidates: Iterable[str], hashed: str) -> bool:
    """Whether one of the spellings of a key is the one that was hashed (constant-time comparison)."""
    return any(check_password(candidate, hashed, preferred=MachineKeyHasher.algorithm) for candidate in candidates)


class BasicCredentials(NamedTuple):
    """What an `Authorization: Basic` header says; the password as the bytes that were sent."""

    user: str
    password: bytes

    def spellings(self) -> list[str]:
        """The texts that the operator may have entered for this password.

        Stations send it as text, as raw bytes, or as the hexadecimal form of the bytes
        (OCPP 1.6 security whitepaper, profile 1), whatever the operator typed.
        """
        found = [self.password.decode("latin-1"), self.password.hex(), self.password.hex().upper()]
        try:
            text = self.password.decode()
            found.insert(0, text)
            found.append(bytes.fromhex(text).decode("latin-1"))
        except ValueError:  # neither UTF-8 nor hexadecimal
            pass
        return list(dict.fromkeys(found))


def parse_basic(header: bytes) -> BasicCredentials | None:
    """The credentials of an `Authorization` header, or None when it holds none of this kind."""
    scheme, _, encoded = header.partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    user, colon, password = decoded.partition(b":")
    return BasicCredentials(user.decode("utf-8", "replace"), password) if colon else None
