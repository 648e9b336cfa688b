"""What a station writes down of its own life, for GetDiagnostics and GetLog. Pure.

Entries are kept as they are and written out only when somebody asks: most are never read.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime

from stations.ocpp.times import written

LINES = 200

DIAGNOSTICS = "DiagnosticsLog"

Entry = tuple[datetime, str, str]
"""When, what, and more of it."""


class Journal:
    def __init__(self, lines: int = LINES) -> None:
        self._entries: deque[Entry] = deque(maxlen=lines)
        self._security: deque[Entry] = deque(maxlen=lines)
        self._samples: deque[Entry] = deque(maxlen=lines)
        self._logs = {
            DIAGNOSTICS: self._entries,
            "SecurityLog": self._security,
            "DataCollectorLog": self._samples,
        }

    def note(self, at: datetime, what: str, more: str = "") -> None:
        self._entries.append((at, what, more))

    def note_security(self, at: datetime, what: str, more: str = "") -> None:
        self.note(at, what, more)
        self._security.append((at, what, more))

    def sample(self, at: datetime, what: str, more: str) -> None:
        """What the data collector measured (2.1)."""
        self._samples.append((at, what, more))

    def text(self, kind: str = DIAGNOSTICS, *, since: datetime | None = None, until: datetime | None = None) -> str:
        """The entries of a span of time, a line each; empty when there are none. `kind`: a LogEnumType."""
        return "".join(
            f"{written(at)} {what} {more}".rstrip() + "\n"
            for at, what, more in self._logs[kind]
            if (since is None or at >= since) and (until is None or at <= until)
        )
