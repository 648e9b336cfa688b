"""Payments on web pages (2.1 use case C25): the address in the QR code of a station, with a one-time password. Pure.

The address is made from a template (WebPaymentsCtrlr.URLTemplate) whose variables stand in braces, in any case:
`https://pay.example/{chargingstationid}/{evse}/{totp}/{version}`. What the driver has chosen at the station follows as
parameters: `?maxtime=3600`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from string import ascii_lowercase, ascii_uppercase, digits
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

LIMITS: Mapping[str, str] = {"maxtime": "maxTime", "maxenergy": "maxEnergy", "maxcost": "maxCost"}
"""Parameters of the address (URLParameters), and what they limit (TransactionLimitType)."""

VERSIONS = ("v1",)
"""Of the algorithm for one-time passwords (TOTPVersion)."""

NEEDED = ("chargingstationid", "evse", "totp", "version")
"""Variables without which an address tells too little."""

_ALPHABET = f"{digits}{ascii_lowercase}{ascii_uppercase}"
_VARIABLE = re.compile(r"\{(\w+)\}")
_MOST_DIGITS = 9


class NotReadable(Exception):
    """An address that is not made from this template, or tells what cannot be."""


class Recipe(NamedTuple):
    """How the passwords of a station are made: its secret, how many seconds each one is good for, its characters."""

    secret: str
    validity: int
    length: int

    def password(self, moment: datetime, later: int = 0) -> str:
        """TOTP algorithm, version 1. `later`: of how many intervals after this moment."""
        interval = int(moment.timestamp()) // self.validity + later
        mac = hmac.new(self.secret.encode(), interval.to_bytes(8, "big"), hashlib.sha256).digest()
        offset = mac[-1] & 0x0F
        places = (mac[(offset + index) % len(mac)] for index in range(self.length))
        return "".join(_ALPHABET[place % len(_ALPHABET)] for place in places)

    def proves(self, password: str, moment: datetime) -> bool:
        """Whether it is that of this moment's interval, or of the one before or after (C25.FR.07): clocks differ."""
        found = [hmac.compare_digest(self.password(moment, each).encode(), password.encode()) for each in (0, -1, 1)]
        return any(found)


class Scanned(NamedTuple):
    """What a code says. `limits`: a TransactionLimitType."""

    station: str
    evse: int
    password: str
    version: str
    limits: dict[str, float]


def missing(template: str) -> list[str]:
    """The variables that a template lacks."""
    found = {name.lower() for name in _VARIABLE.findall(template)}
    return [name for name in NEEDED if name not in found]


def written(template: str, scanned: Scanned) -> str:
    """The address that says this."""
    values = {
        "chargingstationid": scanned.station,
        "evse": str(scanned.evse),
        "totp": scanned.password,
        "version": scanned.version,
    }
    address = _VARIABLE.sub(lambda found: quote(values.get(found[1].lower(), ""), safe=""), template)
    chosen = {name: _number(scanned.limits[limit]) for name, limit in LIMITS.items() if limit in scanned.limits}
    return f"{address}{'&' if '?' in address else '?'}{urlencode(chosen)}" if chosen else address


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:.6f}".rstrip("0")


def read(template: str, address: str) -> Scanned:
    """What the code says that holds this address; or `NotReadable`."""
    path, query = _parts(address)
    fixed, expected = _parts(template)
    found = {name: unquote(value) for name, value in _match(fixed, path, "[^/]+").items()}
    for name, value in expected.items():
        if name not in query:
            raise NotReadable(f"{name} is missing.")
        found |= _match(value, query[name], ".+")
    for name in NEEDED:
        if name not in found:
            raise NotReadable(f"{name} is missing.")
    evse = _whole("evse", found["evse"])
    limits = {limit: _limit(name, query[name]) for name, limit in LIMITS.items() if name in query}
    return Scanned(found["chargingstationid"], evse, found["totp"], found["version"], limits)


def _parts(address: str) -> tuple[str, dict[str, str]]:
    """The address up to its parameters, and these."""
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise NotReadable("This is no address.") from error
    query = {name.lower(): value for name, value in parse_qsl(parts.query, keep_blank_values=True)}
    return f"{parts.scheme}://{parts.netloc}{parts.path}", query


def _match(template: str, text: str, value: str) -> dict[str, str]:
    """The values of the variables in a part of the template; `value`: what one may be, as an expression."""
    pattern, names, end = "", [], 0
    for each in _VARIABLE.finditer(template):
        names.append(each[1].lower())
        pattern += f"{re.escape(template[end : each.start()])}({value})"
        end = each.end()
    found = re.fullmatch(pattern + re.escape(template[end:]), text)
    if found is None:
        raise NotReadable("This is no address of a payment.")
    return dict(zip(names, found.groups(), strict=True))


def _whole(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS and int(text)):
        raise NotReadable(f"{name} is no number above 0.")
    return int(text)


def _limit(name: str, text: str) -> float:
    """Seconds and watt-hours are whole, amounts of money may have a fraction."""
    whole, point, fraction = text.partition(".")
    if name != "maxcost" or not point:
        return _whole(name, text)
    amount = float(text) if (whole + fraction).isascii() and whole.isdecimal() and fraction.isdecimal() else 0.0
    if not amount or len(text) > _MOST_DIGITS:
        raise NotReadable(f"{name} is no amount above 0.")
    return amount
