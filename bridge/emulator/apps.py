"""The emulated charger and its command."""

from __future__ import annotations

from django.apps import AppConfig


class EmulatorConfig(AppConfig):
    name = "bridge.emulator"
    label = "bridge_emulator"
    verbose_name = "Emulated charger"
