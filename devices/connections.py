"""Which socket of this process speaks for which device; the newest wins, in whichever process it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from smartserver.core.peers import Peers
from smartserver.core.runtime import Runtime

PEER_KIND = "device.connected"


@dataclass(slots=True, eq=False)
class Link:
    """A device on a socket. `replaced` is called when a newer connection takes the device over."""

    serial: str
    generation: int
    replaced: Callable[[Link], None]
    current: bool = True


class Connections:
    """The links of one process."""

    def __init__(self) -> None:
        self._links: dict[str, Link] = {}
        self._peers: Peers | None = None

    def __len__(self) -> int:
        return len(self._links)

    def attach(self, runtime: Runtime) -> None:
        """Listen to the other processes. A runtime that starts again has new peers."""
        if self._peers is not runtime.peers:
            self._peers = runtime.peers
            self._peers.on(PEER_KIND, self._from_peer)

    def add(self, link: Link) -> None:
        """A device has connected here. Unless a newer connection was faster, the one before is replaced."""
        known = self._links.get(link.serial)
        if known is not None and known.generation > link.generation:
            _replace(link)
            return
        self._links[link.serial] = link
        if known is not None:
            _replace(known)
        if self._peers is not None:
            self._peers.send(PEER_KIND, {"serial": link.serial, "generation": link.generation})

    def remove(self, link: Link) -> None:
        if self._links.get(link.serial) is link:
            del self._links[link.serial]

    def _from_peer(self, data: dict[str, Any]) -> None:
        link = self._links.get(data["serial"])
        # A lost hint does no harm: the database refuses what an older generation says.
        if link is not None and link.generation < data["generation"]:
            self.remove(link)
            _replace(link)


def _replace(link: Link) -> None:
    if link.current:
        link.current = False
        link.replaced(link)
