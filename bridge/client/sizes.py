"""Bytes as people read them. Pure."""

from __future__ import annotations

UNITS = ("kB", "MB", "GB", "TB")


def shown(count: int) -> str:
    """`999 B`, `1.5 kB`, `70.0 MB`: a thousand, not 1,024, to a unit."""
    if abs(count) < 1000:
        return f"{count} B"
    value = count / 1000
    for unit in UNITS[:-1]:
        if abs(value) < 999.95:  # what rounds to 1000.0 belongs to the next unit
            return f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} {UNITS[-1]}"
