"""Webhooks as a Django app."""

from __future__ import annotations

from django.apps import AppConfig

from smartserver.core import change


class WebhooksConfig(AppConfig):
    name = "smartserver.webhooks"
    label = "webhooks"
    verbose_name = "Webhooks"

    def ready(self) -> None:
        from smartserver.webhooks.outbox import Outbox  # it needs the models, which are ready only now
        from smartserver.webhooks.retention import register_kinds

        # Changes of a process that is no server (a management command) are told, too; it keeps no cache.
        change.pour_into(Outbox(max_age=0.0))
        register_kinds()
