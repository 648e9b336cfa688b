"""Chargers behind NOC bridges."""

from __future__ import annotations

from django.apps import AppConfig


class CmsConfig(AppConfig):
    name = "bridge.cms"
    label = "bridge"
    verbose_name = "Bridged chargers"
