"""An emulated charger's HTTP API without the sockets: requests in, answers out. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bridge.emulator import records
from bridge.emulator.docker import Engine
from bridge.emulator.exchange import TEXT, Refused, Reply, Request, Route
from bridge.emulator.model import Charger
from bridge.emulator.routes import ROUTES

MAX_DOCUMENTS = 500


@dataclass(slots=True)
class Hardware:
    """A charger and what its controller keeps besides. `documents` are settings by their paths."""

    charger: Charger
    log_lines: int = 5000
    """Lines of each log."""
    engine: Engine = field(default_factory=Engine)
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    scripts: dict[str, str] = field(default_factory=dict)
    ocpp_running: bool = True

    @staticmethod
    def route(method: str, path: str) -> tuple[Route, Request]:
        """Where a request goes; `Refused` with 404 or 405."""
        for each in ROUTES:
            if match := each.pattern.fullmatch(path):
                if method not in each.handlers:
                    allowed = ", ".join(sorted(each.handlers))
                    raise Refused(405, f"{method[:20]} is not allowed here.", {"Allow": allowed})
                return each, Request(method, path, args=match.groups())
        raise Refused(404, f"There is no {path[:200]}.")

    def document(self, path: str, defaults: dict[str, Any]) -> dict[str, Any]:
        """The settings at this path, as they are now."""
        return defaults | self.documents.get(path, {})

    def merge(self, path: str, changes: dict[str, Any]) -> None:
        """Change some settings."""
        if path not in self.documents and len(self.documents) >= MAX_DOCUMENTS:
            raise Refused(507, "The controller's memory is full.")
        self.documents[path] = self.documents.get(path, {}) | changes

    def log(self, source: str) -> Reply:
        """A log of `log_lines` lines, made while it is sent."""
        size = self.log_lines * records.LINE_BYTES
        return Reply(200, records.chunks(self.log_lines, source), TEXT, length=size, is_log=True)
