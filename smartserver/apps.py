"""The project as a Django app: it brings the dashboard, the commands and the system checks."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings

from smartserver.languages.folders import compile_changed


class SmartServerConfig(AppConfig):
    name = "smartserver"
    verbose_name = "SMART-Server"

    def ready(self) -> None:
        from smartserver import checks  # noqa: F401  (registers the system checks)

        compile_changed(settings.LOCALE_DIR)
