"""What must not be read in logs: passwords, keys, id tokens, addresses that let in whoever has them. Pure.

Works on values (`masked`) and on the texts of frames (`mask_text`), also on broken ones. The tables are for all
who hide something. Names are compared in any case.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import orjson

HIDDEN = "***"
ELLIPSIS = "…"

SECRET_FIELDS = frozenset(
    {
        "password",
        "basicauthpassword",  # SetNetworkProfile, 2.x
        "apnpassword",
        "simpin",
        "authorization",
        "authorizationkey",
        "apikey",
        "api_key",
        "secret",
        "client_secret",
        "private_key",
        "privatekey",
    }
)
"""Fields whose value is a secret."""

SECRET_NAMES = ("authorizationkey", "authkey", "password", "passwd", "passphrase", "secret", "privatekey", "simpin")
"""What the names of configuration keys (1.6) and variables (2.x) hold whose value is a secret, in whatever vendor's
spelling (BasicAuthPassword, WifiPassphrase); the value is in one of `VALUE_FIELDS`."""

VALUE_FIELDS = frozenset({"value", "attributevalue", "actualvalue"})

TOKEN_FIELDS = frozenset({"idtag", "parentidtag", "idtoken", "groupidtoken", "additionalidtoken", "emaid", "token"})
"""Who knows these can charge at somebody else's expense: only the beginning is shown."""

ADDRESS_FIELDS = frozenset({"location", "remotelocation", "url", "uri", "ocppcsmsurl"})
"""Addresses may hold passwords, and one-time addresses are secrets themselves: only the server is shown."""

_INTERESTING = SECRET_FIELDS | {*SECRET_NAMES} | TOKEN_FIELDS | ADDRESS_FIELDS | {"vpn"}
_TRIGGER = re.compile("|".join(sorted(_INTERESTING)) + r"|\b(?:basic|bearer)\s|\\u", re.IGNORECASE)

_FIELD = r"""(?P<head>(?P<q>\\*["'])(?:{names})(?P=q)\s*:\s*)"""
_VALUE = r"""(?:(?P<v>\\*["'])(?P<text>(?:(?!(?<!\\)(?P=v)).)*)|(?P<bare>[^\s"'\\,{{}}\[\]]+))"""
_CREDENTIALS = re.compile(r"\b(?P<scheme>basic|bearer)\s+[\w.~+/=-]{4,}", re.IGNORECASE)


def _fields(names: frozenset[str]) -> re.Pattern[str]:
    return re.compile((_FIELD + _VALUE).format(names="|".join(sorted(names))), re.IGNORECASE | re.DOTALL)


_SECRET_TEXT = _fields(SECRET_FIELDS)
_VALUE_TEXT = _fields(VALUE_FIELDS)
_TOKEN_TEXT = _fields(TOKEN_FIELDS)
_ADDRESS_TEXT = _fields(ADDRESS_FIELDS)
_NAMED = re.compile("|".join(SECRET_NAMES), re.IGNORECASE)
_KEY_TEXT = _fields(frozenset({"key"}))
_VPN = re.compile("vpn", re.IGNORECASE)


def names_secret(name: str) -> bool:
    """Whether the value of the configuration key or variable of this name is a secret."""
    return _NAMED.search(name) is not None


def mask_text(text: str, *, tokens: bool = True, addresses: bool = True) -> str:
    """A frame as it may be logged. The same text when there is nothing to hide in it.

    A broken one is searched for what looks like the fields; then rather too much is hidden than too little. Id tokens
    and addresses are hidden only if wanted.
    """
    if _TRIGGER.search(text) is None:
        return text
    try:
        return orjson.dumps(masked(orjson.loads(text), tokens=tokens, addresses=addresses)).decode()
    except (orjson.JSONDecodeError, orjson.JSONEncodeError, RecursionError):
        return _mask_broken(text, tokens=tokens, addresses=addresses)


def masked(value: Any, *, tokens: bool = True, addresses: bool = True) -> Any:
    """A copy of a JSON value without its secrets; id tokens and addresses only if wanted."""
    if isinstance(value, dict):
        return _mask_object(value, tokens=tokens, addresses=addresses)
    if isinstance(value, list):
        return [masked(each, tokens=tokens, addresses=addresses) for each in value]
    if isinstance(value, str):
        return _mask_inside(value, tokens=tokens, addresses=addresses)
    return value


def mask_token(token: str) -> str:
    return token[:2] + ELLIPSIS if token else token


def mask_address(address: str) -> str:
    """`https://host:port/…` of an address; any other text stays as it is."""
    if "://" not in address:
        return address
    try:
        parts = urlsplit(address)
        _ = parts.port  # what stands there and is no port may be the beginning of a password
    except ValueError:
        return HIDDEN
    rest = "/" + ELLIPSIS if parts.path.strip("/") or parts.query or parts.fragment else parts.path
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{rest}"


# -- values -------------------------------------------------------------------------------------


def _mask_object(value: dict[str, Any], *, tokens: bool, addresses: bool) -> dict[str, Any]:
    named = _names_a_secret(value)
    found: dict[str, Any] = {}
    for name, each in value.items():
        field = name.lower()
        if field in SECRET_FIELDS or (named and field in VALUE_FIELDS):
            found[name] = HIDDEN if each not in ("", None) else each
        elif named and field == "variableattribute" and isinstance(each, list):
            found[name] = [_mask_attribute(attribute) for attribute in each]
        elif field == "vpn" and isinstance(each, dict) and "key" in each:
            found[name] = _mask_object(each | {"key": HIDDEN}, tokens=tokens, addresses=addresses)
        elif tokens and field in TOKEN_FIELDS and isinstance(each, str | int):
            found[name] = mask_token(str(each))
        elif addresses and field in ADDRESS_FIELDS and isinstance(each, str):
            found[name] = mask_address(each)
        else:
            found[name] = masked(each, tokens=tokens, addresses=addresses)
    return found


def _names_a_secret(value: dict[str, Any]) -> bool:
    """`{"key": "AuthorizationKey", "value": …}`, or `{"variable": {"name": "BasicAuthPassword"}, …}`."""
    variable = value.get("variable")
    names = (value.get("key"), variable.get("name") if isinstance(variable, dict) else None)
    return any(isinstance(name, str) and names_secret(name) for name in names)


def _mask_attribute(attribute: Any) -> Any:
    """One of `variableAttribute` in a NotifyReport (2.x)."""
    if isinstance(attribute, dict) and attribute.get("value"):
        return attribute | {"value": HIDDEN}
    return attribute


def _mask_inside(text: str, *, tokens: bool, addresses: bool) -> str:
    """JSON in a text, as vendors put it into DataTransfer."""
    if text[:1] in ("{", "[") and _TRIGGER.search(text) is not None:
        try:
            return orjson.dumps(masked(orjson.loads(text), tokens=tokens, addresses=addresses)).decode()
        except orjson.JSONDecodeError:
            return _mask_broken(text, tokens=tokens, addresses=addresses)
    return _CREDENTIALS.sub(rf"\g<scheme> {HIDDEN}", text)


# -- texts that are no JSON ---------------------------------------------------------------------


def _mask_broken(text: str, *, tokens: bool, addresses: bool) -> str:
    text = _SECRET_TEXT.sub(lambda found: _replace(found, HIDDEN), text)
    if _NAMED.search(text):
        text = _VALUE_TEXT.sub(lambda found: _replace(found, HIDDEN), text)
    if _VPN.search(text):
        text = _KEY_TEXT.sub(lambda found: _replace(found, HIDDEN), text)
    if tokens:
        text = _TOKEN_TEXT.sub(lambda found: _replace(found, mask_token(_plain(found))), text)
    if addresses:
        text = _ADDRESS_TEXT.sub(lambda found: _replace(found, mask_address(_plain(found))), text)
    return _CREDENTIALS.sub(rf"\g<scheme> {HIDDEN}", text)


def _plain(found: re.Match[str]) -> str:
    text = found["text"] if found["v"] else found["bare"]
    return "" if "\\" in text[:2] else text  # half an escape is worse than none


def _replace(found: re.Match[str], shown: str) -> str:
    if not (found["text"] or found["bare"]):
        return found[0]
    return f"{found['head']}{found['v'] or ''}{shown or ELLIPSIS}"
