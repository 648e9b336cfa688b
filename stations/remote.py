"""The commands of one connection: fetched from the database, called over its session, and settled there.

One is on its way at a time. It is marked as sent before its frame leaves, so that no command is sent
twice without a record of it (`stations/settlement.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from smartserver.core.batch import Batch
from smartserver.core.errors import Unavailable
from stations import liveness, outcomes, settlement
from stations.models import Registration
from stations.ocpp import repairs
from stations.ocpp.errors import CallError
from stations.ocpp.session import CallAnswered, OwnCall, Session
from stations.services import messages
from stations.settlement import Outgoing

logger = logging.getLogger(__name__)

PROBE = object()
"""The mark of a call that asks nothing but whether the station lives."""

Unit = Callable[[Batch], Any]
Done = Callable[[Any, BaseException | None], None]


class CommandLine:
    """What this connection has to ask of its station.

    `submit(unit, done)` stores something, `wake()` says that there is a frame to send.
    """

    def __init__(
        self,
        session: Session,
        station_id: int,
        generation: int,
        *,
        submit: Callable[[Unit, Done], None],
        wake: Callable[[], None],
    ) -> None:
        self._session = session
        self._station_id = station_id
        self._generation = generation
        self._submit = submit
        self._wake = wake
        self._looking = False
        self._look_again = False
        self._sent: Outgoing | None = None
        self._held = True
        self._told = ""  # of its registration, in the answer to its last boot over this connection
        self._over = False

    def release(self) -> None:
        """From now on commands may leave. Before a station has said who it is (BootNotification) it refuses them."""
        if self._held:
            self._held = False
            self.look()

    def register(self, registration: str) -> None:
        """The station's boot was answered so. That counts until its next boot, whatever is decided meanwhile.

        One that was rejected answers nothing (1.6 section 4.2; 2.x use case B03): a command would be lost on it.
        """
        self._told = registration
        self._held = False
        self.look()

    @property
    def turned_away(self) -> bool:
        """Whether the station takes itself for rejected."""
        return self._told == Registration.REJECTED

    def look(self) -> None:
        """There may be a command: fetch it, unless one is on its way (then the next look follows its end)."""
        if self._held or self._over or self._sent is not None or self.turned_away:
            return
        if self._looking:
            self._look_again = True
            return
        self._looking, self._look_again = True, False
        unit = partial(
            settlement.take_next,
            station_id=self._station_id,
            generation=self._generation,
            version=self._session.version,
            registration=self._told,
        )
        self._submit(unit, self._taken)

    def _taken(self, outgoing: Outgoing | None, error: BaseException | None) -> None:
        self._looking = False
        if error is not None:
            logger.error("The commands for station %s could not be read.", self._station_id, exc_info=error)
        elif outgoing is None:
            if self._look_again:
                self.look()
        elif self._over:
            self._lose(outgoing, left=False)
        else:
            self._sent = outgoing
            self._session.call(outgoing.action, outgoing.payload, outgoing, outgoing.message_id)
            self._wake()

    def probe(self) -> None:
        """Ask whether the station is still there. This is no command: whatever it answers, it lives (`liveness`)."""
        if self.turned_away:
            return
        self._session.call(*liveness.probe(self._session.version), PROBE)
        self._wake()

    def take_answer(self, event: CallAnswered) -> None:
        """The station's word on the command that was sent."""
        if event.call.token is PROBE:
            self._submit(partial(messages.note_alive, station_id=self._station_id), self._noted)
            self._wake()  # a command may have waited for it
            return
        sent: Outgoing = event.call.token
        unit = self._understand(sent, event)
        self._wake()  # the line is free, for a probe that waited; and the answer may have been rejected
        self._settle(sent, unit)

    def _understand(self, sent: Outgoing, event: CallAnswered) -> Unit:
        if event.error is not None:
            return partial(settlement.take_error, sent=sent, error=event.error, rules=event.quirks)
        session = self._session
        try:
            payload, found = repairs.check_answer(session.version, sent.action, event.payload, strict=session.strict)
            outcomes.check(session.version, sent.action, sent.payload, payload)
        except CallError as wrong:
            rejected = session.reject_result(event.call, wrong)
            rules = (*event.quirks, "invalid_answer")
            return partial(
                settlement.take_error, sent=sent, error=wrong, reply=event.payload, rejected=rejected, rules=rules
            )
        return partial(settlement.take_answer, sent=sent, reply=payload, rules=event.quirks + found)

    def expire(self, now: float) -> bool:
        """Give up a call that was not answered in time; True when there was one."""
        call = self._session.expire(now)
        if call is None:
            return False
        if call.token is not PROBE:
            self._settle(call.token, partial(settlement.take_silence, sent=call.token))
        self._wake()  # the line is free, for a probe that waited
        return True

    def _noted(self, _value: None, error: BaseException | None) -> None:
        if error is not None:
            logger.error("That station %s lives could not be stored.", self._station_id, exc_info=error)

    def _settle(self, sent: Outgoing, unit: Unit) -> None:
        self._submit(unit, partial(self._settled, sent))

    def _settled(self, sent: Outgoing, _value: None, error: BaseException | None) -> None:
        if error is None or isinstance(error, Unavailable):  # which the log has already
            self._go_on(None, None)
            return
        logger.error("An answer of station %s could not be stored.", self._station_id, exc_info=error)
        self._submit(partial(settlement.take_unusable, sent=sent), self._go_on)

    def _go_on(self, _value: None, error: BaseException | None) -> None:
        if error is not None:
            logger.error("Command of station %s could not be ended.", self._station_id, exc_info=error)
        self._sent = None
        self.look()

    def abandon(self) -> None:
        """The connection is gone, and with it every answer."""
        self._over = True
        for call in self._session.abandon():
            if call.token is not PROBE:
                self._lose(call.token, left=_has_left(call))

    def _lose(self, sent: Outgoing, *, left: bool) -> None:
        self._settle(sent, partial(settlement.take_loss, sent=sent, left=left))


def _has_left(call: OwnCall) -> bool:
    """Its time to be answered runs from the moment at which its frame was handed to the socket."""
    return call.deadline > 0.0
