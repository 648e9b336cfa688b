"""Tokens of 2.x: of one value there may be several, each of a type of its own (use cases C01 to C16)."""

from __future__ import annotations

from typing import Any

from django.test import TestCase

from smartserver.core.errors import BadInput, Conflict
from stations.models import IdToken, IdTokenGroup, Station
from stations.ocpp.facts import Token, TokenJudged
from stations.ocpp.tokens import plain
from stations.services.authorization.token_register import add_token, change_token
from stations.services.authorization.tokens import find_token, judge_token
from tests.stations.factories import StationFactory, TokenFactory, TransactionFactory
from tests.stations.support import NOON
from tests.units import run


class TypeCase(TestCase):
    def setUp(self) -> None:
        self.station: Station = StationFactory.create()

    def judge(self, value: str, type: str = "", *additional: tuple[str, str], **options: Any) -> TokenJudged:
        token = Token(value, type, additional)
        options = {"accept_unknown": False, "now": NOON} | options
        return judge_token(token=token, station_id=self.station.pk, **options)[0]

    def add(self, value: str, **values: Any) -> IdToken:
        row: IdToken = run(lambda batch: add_token(batch, value=value, values=values))[0]
        return row


class Matching(TypeCase):
    def test_a_type_is_a_part_of_the_token(self) -> None:
        card, code = (
            TokenFactory.create(value="4711", type="ISO14443"),
            TokenFactory.create(value="4711", type="KeyCode"),
        )
        self.assertEqual((find_token("4711", "iso14443"), find_token("4711", "KeyCode")), (card, code))
        self.assertIsNone(find_token("4711", "eMAID"))
        self.assertEqual(find_token("4711"), card, "1.6 knows cards")
        self.assertEqual(self.judge("4711", "eMAID").status, "Unknown")

    def test_one_without_a_type_is_of_any(self) -> None:
        row = TokenFactory.create(value="4711")
        for kind in ("ISO14443", "KeyCode", "Local", "Central", "ISO15693"):
            self.assertEqual(find_token("4711", kind), row)

    def test_one_that_is_entered_goes_before_one_that_was_seen(self) -> None:
        TokenFactory.create(value="4711", type="ISO14443", status=IdToken.Status.UNKNOWN)
        row = TokenFactory.create(value="4711")
        self.assertEqual(find_token("4711", "ISO14443"), row)

    def test_separators_are_no_part_of_the_value(self) -> None:
        row = self.add("DE-8AA-C12345678", type="eMAID")
        self.assertEqual(row.value, "DE8AAC12345678")
        for value in ("DE8AAC12345678", "de*8aa*c12345678"):
            self.assertEqual(find_token(value, "eMAID"), row)
        self.assertEqual(self.add("00:1A:2B:3C:4D:5E", type="MacAddress").value, "001A2B3C4D5E")
        self.assertEqual(plain("A-B", "ISO14443"), "A-B")

    def test_a_value_of_separators_alone_is_none(self) -> None:
        self.assertEqual(self.judge("::", "MacAddress"), TokenJudged("Invalid"))
        self.assertFalse(IdToken.objects.exists())


class Judged(TypeCase):
    def test_what_has_to_be_shown_along_with_it(self) -> None:
        wanted = [{"type": "PIN", "additionalIdToken": "4711"}]
        TokenFactory.create(value="A", additional_info=wanted)
        self.assertEqual(self.judge("A", "ISO14443").status, "Invalid")
        self.assertEqual(self.judge("A", "ISO14443", ("pin", "4711"), ("more", "x")).status, "Accepted")

    def test_who_pays_is_not_asked_for_his_name(self) -> None:
        self.assertEqual(self.judge("T-1", "DirectPayment").status, "Accepted")
        IdToken.objects.update(status=IdToken.Status.BLOCKED)
        self.assertEqual(self.judge("T-1", "DirectPayment").status, "Blocked")

    def test_only_at_its_evses(self) -> None:
        TokenFactory.create(value="A", evses=[2, 3])
        self.assertEqual(self.judge("A"), TokenJudged("Accepted", evses=(2, 3)))
        self.assertEqual(self.judge("A", starting=True, evse=1).status, "NotAtThisLocation")
        self.assertEqual(self.judge("A", starting=True, evse=2).status, "Accepted")
        self.assertEqual(self.judge("A", starting=True).status, "Accepted", "where is not known yet")

    def test_a_master_pass_begins_nothing(self) -> None:
        group = IdTokenGroup.objects.create(name="MASTERS", master=True)
        TokenFactory.create(value="A", group=group)
        self.assertEqual(self.judge("A").status, "Accepted")
        self.assertEqual(self.judge("A", starting=True).status, "Invalid")

    def test_sessions_at_the_same_time_are_counted_for_each_type(self) -> None:
        card = TokenFactory.create(value="A", type="ISO14443", max_sessions=1)
        TokenFactory.create(value="A", type="KeyCode", max_sessions=1)
        TransactionFactory.create(station=self.station, id_token=card)
        self.assertEqual(self.judge("A", "ISO14443", starting=True).status, "ConcurrentTx")
        self.assertEqual(self.judge("A", "KeyCode", starting=True).status, "Accepted")


class Entered(TypeCase):
    def test_each_type_once(self) -> None:
        self.add("4711", type="ISO14443")
        self.add("4711", type="KeyCode")
        for kind in ("keycode", ""):
            with self.assertRaises(Conflict):
                self.add("4711", type=kind)

    def test_one_that_was_seen_is_taken_over_with_its_type(self) -> None:
        self.judge("4711", "KeyCode")
        self.assertEqual(self.add("4711").type, "KeyCode")
        self.assertEqual(IdToken.objects.count(), 1)

    def test_one_that_1_6_has_seen_gets_its_type(self) -> None:
        self.judge("4711")
        self.assertEqual((self.add("4711", type="ISO14443").type, IdToken.objects.count()), ("ISO14443", 1))

    def test_a_change_makes_no_twins(self) -> None:
        self.add("4711", type="ISO14443")
        other = self.add("4711", type="KeyCode")
        with self.assertRaises(Conflict):
            run(lambda batch: change_token(batch, token_id=other.pk, values={"type": "iso14443"}))
        run(lambda batch: change_token(batch, token_id=other.pk, values={"type": "Local"}))
        self.assertEqual(IdToken.objects.get(pk=other.pk).type, "Local")

    def test_types_that_there_cannot_be(self) -> None:
        for kind in ("NoAuthorization", "A:B"):
            with self.assertRaises(BadInput):
                self.add("4711", type=kind)
