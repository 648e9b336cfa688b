"""Chargers behind NOC bridges."""

from __future__ import annotations

from django.apps import AppConfig


class CmsConfig(AppConfig):
    name = "bridge.cms"
    label = "bridge"
    verbose_name = "Bridged chargers"

    def ready(self) -> None:
        from bridge.cms.language import LANGUAGE, REQUEST
        from bridge.cms.retention import register_kinds
        from bridge.cms.secrets import mask_answer, mask_request
        from stations.services import languages, secrets

        languages.register(LANGUAGE)
        secrets.register(REQUEST, in_call=mask_request, in_reply=mask_answer)
        register_kinds()
