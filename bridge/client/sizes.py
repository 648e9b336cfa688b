"""Bytes as people read them. Pure."""

from __future__ import annotations

UNITS = ("kB", "MB", "GB", "TB")


def shown(count: int) -> str:
    """`999 B`, `1.5 kB`, `70.0 MB`: a thousand, not 1,024, to a unit."""
    if abs(count) < 1000:
        return f"{count} B"
    value = float(count)
    for unit in UNITS:
        value /= 1000
        if abs(value) < 999.95 or unit == UNITS[-1]:  # what rounds to 1000.0 belongs to the next unit
            break
    return f"{value:.1f} {unit}"
