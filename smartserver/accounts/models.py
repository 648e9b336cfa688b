"""Tokens of programs, the audit log, and views that people keep."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from smartserver.accounts.roles import CHOICES


class ApiToken(models.Model):
    """What a program shows instead of a login. Only a hash of it is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100, help_text="What it is for.")
    role = models.CharField(
        max_length=13, choices=CHOICES, help_text="What it may do, at most what its owner may at that moment."
    )
    beginning = models.CharField(max_length=12, help_text="Its first characters, to recognise it.")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To the minute.")

    class Meta:
        verbose_name = "API token"
        ordering = ("-pk",)
        constraints = (models.UniqueConstraint(fields=("user", "name"), name="api_token_name_once_a_user"),)

    def __str__(self) -> str:
        return f"{self.name} ({self.beginning}…)"


class AuditEntry(models.Model):
    """One change that somebody asked for, and what became of it. Names are texts: they outlive what they name."""

    at = models.DateTimeField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    actor = models.CharField(max_length=150, help_text="The user's name at that time.")
    role = models.CharField(max_length=13, help_text="In which it was done.")
    token = models.CharField(max_length=120, blank=True, help_text="The API token, when one was used.")
    address = models.CharField(max_length=64, blank=True)
    action = models.CharField(max_length=64, help_text="The operation, as the OpenAPI document names it.")
    target = models.CharField(max_length=300, blank=True, help_text="What was changed.")
    summary = models.JSONField(default=dict, help_text="What was asked for, without secrets.")
    outcome = models.CharField(max_length=32, help_text="“done”, or the code of the error.")

    class Meta:
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"
        ordering = ("-pk",)
        indexes = (models.Index(fields=("target", "id"), name="audit_by_target"),)

    def __str__(self) -> str:
        return f"{self.actor} {self.action} {self.target}: {self.outcome}"


class SavedView(models.Model):
    """A table of the dashboard as somebody likes to see it: its address with filters, sorts and columns."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views", db_index=False)
    topic = models.CharField(max_length=32)
    name = models.CharField(max_length=100)
    address = models.CharField(max_length=2000)

    class Meta:
        ordering = ("topic", "name")
        constraints = (models.UniqueConstraint(fields=("user", "topic", "name"), name="saved_view_name_once_a_table"),)

    def __str__(self) -> str:
        return f"{self.name} ({self.topic})"
