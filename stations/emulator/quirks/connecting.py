"""Rules 1 to 8: how stations connect, and how they go. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from stations.emulator.quirks import frame
from stations.emulator.quirks.base import Break, Quirk

OFTEN = 12
"""Texts from the server, after which a connection goes wrong again and again."""


class _Breaking(Quirk):
    """Something happens to each connection after so many texts."""

    kind: Break

    def __init__(self, every: int = OFTEN) -> None:
        self._every = every
        self._heard = 0

    def opens(self) -> None:
        self._heard = 0

    def breaks(self, text: str) -> Break | None:
        self._heard += 1
        return self.kind if self._heard == self._every else None


class LateClose(_Breaking):
    """Now and then it opens a new connection and closes the old one only afterwards."""

    name = "late-close"
    rules = (1,)
    kind = Break.ASIDE


class TwoSockets(Quirk):
    """It opens two connections at once and uses the second one."""

    name = "two-sockets"
    rules = (1,)
    spare_sockets = 1


class NoPong(Quirk):
    """It never answers a ping of the WebSocket protocol."""

    name = "no-pong"
    rules = (2,)
    answers_pings = False


class SilentDeath(_Breaking):
    """Now and then its connection dies without a close: nothing is read or written any more."""

    name = "silent-death"
    rules = (2,)
    kind = Break.SILENCE


class DoubledSlashes(Quirk):
    """It doubles the slash before its identity."""

    name = "doubled-slashes"
    rules = (3,)

    def path(self, path: str) -> str:
        return f"/{path}"


class TrailingSlash(Quirk):
    """It ends the address with slashes."""

    name = "trailing-slash"
    rules = (3,)

    def path(self, path: str) -> str:
        return f"{path}//"


class IdentityTwice(Quirk):
    """It appends its identity to an address that ends with it already."""

    name = "identity-twice"
    rules = (3,)

    def path(self, path: str) -> str:
        return f"{path}/{path}"


class NoSubprotocol(Quirk):
    """It offers no subprotocol."""

    name = "no-subprotocol"
    rules = (4,)

    def subprotocols(self, offered: Sequence[str]) -> Sequence[str]:
        return ()


class SubprotocolList(Quirk):
    """It offers old, invented and oddly written subprotocols beside its own."""

    name = "subprotocol-list"
    rules = (4,)

    def subprotocols(self, offered: Sequence[str]) -> Sequence[str]:
        return ("ocpp1.2", "ocpp1.5", *offered, "ocpp", "soap")


class HexPassword(Quirk):
    """It sends the hexadecimal form of its password."""

    name = "hex-password"
    rules = (6,)

    def password(self, password: bytes) -> bytes:
        return password.hex().upper().encode()


class BinaryPassword(Quirk):
    """It sends the bytes for which its password, where that is hexadecimal, stands."""

    name = "binary-password"
    rules = (6,)

    def password(self, password: bytes) -> bytes:
        try:
            return bytes.fromhex(password.decode())
        except ValueError:
            return password


class WrongIdentity(Quirk):
    """It connects under an identity that was entered in another way."""

    name = "wrong-identity"
    rules = (7,)

    def path(self, path: str) -> str:
        return f"{path}-1"


class DropsOnCommand(Quirk):
    """It drops the connection when it is asked something for the first time."""

    name = "drops-on-command"
    rules = (11,)

    def __init__(self) -> None:
        self._asked: set[str] = set()

    def breaks(self, text: str) -> Break | None:
        call = frame.call(text)
        if call is None or call.action in self._asked:
            return None
        self._asked.add(call.action)
        return Break.ABORT


class LostAnswer(Quirk):
    """Its connection breaks before it hears the first answer to the start or end of a transaction."""

    name = "lost-answer"
    rules = (18,)

    def __init__(self) -> None:
        self._waits_for = ""
        self._said: set[str] = set()

    def frames(self, text: str) -> list[str | bytes]:
        call = frame.call(text)
        if call is not None and frame.turns(call.action, call.payload) and (key := repr(call[1:])) not in self._said:
            self._said.add(key)
            self._waits_for = call.id
        return [text]

    def breaks(self, text: str) -> Break | None:
        if self._waits_for and frame.answered(text) == self._waits_for:
            self._waits_for = ""
            return Break.ABORT
        return None


QUIRKS: tuple[type[Quirk], ...] = (
    LateClose,
    TwoSockets,
    NoPong,
    SilentDeath,
    DoubledSlashes,
    TrailingSlash,
    IdentityTwice,
    NoSubprotocol,
    SubprotocolList,
    HexPassword,
    BinaryPassword,
    WrongIdentity,
    DropsOnCommand,
    LostAnswer,
)
