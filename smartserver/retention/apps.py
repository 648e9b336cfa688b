"""Retention as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class RetentionConfig(AppConfig):
    name = "smartserver.retention"
    label = "retention"
    verbose_name = "Retention"
