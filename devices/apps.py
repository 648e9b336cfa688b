"""Solar devices that speak the SolMate protocol."""

from __future__ import annotations

from django.apps import AppConfig


class DevicesConfig(AppConfig):
    name = "devices"
    verbose_name = "Solar devices"
