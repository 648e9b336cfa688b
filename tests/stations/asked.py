"""A station that is asked something, and says what the test wants: commands with their whole life, without a socket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import TestCase

from smartserver.core import clock
from smartserver.core.batch import Batch
from smartserver.core.errors import InvalidPayload, SmartServerError
from stations import settlement
from stations.models import Command, ConfigurationKey, State, Station, Transaction
from stations.ocpp import schemas
from stations.ocpp.errors import CallError
from stations.ocpp.frames import Payload
from stations.services.commands import queue_command
from stations.settlement import Outgoing
from tests.stations.factories import EvseFactory, StationFactory, TokenFactory, TransactionFactory
from tests.stations.support import NOON
from tests.units import run

GENERATION = 7


class AskedCase(TestCase):
    """`self.station` is connected, and speaks `version`; it is noon."""

    version = "1.6"

    def setUp(self) -> None:
        self.enterContext(clock.frozen(NOON))
        self.station: Station = StationFactory.create(
            connection=GENERATION, state=State.ONLINE, ocpp_version=self.version
        )

    def do(self, unit: Callable[[Batch], Any]) -> Any:
        return run(unit)[0]

    def ask(self, action: str, payload: Payload | None = None) -> Command:
        """Queue a command as the REST API does."""
        found: Command = self.do(
            lambda batch: queue_command(batch, station_id=self.station.pk, action=action, payload=payload or {})
        )
        return found

    def take(self) -> Outgoing:
        """What leaves next."""
        sent = self.do(
            lambda batch: settlement.take_next(
                batch, station_id=self.station.pk, generation=GENERATION, version=self.version
            )
        )
        assert sent is not None, "Nothing waits."
        assert not schemas.request_problems(self.version, sent.action, sent.payload)
        found: Outgoing = sent
        return found

    def nothing_waits(self) -> None:
        self.assertFalse(Command.objects.filter(state=Command.State.QUEUED).exists())

    def answer(self, reply: Payload | str) -> Outgoing:
        """What waits leaves, and is answered; a text is the answer's status."""
        sent = self.take()
        payload = {"status": reply} if isinstance(reply, str) else reply
        assert not schemas.response_problems(self.version, sent.action, payload)
        self.do(lambda batch: settlement.take_answer(batch, sent=sent, reply=payload))
        return sent

    def answer_error(self, code: str = "InternalError") -> Outgoing:
        sent = self.take()
        self.do(lambda batch: settlement.take_error(batch, sent=sent, error=CallError(code, "No.")))
        return sent

    def say_nothing(self) -> Outgoing:
        sent = self.take()
        self.do(lambda batch: settlement.take_silence(batch, sent=sent))
        return sent

    def settle(self, action: str, payload: Payload, reply: Payload | str = "Accepted") -> Command:
        """Ask, and have it answered."""
        command = self.ask(action, payload)
        self.answer(reply)
        command.refresh_from_db()
        self.assertEqual(command.error, "")
        return command

    def configure(self, **keys: str) -> None:
        for key, value in keys.items():
            ConfigurationKey.objects.create(station=self.station, key=key, value=value)

    def charge(self, evse: int = 1, *, tag: str = "", active: bool = True) -> Transaction:
        """A session on this connector."""
        found: Transaction = TransactionFactory.create(
            station=self.station,
            evse=EvseFactory.create(station=self.station, number=evse),
            id_token=TokenFactory.create(value=tag) if tag else None,
            active=active,
        )
        return found

    def problems_of(self, action: str, payload: Payload) -> dict[str, str]:
        """Why a command is not accepted: reasons by path."""
        with self.assertRaises(InvalidPayload) as caught:
            self.ask(action, payload)
        self.nothing_waits()
        return {each["path"]: each["reason"] for each in caught.exception.details["problems"]}

    def refused(self, error: type[SmartServerError], unit: Callable[[Batch], Any]) -> SmartServerError:
        with self.assertRaises(error) as caught:
            self.do(unit)
        return caught.exception
