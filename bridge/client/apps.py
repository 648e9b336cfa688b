"""The bridge and its commands. It has no models: what it keeps stands in files of its own."""

from __future__ import annotations

from django.apps import AppConfig


class ClientConfig(AppConfig):
    name = "bridge.client"
    label = "bridge_client"
    verbose_name = "NOC bridge"
