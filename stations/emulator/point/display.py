"""The display of a 2.x station: messages by priority and state, until they are over (block O). Pure.

A station has one display. Messages that are over are dropped whenever somebody looks, which nobody can tell from
dropping them at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from stations.emulator.point.clock import parsed
from stations.emulator.point.message import Charge, Message
from stations.emulator.point.words import Status
from stations.ocpp.frames import Payload

if TYPE_CHECKING:
    from stations.emulator.point.station import Station

CAPACITY = 20
"""Messages that it can hold (DisplayMessageCtrlr.DisplayMessages)."""

AT_ONCE = 4
"""Messages in one NotifyDisplayMessages."""

CYCLE_SECONDS = 10.0
"""For so long one of several messages is shown."""

PRIORITIES = ("AlwaysFront", "InFront", "NormalCycle")
"""Only messages of the first of them that has any are shown (MessagePriorityEnumType)."""

COMPONENT, CONTROLLER = "Display", "DisplayMessageCtrlr"


class Abilities(NamedTuple):
    """What a display can show. `languages`: the first is the station's own; none where OCPP has no answer for those
    that it cannot."""

    formats: frozenset[str] = frozenset({"ASCII", "UTF8", "URI"})
    states: frozenset[str] = frozenset({"Charging", "Faulted", "Idle", "Unavailable"})
    languages: tuple[str, ...] = ()
    priorities: tuple[str, ...] = PRIORITIES


_BASIC = Abilities()
_SIMPLE = Abilities(frozenset({"ASCII"}), frozenset({"Charging", "Idle"}), priorities=PRIORITIES[1:])

ABILITIES = {
    ("1.6", "rich"): _BASIC,  # where nobody asks for it
    ("1.6", "simple"): _BASIC,
    ("2.0.1", "rich"): _BASIC,
    ("2.0.1", "simple"): _SIMPLE,
    # It gives no energy back, so it is never Discharging.
    ("2.1", "rich"): Abilities(_BASIC.formats | {"QRCODE"}, _BASIC.states | {"Suspended"}, ("en", "de")),
    ("2.1", "simple"): _SIMPLE._replace(languages=("en",)),
}
"""By version, and by the kind of display: two lines of text are a simple one."""

KINDS = ("rich", "simple")

_STATES = {
    Status.CHARGING: "Charging",
    Status.SUSPENDED_EV: "Suspended",
    Status.SUSPENDED_EVSE: "Suspended",
    Status.FAULTED: "Faulted",
}


class Display:
    def __init__(self, station: Station, kind: str = KINDS[0]) -> None:
        self._station = station
        self.abilities = ABILITIES[station.version, kind]
        self._reader: Charge | None = None
        """The session of whoever identified himself last."""
        self._messages: dict[int, Payload] = {}
        """MessageInfoType by id, as the server wrote it."""

    def count(self, now: float) -> int:
        """How many messages it has."""
        return len(self._present(now))

    # -- what it shows --------------------------------------------------------------------

    def cycle(self, now: float) -> list[Payload]:
        """The messages that take turns now."""
        states = self._states()
        fit = [
            message
            for message in self._present(now)
            if self._begun(message, now) and ("state" not in message or message["state"] in states)
        ]
        for priority in PRIORITIES:
            if found := [message for message in fit if message["priority"] == priority]:
                return found
        return []

    def showing(self, now: float) -> Payload | None:
        """The message that can be read now."""
        found = self.cycle(now)
        return found[int(now // CYCLE_SECONDS) % len(found)] if found else None

    def text(self, now: float) -> str:
        """What can be read now, in the language of the driver where there is such a text (2.1 O01)."""
        message = self.showing(now)
        if message is None:
            return ""
        contents = [message["message"], *message.get("messageExtra", ())]
        by_language = {_language(each): each["content"] for each in reversed(contents)}
        found = (by_language[each] for each in self._languages() if each in by_language)
        return str(next(found, message["message"]["content"]))

    def read_by(self, charge: Charge) -> None:
        """Somebody has identified himself."""
        self._reader = charge

    def _languages(self) -> list[str]:
        """In which a text is wanted, the best first: the driver's, as the server told them, and the station's own."""
        reader = self._reader
        present = reader is not None and any(outlet.charge is reader for outlet in self._station.outlets)
        wanted = reader.languages if reader is not None and present else ()
        own = [self._station.variables.text(CONTROLLER, "Language")] if self.abilities.languages else []
        return [each.partition("-")[0].lower() for each in (*wanted, *own)]

    def _states(self) -> set[str]:
        """All that hold: connectors differ, and there is one display."""
        statuses = {outlet.status for outlet in self._station.outlets}
        found = {_STATES[status] for status in statuses & set(_STATES)}
        if "Suspended" in found and "Suspended" not in self.abilities.states:
            found = found - {"Suspended"} | {"Charging"}
        if self._station.inoperative or statuses == {Status.UNAVAILABLE}:
            found.add("Unavailable")
        return found or {"Idle"}

    def _begun(self, message: Payload, now: float) -> bool:
        return "startDateTime" not in message or parsed(message["startDateTime"]) <= self._station.clock(now)

    def _present(self, now: float) -> list[Payload]:
        """The messages that it has: those whose end or transaction is over are gone (O01.FR.09, O02.FR.03)."""
        self._messages = {id: message for id, message in self._messages.items() if not self._is_over(message, now)}
        return list(self._messages.values())

    def _is_over(self, message: Payload, now: float) -> bool:
        if "endDateTime" in message and parsed(message["endDateTime"]) <= self._station.clock(now):
            return True
        return "transactionId" in message and not self._goes_on(message["transactionId"])

    def _goes_on(self, transaction: str) -> bool:
        charges = (outlet.charge for outlet in self._station.outlets)
        return any(charge is not None and charge.open and charge.reference == transaction for charge in charges)

    # -- what the server asks -------------------------------------------------------------

    def set(self, message: Payload, now: float) -> str:
        """The status of a SetDisplayMessage; one with the same id is replaced (O06)."""
        present = self._present(now)
        if wrong := self._problem(message, present, now):
            return wrong
        if message["priority"] == PRIORITIES[0]:
            # A newer message that is always in front replaces the one before (MessagePriorityEnumType).
            self._messages = {id: each for id, each in self._messages.items() if each["priority"] != PRIORITIES[0]}
        self._messages[message["id"]] = message
        self._station.journal.note(self._station.clock(now), "Display", f"message {message['id']}")
        return "Accepted"

    def _problem(self, message: Payload, present: list[Payload], now: float) -> str:
        """Why it cannot be shown (DisplayMessageStatusEnumType)."""
        contents = [message["message"], *message.get("messageExtra", ())]
        if not all(map(self._is_readable, contents)):
            return "NotSupportedMessageFormat"
        if message["priority"] not in self.abilities.priorities:
            return "NotSupportedPriority"
        if "state" in message and message["state"] not in self.abilities.states:
            return "NotSupportedState"
        if not all(map(self._is_understood, contents)):
            return "LanguageNotSupported"
        if "transactionId" in message and not self._goes_on(message["transactionId"]):
            return "UnknownTransaction"
        replaced = any(each["id"] == message["id"] for each in present)
        full = len(present) >= CAPACITY and not replaced
        return "Rejected" if full or not self._is_here(message) or self._is_over(message, now) else ""

    def _is_readable(self, content: Payload) -> bool:
        plain = content["format"] != "ASCII" or content["content"].isascii()
        return plain and content["format"] in self.abilities.formats

    def _is_understood(self, content: Payload) -> bool:
        languages, language = self.abilities.languages, _language(content)
        return not languages or not language or language in languages

    def _is_here(self, message: Payload) -> bool:
        """Meant for this display: the only one, which belongs to no EVSE."""
        component = message.get("display", {"name": COMPONENT})
        return component["name"].lower() == COMPONENT.lower() and not ({"evse", "instance"} & set(component))

    def clear(self, id: int, now: float) -> str:
        """The status of a ClearDisplayMessage (O05)."""
        self._present(now)
        if self._messages.pop(id, None) is None:
            return "Unknown"
        self._station.journal.note(self._station.clock(now), "Display", f"message {id} cleared")
        return "Accepted"

    def report(self, payload: Payload, now: float) -> str:
        """The status of a GetDisplayMessages; the messages follow in parts (O03, O04)."""
        found = [message for message in self._present(now) if _fits(message, payload)]
        if not found:
            return "Unknown"
        self._station.say(list(_parts(payload["requestId"], found)), now)
        return "Accepted"


def _language(content: Payload) -> str:
    """Without its country: `en` of `en-GB` (RFC 5646)."""
    return str(content.get("language", "")).partition("-")[0].lower()


def _fits(message: Payload, criteria: Payload) -> bool:
    return message["id"] in criteria.get("id", (message["id"],)) and all(
        message.get(name) == criteria[name] for name in ("priority", "state") if name in criteria
    )


def _parts(request: int, messages: list[Payload]) -> Iterator[Message]:
    for start in range(0, len(messages), AT_ONCE):
        part: Payload = {"requestId": request, "messageInfo": messages[start : start + AT_ONCE]}
        yield Message("NotifyDisplayMessages", part | {"tbc": start + AT_ONCE < len(messages)})
