"""Chargers behind NOC bridges."""

from __future__ import annotations

from django.apps import AppConfig


class CmsConfig(AppConfig):
    name = "bridge.cms"
    label = "bridge"
    verbose_name = "Bridged chargers"

    def ready(self) -> None:
        from bridge.cms.language import LANGUAGE
        from stations.services.languages import register

        register(LANGUAGE)
