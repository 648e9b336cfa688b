from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "smartserver.accounts"
    label = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        from smartserver.accounts.retention import register_kinds

        register_kinds()
