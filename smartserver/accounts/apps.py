from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "smartserver.accounts"
    label = "accounts"
    verbose_name = "Accounts"
