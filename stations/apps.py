"""Charge points: OCPP 1.6-J, 2.0.1 and 2.1."""

from __future__ import annotations

from django.apps import AppConfig


class StationsConfig(AppConfig):
    name = "stations"
    verbose_name = "Charging stations"
