"""Solar devices that speak the SolMate protocol."""

from __future__ import annotations

from django.apps import AppConfig


class DevicesConfig(AppConfig):
    name = "devices"
    verbose_name = "Solar devices"

    def ready(self) -> None:
        from devices.retention import register_kinds

        register_kinds()
