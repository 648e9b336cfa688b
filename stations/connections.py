"""The open sockets of this process, one per station: the newest connection wins, wherever it is."""

from __future__ import annotations

from typing import Any, Protocol

from smartserver.core.events import HINT_COMMANDS, HINT_CONNECTION
from smartserver.core.peers import Peers
from smartserver.core.sockets import POLICY_VIOLATION


class Connection(Protocol):
    station_id: int
    generation: int

    def close(self, code: int, reason: str = "") -> None: ...

    def look_for_commands(self) -> None: ...


class Connections:
    """Station → newest socket. Generations come from the database, so all processes agree on the newest.

    `hint` is what the processes tell each other when one opened: every kind of socket has its own generations.
    """

    def __init__(self, hint: str = HINT_CONNECTION) -> None:
        self._hint = hint
        self._open: dict[int, Connection] = {}
        self._peers: Peers | None = None

    def __len__(self) -> int:
        return len(self._open)

    def join(self, peers: Peers) -> None:
        """Hear of connections to other processes."""
        if self._peers is not peers:
            self._peers = peers
            peers.on(self._hint, self._elsewhere)
            peers.on(HINT_COMMANDS, self._commands_wait)

    def attach(self, connection: Connection) -> None:
        """A socket opened: older ones of the same station close."""
        known = self._open.get(connection.station_id)
        if known is not None and known.generation > connection.generation:
            connection.close(POLICY_VIOLATION, "replaced by a newer connection")
            return
        self._open[connection.station_id] = connection
        if known is not None:
            known.close(POLICY_VIOLATION, "replaced by a newer connection")
        if self._peers is not None:
            self._peers.send(self._hint, {"station": connection.station_id, "generation": connection.generation})

    def detach(self, connection: Connection) -> None:
        """A socket closed; when it was replaced already, nothing changes."""
        if self._open.get(connection.station_id) is connection:
            del self._open[connection.station_id]

    def find(self, station_id: int) -> Connection | None:
        return self._open.get(station_id)

    def _commands_wait(self, data: dict[str, Any]) -> None:
        connection = self._open.get(data["station"])
        if connection is not None:
            connection.look_for_commands()

    def _elsewhere(self, data: dict[str, Any]) -> None:
        connection = self._open.get(data["station"])
        if connection is not None and connection.generation < data["generation"]:
            connection.close(POLICY_VIOLATION, "replaced by a newer connection")
