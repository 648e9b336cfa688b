"""The audit log is deleted when it is old."""

from __future__ import annotations

from smartserver.accounts.models import AuditEntry
from smartserver.retention.kinds import Kind, before, register


def register_kinds() -> None:
    register(Kind("audit_log", "AUDIT_KEEP_DAYS", AuditEntry, "at", before("at", AuditEntry.objects.all)))
