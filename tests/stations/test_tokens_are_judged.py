"""FIELD rule 30: who may charge."""

from __future__ import annotations

from datetime import timedelta

from django.test import TestCase

from stations.models import IdToken, IdTokenGroup
from stations.ocpp.facts import Token, TokenJudged
from stations.services.tokens import judge_token
from tests.stations.factories import TokenFactory
from tests.stations.support import NOON


class Judgement(TestCase):
    def judge(self, value: str, kind: str = "", *, accept_unknown: bool = False) -> TokenJudged:
        return judge_token(token=Token(value, kind), accept_unknown=accept_unknown, now=NOON)[0]

    def test_tokens_compare_in_any_case(self) -> None:
        row = TokenFactory.create(value="aBc123")
        for value in ("ABC123", "abc123", "aBc123"):
            self.assertEqual(
                judge_token(token=Token(value), accept_unknown=False, now=NOON), (TokenJudged("Accepted"), row)
            )
        self.assertEqual(IdToken.objects.count(), 1)

    def test_marks_of_patterns_are_plain_characters(self) -> None:
        TokenFactory.create(value="ABC")
        for value in ("A%", "%", "A_C", "ABC\\"):
            self.assertEqual(self.judge(value).status, "Invalid")

    def test_blocked_wins_over_everything(self) -> None:
        TokenFactory.create(value="A", status=IdToken.Status.BLOCKED, expires_at=NOON - timedelta(days=1))
        self.assertEqual(self.judge("A", accept_unknown=True).status, "Blocked")

    def test_expiry_is_a_moment(self) -> None:
        for seconds, status in ((-1, "Expired"), (0, "Expired"), (1, "Accepted")):
            moment = NOON + timedelta(seconds=seconds)
            TokenFactory.create(value=f"T{seconds}", expires_at=moment)
            self.assertEqual(self.judge(f"T{seconds}"), TokenJudged(status, moment))
        self.assertEqual(self.judge("T-1", accept_unknown=True).status, "Expired")

    def test_group_is_told(self) -> None:
        TokenFactory.create(value="A", group=IdTokenGroup.objects.create(name="FAMILY"))
        self.assertEqual(self.judge("A"), TokenJudged("Accepted", None, "FAMILY"))

    def test_unknown_tokens_are_noted_once_and_refused(self) -> None:
        for _ in range(2):
            self.assertEqual(self.judge("NEW", "ISO14443").status, "Invalid")
        row = IdToken.objects.get()
        self.assertEqual((row.value, row.type, row.status), ("NEW", "ISO14443", IdToken.Status.UNKNOWN))

    def test_unknown_tokens_are_accepted_where_that_is_open(self) -> None:
        self.assertEqual(self.judge("NEW", accept_unknown=True).status, "Accepted")
        self.assertEqual(IdToken.objects.get().status, IdToken.Status.UNKNOWN)
        self.assertEqual(self.judge("NEW").status, "Invalid", "it was not entered by that")

    def test_no_token_is_needed_where_the_station_says_so(self) -> None:
        self.assertEqual(self.judge("", "NoAuthorization").status, "Accepted")
        self.assertFalse(IdToken.objects.exists())

    def test_empty_tokens_open_nothing(self) -> None:
        for kind in ("", "ISO14443", "Central", "noauthorization?"):
            self.assertEqual(self.judge("", kind, accept_unknown=True).status, "Invalid")
        self.assertFalse(IdToken.objects.exists())
