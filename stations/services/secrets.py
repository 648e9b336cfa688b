"""Which parts of calls and answers are secret, and what is kept and shown instead of them.

A command holds its real payload until it was sent; logs, the message log, settled commands and the API show
what these functions return.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from smartserver.core.masking import names_secret
from stations.ocpp.frames import Payload

MASKED = "••••••"

_TOKEN = re.compile(r"(/files/(?:firmware|uploads|guarded)/)[^/?#]+")
"""In the addresses that this server gives out (`addresses.py`)."""

_ACCESS_SECRETS = frozenset({"apnPassword", "basicAuthPassword", "key", "password", "simPin"})


SHORTEST = 4
"""Characters of a secret that is looked for in what stations tell; shorter ones stand in any text."""


def is_secret_key(key: str) -> bool:
    """Whether the value of this configuration key or variable is a secret (AuthorizationKey, BasicAuthPassword, …)."""
    return names_secret(key)


def mask_address(address: str) -> str:
    """An address without its secrets: a password (`ftp://user:password@host/path`), the token of a one-time address."""
    address = _TOKEN.sub(rf"\1{MASKED}", address)
    try:
        parts = urlsplit(address)
    except ValueError:
        return MASKED
    if not parts.password:
        return address
    user, _, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user.partition(':')[0]}:{MASKED}@{host}").geturl()


def _change_of_key(payload: Payload) -> Payload:
    return payload | {"value": MASKED} if is_secret_key(str(payload.get("key"))) else payload


def _address_at(*path: str) -> Callable[[Payload], Payload]:
    """Mask the address that is found along `path`."""

    def masked(payload: Payload) -> Payload:
        name, *rest = path
        value = payload.get(name)
        if rest and isinstance(value, dict):
            found: Any = _address_at(*rest)(value)
        elif not rest and isinstance(value, str):
            found = mask_address(value)
        else:
            return payload
        return payload if found == value else payload | {name: found}

    return masked


def _variables(payload: Payload) -> Payload:
    """SetVariables of 2.x."""
    return payload | {"setVariableData": [_variable(each) for each in payload.get("setVariableData") or ()]}


def _variable(data: Any) -> Any:
    variable = data.get("variable") if isinstance(data, dict) else None
    secret = isinstance(variable, dict) and is_secret_key(str(variable.get("name")))
    return data | {"attributeValue": MASKED} if secret else data


def _profile_of_network(payload: Payload) -> Payload:
    """SetNetworkProfile of 2.x: passwords of access point and VPN, the station's own (2.1), one in the address."""
    connection = payload.get("connectionData")
    if not isinstance(connection, dict):
        return payload
    parts = {name: _access(part) for name, part in connection.items() if isinstance(part, dict)}
    shown = _address_at("ocppCsmsUrl")(_access(connection | parts))
    return payload | {"connectionData": shown}


def _access(part: dict[str, Any]) -> dict[str, Any]:
    return {name: MASKED if name in _ACCESS_SECRETS else value for name, value in part.items()}


def _told_keys(reply: Payload) -> Payload:
    keys = reply.get("configurationKey")
    if not isinstance(keys, list):
        return reply
    return reply | {"configurationKey": [_told_key(each) for each in keys]}


def _told_key(each: Any) -> Any:
    secret = isinstance(each, dict) and each.get("value") and is_secret_key(str(each.get("key")))
    return each | {"value": MASKED} if secret else each


Mask = Callable[[Payload], Payload]

SECRET_FIELDS: dict[str, Mask] = {
    "ChangeConfiguration": _change_of_key,
    "GetDiagnostics": _address_at("location"),
    "GetLog": _address_at("log", "remoteLocation"),
    "PublishFirmware": _address_at("location"),
    "SetNetworkProfile": _profile_of_network,
    "SetVariables": _variables,
    "SignedUpdateFirmware": _address_at("firmware", "location"),
    # 2.x has the address where SignedUpdateFirmware has it.
    "UpdateFirmware": lambda payload: _address_at("firmware", "location")(_address_at("location")(payload)),
}
"""What is secret in our calls, by action; `register` adds those of other languages."""

SECRET_REPLIES: dict[str, Mask] = {"GetConfiguration": _told_keys}
"""What is secret in the answers to them: some stations do tell their AuthorizationKey."""


def register(action: str, *, in_call: Mask, in_reply: Mask) -> None:
    """Say what is secret in an action of another language; once, when the app that speaks it is ready."""
    SECRET_FIELDS[action] = in_call
    SECRET_REPLIES[action] = in_reply


def mask(action: str, payload: Payload) -> Payload:
    """The payload of a call without its secrets; the same object when it has none."""
    return _masked(SECRET_FIELDS, action, payload)


def mask_reply(action: str, reply: Payload) -> Payload:
    """The answer to a call without its secrets; the same object when it has none."""
    return _masked(SECRET_REPLIES, action, reply)


def without_echo(action: str, payload: Payload, told: Any) -> Any:
    """What a station tells of a call, without the secrets of that call: some quote what they refuse."""
    if (hidden := mask(action, payload)) is payload:
        return told
    pairs = [(secret, shown) for secret, shown in _differences(payload, hidden) if len(secret) >= SHORTEST]
    return _replaced(told, pairs)


def _differences(before: Any, after: Any) -> Iterator[tuple[str, str]]:
    """The texts that were masked, and what stands in their place."""
    if isinstance(before, dict):
        for name, value in before.items():
            yield from _differences(value, after[name])
    elif isinstance(before, list):
        for one, other in zip(before, after, strict=True):
            yield from _differences(one, other)
    elif before != after:
        yield str(before), str(after)


def _replaced(value: Any, pairs: Sequence[tuple[str, str]]) -> Any:
    if isinstance(value, dict):
        return {_replaced(name, pairs): _replaced(each, pairs) for name, each in value.items()}
    if isinstance(value, list):
        return [_replaced(each, pairs) for each in value]
    if isinstance(value, str):
        for secret, shown in pairs:
            value = value.replace(secret, shown)
    return value


def _masked(table: Mapping[str, Mask], action: str, payload: Payload) -> Payload:
    hide = table.get(action)
    if hide is None:
        return payload
    hidden = hide(payload)
    return payload if hidden == payload else hidden
