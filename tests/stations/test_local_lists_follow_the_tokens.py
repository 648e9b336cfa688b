"""Local authorization lists: computed from what each station confirmed (1.6 sections 3.5, 5.9, 5.15)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from smartserver.core.errors import BadInput, Conflict, NotFound
from stations.models import Command, IdToken, IdTokenGroup, LocalList
from stations.ocpp.frames import Payload
from stations.ocpp.reading import MAX_NUMBER
from stations.ocpp.times import written
from stations.services.authorization.local_lists import AGAIN, send_local_list, wanted_entries
from stations.services.commands import SERVER
from stations.settlement import cancel_command
from tests.stations.asked import AskedCase
from tests.stations.factories import StationFactory, TokenFactory
from tests.stations.support import NOON

OK = {"status": "Accepted"}


class ListCase(AskedCase):
    def send(self, mode: Any = "auto") -> Command:
        command: Command = self.do(lambda batch: send_local_list(batch, station_id=self.station.pk, mode=mode))
        return command

    @property
    def list(self) -> LocalList:
        return LocalList.objects.get(station=self.station)

    def listed(self, payload: Payload) -> dict[str, Any]:
        return {each["idTag"]: each.get("idTagInfo") for each in payload["localAuthorizationList"]}

    def confirm(self, *tags: str) -> None:
        """The station has these tokens, and nothing waits."""
        for tag in tags:
            TokenFactory.create(value=tag)
        self.send()
        self.answer("Accepted")
        self.nothing_waits()


class Wanted(ListCase):
    def wanted(self) -> dict[str, Any]:
        return wanted_entries(self.station.pk)

    def test_tokens_with_what_is_known_of_them(self) -> None:
        group = IdTokenGroup.objects.create(name="A group with quite a long name")
        expires = NOON + timedelta(days=1)
        TokenFactory.create(value="B", group=group, expires_at=expires)
        TokenFactory.create(value="A", status=IdToken.Status.BLOCKED)
        self.assertEqual(
            self.wanted(),
            {
                "A": OK | {"status": "Blocked"},
                "B": OK | {"parentIdTag": "A group with quite a", "expiryDate": written(expires)},
            },
        )

    def test_not_those_that_nobody_entered_or_that_are_not_for_lists(self) -> None:
        TokenFactory.create(value="A", status=IdToken.Status.UNKNOWN)
        TokenFactory.create(value="B", in_local_list=False)
        TokenFactory.create(value="C" * 21)
        TokenFactory.create(value="D", type="NoAuthorization")
        self.assertEqual(self.wanted(), {})

    def test_only_where_they_may_charge(self) -> None:
        TokenFactory.create(value="EVERYWHERE")
        TokenFactory.create(value="HERE").stations.add(self.station, StationFactory.create())
        TokenFactory.create(value="ELSEWHERE").stations.add(StationFactory.create())
        self.assertEqual(set(self.wanted()), {"EVERYWHERE", "HERE"})


class Sent(ListCase):
    def test_all_of_it_where_nothing_is_known(self) -> None:
        TokenFactory.create(value="A")
        self.send()
        self.assertEqual((self.list.pending_version, self.list.pending_entries, self.list.entries), (1, {"A": OK}, {}))
        sent = self.answer("Accepted")
        self.assertEqual((sent.payload["updateType"], sent.payload["listVersion"]), ("Full", 1))
        found = self.list
        self.assertEqual((found.version, found.entries, found.confirmed_at), (1, {"A": OK}, NOON))
        self.assertEqual((found.result, found.pending_entries, found.pending_version), ("Accepted", None, None))
        self.assertIsNone(found.command)

    def test_then_only_what_has_changed(self) -> None:
        self.confirm("GONE", "SAME", "BLOCKED")
        IdToken.objects.filter(value="GONE").delete()
        IdToken.objects.filter(value="BLOCKED").update(status=IdToken.Status.BLOCKED)
        TokenFactory.create(value="NEW")
        self.send()
        sent = self.answer("Accepted")
        self.assertEqual((sent.payload["updateType"], sent.payload["listVersion"]), ("Differential", 2))
        self.assertEqual(self.listed(sent.payload), {"GONE": None, "BLOCKED": {"status": "Blocked"}, "NEW": OK})
        self.assertEqual(self.list.entries, wanted_entries(self.station.pk))
        self.assertEqual(self.list.version, 2)

    def test_a_tag_in_another_case_is_the_same_tag(self) -> None:
        self.confirm("card")
        IdToken.objects.update(value="CARD")
        self.send("differential")
        self.assertEqual(self.listed(self.answer("Accepted").payload), {})

    def test_in_full_when_that_is_asked_for(self) -> None:
        self.confirm("A")
        self.send("full")
        sent = self.answer("Accepted")
        self.assertEqual((sent.payload["updateType"], sent.payload["listVersion"]), ("Full", 2))

    def test_no_difference_to_what_is_not_known(self) -> None:
        self.refused(Conflict, lambda batch: send_local_list(batch, station_id=self.station.pk, mode="differential"))

    def test_what_there_is_not(self) -> None:
        self.refused(NotFound, lambda batch: send_local_list(batch, station_id=0))
        self.refused(BadInput, lambda batch: send_local_list(batch, station_id=self.station.pk, mode="all"))  # type: ignore[arg-type]

    def test_not_to_a_station_that_knows_other_lists(self) -> None:
        self.station.ocpp_version = "2.1"
        self.station.save()
        self.refused(Conflict, lambda batch: send_local_list(batch, station_id=self.station.pk))

    def test_not_more_than_the_station_holds(self) -> None:
        self.configure(LocalAuthListMaxLength="2")
        for tag in "ABC":
            TokenFactory.create(value=tag)
        error = self.refused(Conflict, lambda batch: send_local_list(batch, station_id=self.station.pk))
        self.assertEqual(error.details, {"limit": 2, "entries": 3})

    def test_after_the_highest_version_it_starts_again(self) -> None:
        self.confirm("A")
        LocalList.objects.update(version=MAX_NUMBER)
        self.send()
        sent = self.answer("Accepted")
        self.assertEqual((sent.payload["updateType"], sent.payload["listVersion"]), ("Full", 1))


class InParts(ListCase):
    def setUp(self) -> None:
        super().setUp()
        self.configure(SendLocalListMaxLength="2")
        for tag in "ABCDE":
            TokenFactory.create(value=tag)

    def test_one_after_the_other_each_as_long_as_the_station_takes(self) -> None:
        self.send()
        self.assertEqual(self.list.pending_version, 3)
        parts = []
        for version in (1, 2, 3):
            self.assertEqual(self.list.version, version - 1)
            sent = self.answer("Accepted")
            parts.append((sent.payload["listVersion"], sent.payload["updateType"], list(self.listed(sent.payload))))
        self.assertEqual(parts, [(1, "Full", ["A", "B"]), (2, "Differential", ["C", "D"]), (3, "Differential", ["E"])])
        self.nothing_waits()
        self.assertEqual((self.list.entries, self.list.version), (wanted_entries(self.station.pk), 3))

    def test_what_changes_on_the_way_follows(self) -> None:
        first = self.send()
        TokenFactory.create(value="F")
        self.assertEqual(self.send(), first)
        self.refused(Conflict, lambda batch: send_local_list(batch, station_id=self.station.pk, mode="full"))
        for _ in range(3):
            self.answer("Accepted")
        self.nothing_waits()
        self.assertEqual(set(self.list.entries), set("ABCDEF"))

    def test_a_part_that_is_refused_brings_the_whole_list_once(self) -> None:
        self.send()
        self.answer("Accepted")
        self.answer("Failed")
        again = [self.answer("Accepted").payload, self.answer("Failed").payload]
        self.assertEqual([each["updateType"] for each in again], ["Full", "Differential"])
        self.nothing_waits()
        self.assertEqual((self.list.result, self.list.pending_entries, self.list.confirmed_at), ("Failed", None, None))


class Answers(ListCase):
    def test_another_version_at_the_station_brings_the_whole_list(self) -> None:
        self.confirm("A")
        TokenFactory.create(value="B")
        self.send()
        self.answer("VersionMismatch")
        again = Command.objects.get(state=Command.State.QUEUED)
        self.assertEqual(again.origin, AGAIN)
        sent = self.answer("Accepted")
        self.assertEqual((sent.payload["updateType"], self.listed(sent.payload)), ("Full", {"A": OK, "B": OK}))
        self.assertEqual(self.list.entries, {"A": OK, "B": OK})

    def test_but_only_once(self) -> None:
        self.confirm("A")
        self.send()
        self.answer("Failed")
        self.answer("Failed")
        self.nothing_waits()
        self.assertEqual((self.list.result, self.list.command, self.list.confirmed_at), ("Failed", None, None))
        # Somebody may ask again, and then it is a whole list.
        self.send()
        self.assertEqual(self.answer("Accepted").payload["updateType"], "Full")

    def test_a_station_without_lists(self) -> None:
        TokenFactory.create(value="A")
        self.send()
        self.answer("NotSupported")
        self.nothing_waits()
        found = self.list
        self.assertEqual((found.version, found.entries, found.result), (-1, {}, "NotSupported"))

    def test_no_answer_leaves_it_open_what_the_station_has(self) -> None:
        self.confirm("A")
        TokenFactory.create(value="B")
        self.send()
        self.say_nothing()
        found = self.list
        self.assertEqual((found.result, found.confirmed_at, found.command), ("TimedOut", None, None))
        self.send()
        self.assertEqual(self.answer("Accepted").payload["updateType"], "Full")

    def test_an_error_leaves_what_it_had(self) -> None:
        self.confirm("A")
        self.send()
        self.answer_error("NotImplemented")
        self.assertEqual((self.list.result, self.list.confirmed_at, self.list.command), ("NotImplemented", NOON, None))

    def test_cancelled_before_it_left(self) -> None:
        self.confirm("A")
        command = self.send()
        self.do(lambda batch: cancel_command(batch, command_id=command.pk, by=SERVER))
        self.assertEqual((self.list.result, self.list.confirmed_at, self.list.command), ("cancelled", NOON, None))


class RawCommands(ListCase):
    def settle_list(self, update: str, version: int, *entries: Payload, status: str = "Accepted") -> None:
        payload: Payload = {"listVersion": version, "updateType": update, "localAuthorizationList": list(entries)}
        self.settle("SendLocalList", payload, status)

    def entry(self, tag: str) -> Payload:
        return {"idTag": tag, "idTagInfo": OK}

    def test_a_list_that_somebody_made_is_kept_like_ours(self) -> None:
        self.settle_list("Full", 7, self.entry("X"), self.entry("Y"))
        self.settle_list("Differential", 9, {"idTag": "x"}, self.entry("Z"))
        self.assertEqual((self.list.version, self.list.entries), (9, {"Y": OK, "Z": OK}))

    def test_a_change_to_something_unknown_stays_unknown(self) -> None:
        self.settle_list("Differential", 9, self.entry("Z"))
        self.assertEqual((self.list.version, self.list.confirmed_at), (9, None))
        TokenFactory.create(value="A")
        self.send()
        sent = self.answer("Accepted")
        self.assertEqual((sent.payload["updateType"], sent.payload["listVersion"]), ("Full", 10))

    def test_a_refused_one_changes_nothing_and_brings_nothing(self) -> None:
        self.confirm("A")
        self.settle_list("Differential", 9, self.entry("Z"), status="VersionMismatch")
        self.nothing_waits()
        self.assertEqual((self.list.version, self.list.entries, self.list.result), (1, {"A": OK}, "VersionMismatch"))

    def test_one_that_was_not_answered_leaves_it_open_what_the_station_has(self) -> None:
        self.confirm("A")
        self.ask("SendLocalList", {"listVersion": 9, "updateType": "Full"})
        ours = self.send()
        self.say_nothing()
        self.assertEqual((self.list.confirmed_at, self.list.command), (None, ours))

    def test_what_can_never_be_right(self) -> None:
        self.configure(SendLocalListMaxLength="5", LocalAuthListMaxLength="1")
        full: Payload = {"listVersion": 0, "updateType": "Full"}
        entries = [self.entry("A"), {"idTag": "a"}]
        self.assertEqual(
            set(self.problems_of("SendLocalList", full | {"localAuthorizationList": entries})),
            {
                "listVersion",
                "localAuthorizationList",
                "localAuthorizationList/1",
                "localAuthorizationList/1/idTag",
            },
        )
        self.ask(
            "SendLocalList", {"listVersion": 1, "updateType": "Differential", "localAuthorizationList": [entries[1]]}
        )
        self.ask("SendLocalList", {"listVersion": 1, "updateType": "Full"})

    def test_lists_of_2_x_are_not_measured_by_the_rules_of_1_6(self) -> None:
        self.station.ocpp_version = "2.0.1"
        self.station.save()
        self.ask("SendLocalList", {"versionNumber": 1, "updateType": "Full"})


class Versions(ListCase):
    def ask_version(self, version: int) -> None:
        self.settle("GetLocalListVersion", {}, {"listVersion": version})

    def test_the_station_s_word_stands_beside_what_it_confirmed(self) -> None:
        self.confirm("A")
        self.assertFalse(self.list.differs)
        self.ask_version(1)
        self.assertEqual((self.list.reported_version, self.list.reported_at), (1, NOON))
        self.assertFalse(self.list.differs)

    def test_another_version_shows_and_the_next_list_is_a_whole_one(self) -> None:
        self.confirm("A")
        self.ask_version(0)
        self.assertTrue(self.list.differs)
        self.assertEqual(self.list.version, 1)
        self.refused(Conflict, lambda batch: send_local_list(batch, station_id=self.station.pk, mode="differential"))
        self.send()
        self.assertEqual(self.answer("Accepted").payload["updateType"], "Full")
        self.assertFalse(self.list.differs)

    def test_versions_only_grow(self) -> None:
        self.ask_version(41)
        self.send()
        self.assertEqual(self.answer("Accepted").payload["listVersion"], 42)
