"""What both sides of the test plan need: a real server that lets no bad message pass, and an operator who uses it."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import orjson
from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Q
from django.test import override_settings

from smartserver.core import change, clock
from stations.models import Command, Connector, IdToken, IdTokenGroup, Message, Station, Transaction
from stations.ocpp.frames import Payload
from stations.selectors import TOPIC
from stations.services.commands import Requester, queue_command
from tests.stations.files.support import WholeServer
from tests.stations.support import SocketCase, rules_of
from tests.waiting import eventually

IDENTITY = "CP1"
CARD = "04A1B2C3D4E5F6"
STRANGER = "04FFFFFFFFFFFF"

OPERATOR = Requester("operator")

T = TypeVar("T")


@override_settings(OPEN=True, OCPP_ACCEPT_UNKNOWN_TOKENS=False)
class CertificationCase(SocketCase):
    """`CP1` is entered, and strict: what breaks the specification is refused. So is `CARD`, an accepted id."""

    server_class = WholeServer
    version: ClassVar[str] = "1.6"
    quiet: ClassVar[frozenset[str]] = frozenset({"Heartbeat", "MeterValues"})
    """What comes by the clock; a story tells of it only where it is about it."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.addClassCleanup(emit_post_migrate_signal, verbosity=0, interactive=False, db=DEFAULT_DB_ALIAS)

    def _fixture_teardown(self) -> None:
        """As Django does it, but permissions and their like come back once a class: they take most of the time."""
        call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=True)

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        settings = override_settings(
            PUBLIC_URL=self.server.http, FILES_DIR=Path(folder.name) / "files", CA_DIR=Path(folder.name) / "ca"
        )
        settings.enable()
        self.addCleanup(settings.disable)
        self.station = Station.objects.create(identity=IDENTITY, strict=True)
        self.card = IdToken.objects.create(value=CARD)
        self._told = 0

    def tearDown(self) -> None:
        super().tearDown()
        self.assertEqual(rules_of(self.station), {}, "nothing had to be tolerated")

    # -- the operator ---------------------------------------------------------------------

    def command(self, action: str, payload: Payload | None = None) -> Command:
        """Ask the station something, as the REST API does."""
        return self.order(queue_command, action=action, payload=payload or {})

    def order(self, service: Callable[..., T], **arguments: Any) -> T:
        """Use a service that asks the station something."""
        return self.direct(service, station_id=self.station.pk, **arguments)

    def direct(self, service: Callable[..., T], **arguments: Any) -> T:
        """The same, where the station follows from what is meant."""
        return change.store(partial(service, by=OPERATOR, **arguments))

    def settled(self, command: Command) -> Command:
        """The command, as soon as it is known what became of it."""
        eventually(lambda: Command.objects.get(pk=command.pk).settled_at is not None)
        return Command.objects.get(pk=command.pk)

    def assert_answered(self, command: Command, result: str = "") -> Command:
        """The operator sees the station's own answer."""
        done = self.settled(command)
        self.assertEqual((done.state, done.result), (Command.State.ANSWERED, result), done.error)
        return done

    def newest(self, action: str) -> Command:
        """The newest command of this kind, whoever asked for it."""
        eventually(lambda: Command.objects.filter(action=action).exists())
        return Command.objects.filter(action=action).latest("pk")

    # -- what is stored, and what the operator sees of it ----------------------------------

    def row(self) -> dict[str, Any]:
        """The station's row in the live table."""
        ((_, row),) = TOPIC.load(Q(pk=self.station.pk))
        return row

    def status(self, connector: int = 1) -> str:
        found = Connector.objects.filter(evse__station=self.station, evse__number=connector)
        return found.values_list("status", flat=True).first() or ""

    def transaction(self) -> Transaction:
        """The newest one."""
        return Transaction.objects.filter(station=self.station).latest("pk")

    # -- the story: the calls of the station, as the server's log has them --------------------

    def in_short(self, action: str, request: Payload) -> str:
        """A call in short: `1 Charging` for a StatusNotification, `StopTransaction Local`, `Authorize`, …"""
        if action == "StatusNotification":
            error = request["errorCode"]
            return f"{request['connectorId']} {request['status']}" + (f" {error}" if error != "NoError" else "")
        detail = request.get("status") or request.get("reason") or request.get("type") or ""
        return f"{action} {detail}".rstrip()

    def story(self) -> list[str]:
        rows = Message.objects.filter(station=self.station, direction="in").order_by("pk")
        return [self.in_short(row.action, orjson.loads(row.request)) for row in rows]

    def assert_story(self, *expected: str) -> None:
        """What the station has said since the last look, and no more."""
        self._assert_told(expected, statuses=True)

    def assert_calls(self, *expected: str) -> None:
        """The same without statuses, which the server asks for when a station comes back without a boot."""
        self._assert_told(expected, statuses=False)

    def _assert_told(self, expected: Sequence[str], *, statuses: bool) -> None:
        quiet = self.quiet - {entry.split()[0] for entry in expected} - set(expected)

        def told() -> list[str]:
            new = self.story()[self._told :]
            loud = [each for each in new if each not in quiet and each.split()[0] not in quiet]
            return [each for each in loud if statuses or not each[0].isdigit()]

        with contextlib.suppress(AssertionError):  # the comparison tells more
            eventually(lambda: len(told()) >= len(expected))
        self.assertEqual(told(), list(expected))
        self._told = len(self.story())

    def requests(self, action: str) -> list[Payload]:
        """The payloads of the station's calls of this kind, oldest first."""
        rows = Message.objects.filter(station=self.station, direction="in", action=action).order_by("pk")
        return [orjson.loads(row.request) for row in rows]

    # -- tokens -------------------------------------------------------------------------------

    def family(self, *cards: str) -> IdTokenGroup:
        """These cards, and `CARD`, have one parent."""
        group = IdTokenGroup.objects.create(name="FAMILY")
        IdToken.objects.filter(pk=self.card.pk).update(group=group)
        for value in cards:
            IdToken.objects.create(value=value, group=group)
        return group

    def expire(self, card: IdToken) -> None:
        IdToken.objects.filter(pk=card.pk).update(expires_at=clock.now() - timedelta(days=1))

    def block(self, card: IdToken) -> None:
        IdToken.objects.filter(pk=card.pk).update(status=IdToken.Status.BLOCKED)
