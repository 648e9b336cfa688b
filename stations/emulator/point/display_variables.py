"""Variables of the component DisplayMessageCtrlr (2.0.1 and 2.1 part 2, appendix 3). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stations.emulator.point.display import CAPACITY, CONTROLLER
from stations.emulator.point.variables import READ_WRITE, Path, Variable

if TYPE_CHECKING:
    from stations.emulator.point.station import Station


def _messages(station: Station, path: Path, now: float) -> str:
    return str(station.display.count(now))


def _formats(station: Station, path: Path, now: float) -> str:
    return ",".join(sorted(station.display.abilities.formats))


def _states_shown(station: Station, path: Path, now: float) -> str:
    return ",".join(sorted(station.display.abilities.states))


def _priorities(station: Station, path: Path, now: float) -> str:
    return ",".join(station.display.abilities.priorities)


VARIABLES: tuple[Variable, ...] = (
    Variable(Path(CONTROLLER, "Enabled"), "boolean", "true"),
    Variable(Path(CONTROLLER, "DisplayMessages"), "integer", high=CAPACITY, source=_messages),
    Variable(Path(CONTROLLER, "SupportedFormats"), "MemberList", source=_formats),
    Variable(Path(CONTROLLER, "SupportedPriorities"), "MemberList", source=_priorities),
    Variable(Path(CONTROLLER, "SupportedStates"), "MemberList", source=_states_shown),
)


def language(languages: tuple[str, ...]) -> Variable:
    """The station's own, and those that its display can show (2.1)."""
    return Variable(Path(CONTROLLER, "Language"), "OptionList", languages[0], READ_WRITE, options=languages)
