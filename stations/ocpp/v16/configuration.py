"""Configuration keys (sections 5.3 and 5.8, keys in section 9): what the answers to our calls tell."""

from __future__ import annotations

from stations.ocpp.frames import Payload
from stations.ocpp.told import ConfigurationChanged, ConfigurationRead, KeyRead


def read_configuration(request: Payload, reply: Payload) -> ConfigurationRead:
    keys = (KeyRead(each["key"], each.get("value"), each["readonly"]) for each in reply.get("configurationKey") or ())
    return ConfigurationRead(
        keys=tuple(keys), unknown=tuple(reply.get("unknownKey") or ()), complete=not request.get("key")
    )


def read_change(request: Payload, reply: Payload) -> ConfigurationChanged:
    return ConfigurationChanged(request["key"], request["value"], reply["status"])
