"""Whether a station is still there: the rule, without a clock of its own. Pure.

TCP does not notice a peer that lost its power or its network, and some stations never answer the pings of
WebSocket. So anything that is heard counts as life; a station that was silent for its `patience` is asked something
harmless that every station has to answer; and one that leaves that unanswered, too, is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

GRACE = 60.0
"""Seconds that a station has to answer where the patience follows from its heartbeat interval."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds of silence before a station is asked, and seconds for its answer."""

    silence: float
    answer: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Look again after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Ask:
    """Send the probe, remember when, and look again after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Close:
    """The connection is dead. `silent`: seconds since anything was heard."""

    silent: float


Step: TypeAlias = Wait | Ask | Close


def patience_for(*, heartbeat: float, check: float | None, call_timeout: float) -> Patience:
    """How long a station may be silent.

    `heartbeat`: the station's heartbeat interval. `check`: the server's own interval (HEARTBEAT_INT_MS), None: it has
    none, and the patience is two heartbeats. With it a station is asked after so much silence, however rarely it
    beats.

    The time for an answer is that of two calls: the probe waits behind a call that the station has not answered yet,
    and one that leaves a single call unanswered is not dead.
    """
    if check is None:
        return Patience(2.0 * heartbeat, max(GRACE, 2.0 * call_timeout))
    return Patience(check, max(check, 2.0 * call_timeout))


def next_step(patience: Patience, *, now: float, heard: float, asked: float | None) -> Step:
    """What to do at `now`. `heard`: when anything at all last came; `asked`: when the probe was last sent, or None.

    All in seconds on one clock. A probe from before the last word is answered, whatever that word was.
    """
    if asked is not None and asked >= heard:
        left = patience.answer - (now - asked)
        # Not longer than the silence that is allowed: once it has answered, its next silence begins.
        return Wait(min(left, patience.silence)) if left > 0.0 else Close(now - heard)
    left = patience.silence - (now - heard)
    return Wait(left) if left > 0.0 else Ask(min(patience.answer, patience.silence))


def probe(version: str) -> tuple[str, dict[str, Any]]:
    """(action, payload) of a call that every station of this version has to answer, and that changes nothing.

    1.6 GetConfiguration belongs to the core profile (section 5.8), TriggerMessage does not; 2.x GetVariables is
    required of all (B06). A CALLERROR is as good an answer as any.
    """
    if version == "1.6":
        return "GetConfiguration", {"key": ["HeartbeatInterval"]}
    wanted = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
    return "GetVariables", {"getVariableData": [wanted]}
