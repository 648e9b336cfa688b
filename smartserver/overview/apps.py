"""The overview as a Django app, because it keeps a table of totals."""

from __future__ import annotations

from django.apps import AppConfig


class OverviewConfig(AppConfig):
    name = "smartserver.overview"
    label = "overview"
    verbose_name = "Overview"
