"""What a quirk can do to a station that keeps the rules otherwise. Pure; one object a station, which may have a memory.

The hooks follow a message on its way: `says` turns what the station means into what it says, `frames` spoils the text
of a frame, `hears` stands between the socket and the station, `replies` answers the server. `breaks` is asked about
each text that comes in, before it is heard.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

from stations.ocpp.errors import CallError
from stations.ocpp.frames import Payload


class Said(NamedTuple):
    """A call, as it is said."""

    action: str
    payload: Payload


class Break(enum.Enum):
    """How a connection goes wrong."""

    ABORT = enum.auto()
    """It is reset; the text that just came is lost."""
    ASIDE = enum.auto()
    """The station opens another one, and closes this one when the other is in use."""
    SILENCE = enum.auto()
    """Nothing is read or written any more, but nobody closes it either."""


Reply = Payload | CallError | None
"""The payload of a CALLRESULT, a CALLERROR, or silence."""

Regular = Callable[[], Reply]
"""What the station would answer without a quirk; asking makes it act accordingly."""


class Quirk:
    """One habit. The base class has none: every hook leaves things as they are."""

    name: ClassVar[str] = ""
    rules: ClassVar[tuple[int, ...]] = ()
    """Numbers in docs/field-rules.md."""

    answers_pings = True
    spare_sockets = 0
    """Connections that it opens and leaves before the one that it uses."""

    # -- connecting -----------------------------------------------------------------------

    def opens(self) -> None:
        """A connection is about to be made."""

    def path(self, path: str) -> str:
        """What follows the address of the server: the identity, percent-encoded."""
        return path

    def subprotocols(self, offered: Sequence[str]) -> Sequence[str]:
        return offered

    def password(self, password: bytes) -> bytes:
        """As it stands in the Authorization header."""
        return password

    # -- speaking -------------------------------------------------------------------------

    def says(self, said: Said) -> list[Said]:
        """The calls that are sent instead; an empty list: nothing, and the station believes that all is well.

        The payload belongs to the message, which may be sent again: it is not to be changed.
        """
        return [said]

    def frames(self, text: str) -> list[str | bytes]:
        """What goes over the wire instead of this frame."""
        return [text]

    # -- hearing --------------------------------------------------------------------------

    def breaks(self, text: str) -> Break | None:
        return None

    def hears(self, text: str) -> str:
        return text

    def replies(self, action: str, payload: Payload, regular: Regular) -> Reply:
        """The answer to a call of the server."""
        return regular()


class Quirks(Quirk):
    """Several habits at once, the first one nearest to the station."""

    def __init__(self, quirks: Sequence[Quirk] = ()) -> None:
        self._quirks = tuple(quirks)
        self.answers_pings = all(quirk.answers_pings for quirk in self._quirks)
        self.spare_sockets = sum(quirk.spare_sockets for quirk in self._quirks)

    def opens(self) -> None:
        for quirk in self._quirks:
            quirk.opens()

    def path(self, path: str) -> str:
        for quirk in self._quirks:
            path = quirk.path(path)
        return path

    def subprotocols(self, offered: Sequence[str]) -> Sequence[str]:
        for quirk in self._quirks:
            offered = quirk.subprotocols(offered)
        return offered

    def password(self, password: bytes) -> bytes:
        for quirk in self._quirks:
            password = quirk.password(password)
        return password

    def says(self, said: Said) -> list[Said]:
        calls = [said]
        for quirk in self._quirks:
            calls = [changed for call in calls for changed in quirk.says(call)]
        return calls

    def frames(self, text: str) -> list[str | bytes]:
        """Only texts can be spoiled further: what is binary, or no JSON any more, is handed on as a whole."""
        frames: list[str | bytes] = [text]
        for quirk in self._quirks:
            frames = [
                changed for frame in frames for changed in (quirk.frames(frame) if isinstance(frame, str) else [frame])
            ]
        return frames

    def breaks(self, text: str) -> Break | None:
        # All of them count what comes in, so all are asked.
        found = [quirk.breaks(text) for quirk in self._quirks]
        return next((each for each in found if each is not None), None)

    def hears(self, text: str) -> str:
        for quirk in reversed(self._quirks):
            text = quirk.hears(text)
        return text

    def replies(self, action: str, payload: Payload, regular: Regular) -> Reply:
        """Each may replace what the one before it would answer."""
        answer = regular
        for quirk in self._quirks:
            answer = _bound(quirk, action, payload, answer)
        return answer()


def _bound(quirk: Quirk, action: str, payload: Payload, inner: Regular) -> Regular:
    return lambda: quirk.replies(action, payload, inner)
