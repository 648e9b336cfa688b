"""Charge points: OCPP 1.6-J, 2.0.1 and 2.1."""

from __future__ import annotations

from django.apps import AppConfig
from django.core.checks import register


class StationsConfig(AppConfig):
    name = "stations"
    verbose_name = "Charging stations"

    def ready(self) -> None:
        from stations.retention import register_kinds
        from stations.services.certificates.contracts import check_provider
        from stations.services.equipment.data_transfer import check_handlers
        from stations.services.tariffs.choice import check_zone
        from stations.services.tariffs.payments import check_vat_check

        for check in (check_handlers, check_provider, check_zone, check_vat_check):
            register()(check)
        register_kinds()
