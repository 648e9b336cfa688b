"""A charger whose reports are refused shows it in its message log; strangers leave nothing there."""

from __future__ import annotations

from functools import partial
from typing import Any

import orjson
from django.test import override_settings

from bridge.cms.services import reports
from smartserver.core.credentials import hash_key
from smartserver.core.errors import BadInput
from stations.models import Message, State, Station
from stations.services.equipment import enrolment
from tests.bridge.cms.calling import FEED, NAME, CallCase
from tests.stations.factories import StationFactory
from tests.stations.support import NOON
from tests.waiting import eventually

PASSWORD = "correct horse battery"
RIGHT = (NAME, PASSWORD)


@override_settings(OPEN=False)
class Refusals(CallCase):
    def setUp(self) -> None:
        super().setUp()
        self.known = StationFactory.create(identity=NAME, password_hash=hash_key(PASSWORD))

    def row(self) -> Message:
        """The only row there is."""
        eventually(Message.objects.exists)
        return Message.objects.get()

    def test_each_call_with_its_code_and_reason(self) -> None:
        calls: tuple[tuple[str, bytes, dict[str, Any], int, str], ...] = (
            ("LiveFeeds", orjson.dumps(FEED | {"Pilot_A": 1.5}), {}, 400, "bad_input"),
            ("LogEvent", b"", {"id": NAME, "ev": "{"}, 400, "bad_input"),
            ("LogEvent", b"", {"id": NAME}, 400, "bad_input"),
            ("PostStateData", b'"[]"', {"id": NAME, "SessionID": 1}, 400, "bad_input"),
            ("PostStateData", b'"[]"', {"id": NAME, "SessionID": "x"}, 400, "bad_input"),
            ("PostStateData", b'"' + b"x" * 2000, {"id": NAME, "SessionID": 1}, 413, "too_large"),
            ("ExpertPostFullStateData", b'{"id":"EC-1","SessionID":1.5,"data":[]}', {}, 400, "bad_input"),
        )
        for call, body, query, status, code in calls:
            with self.subTest(call, status=status), override_settings(NOC_MAX_BODY=1000):
                detail = self.post(call, body, expect=status, auth=RIGHT, **query).json()["detail"]
                row = self.row()
                self.assertEqual((row.station, row.action, row.outcome), (self.known, call, code))
                self.assertEqual(orjson.loads(row.reply), {"status": status, "detail": detail})
                row.delete()

    def test_who_speaks_beside_ocpp(self) -> None:
        Station.objects.update(state=State.ONLINE, ocpp_version="1.6", last_seen_at=NOON)
        self.post("LiveFeeds", FEED, expect=403, auth=RIGHT)
        self.assertEqual((self.row().ocpp_version, self.row().outcome), ("NOC", "forbidden"))
        self.assertEqual(self.station().last_seen_at, NOON)

    def test_a_refusal_is_no_sign_of_life(self) -> None:
        self.event("{", expect=400, auth=RIGHT)
        self.row()
        self.assertEqual((self.station().state, self.station().last_seen_at), (State.NEVER, None))

    def test_strangers_leave_nothing(self) -> None:
        for auth in (None, (NAME, "wrong"), ("EC-2", PASSWORD)):
            self.event("{", expect=401, auth=auth)
            self.post("LiveFeeds", FEED | {"Pilot_A": 1.5}, expect=401, auth=auth)
        self.event("{", name="EC-2", expect=404, auth=("EC-2", PASSWORD))
        self.post("LiveFeeds", b"{}", expect=400, auth=RIGHT)  # it does not say whose it is
        eventually(lambda: self.server.runtime.writer.waiting == 0)
        self.assertFalse(Message.objects.exists())

    def test_one_that_was_removed_in_between_leaves_nothing(self) -> None:
        refusal = BadInput("no")
        unit = partial(reports.take_refusal, station_id=self.known.pk, action="LogEvent", refusal=refusal, now=NOON)
        self.server.store(partial(enrolment.lock_out, station_id=self.known.pk))
        self.server.store(unit)
        Station.objects.all().delete()
        self.server.store(unit)
        self.assertFalse(Message.objects.exists())
