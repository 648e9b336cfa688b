"""Rows of TransactionEvents, each of one event or of several that follow each other and say the same."""

from __future__ import annotations

from django.db.models import QuerySet

from stations.models import TransactionEvent


def numbers(rows: QuerySet[TransactionEvent]) -> list[int]:
    """Of every event, in the order of the rows."""
    found = rows.values_list("sequence", "last_sequence")
    return [number for first, last in found for number in range(first, last + 1)]
