"""Who a device is, from the `Authorization` header of its handshake."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections

from devices.models import SolMate
from devices.protocol import is_serial
from smartserver.core.credentials import BasicCredentials, key_matches, parse_basic
from smartserver.core.errors import NotAuthenticated, Unavailable


def authenticate(header: bytes) -> str | None:
    """The serial number whose credentials were presented; None for a stranger on an open server.

    Raises `NotAuthenticated` or `Unavailable`. Reads the database and computes scrypt: call it in a thread.
    """
    credentials = parse_basic(header)
    if credentials is not None and is_serial(credentials.user):
        if hashed := _key_hash(credentials.user):
            # Who has a key of their own needs that one: the shared key would let others in for them.
            if key_matches(credentials.spellings(), hashed):
                return credentials.user
            raise NotAuthenticated("This is not the key of that device.")
        if _has_enrolment_key(credentials):
            return credentials.user
    if settings.OPEN:
        return None
    raise NotAuthenticated("A device presents its serial number and its key.")


def _key_hash(serial: str) -> str | None:
    try:
        return SolMate.objects.filter(serial_number=serial).values_list("key_hash", flat=True).first()
    except (OperationalError, InterfaceError) as error:
        raise Unavailable("The database is out of reach.") from error
    finally:
        close_old_connections()


def _has_enrolment_key(credentials: BasicCredentials) -> bool:
    expected: str = settings.DEVICE_ENROLMENT_KEY
    return bool(expected) and secrets.compare_digest(credentials.password, expected.encode())
