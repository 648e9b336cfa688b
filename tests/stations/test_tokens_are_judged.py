"""FIELD rule 30: who may charge."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import TestCase, override_settings

from smartserver.core.events import TOKEN_REFUSED
from stations.models import Command, IdToken, IdTokenGroup, Registration, Station, Transaction
from stations.ocpp.errors import SECURITY_ERROR, CallError
from stations.ocpp.facts import Token, TokenJudged
from stations.ocpp.frames import Payload
from stations.services.authorization.tokens import judge_token
from tests.stations.factories import StationFactory, TokenFactory, TransactionFactory
from tests.stations.support import NOON, NOON_TEXT, call, rules_of
from tests.units import run, run_published


class Judgement(TestCase):
    def setUp(self) -> None:
        self.station: Station = StationFactory.create()

    def judge(self, value: str, kind: str = "", *, accept_unknown: bool = False) -> TokenJudged:
        token = Token(value, kind)
        return judge_token(token=token, station_id=self.station.pk, accept_unknown=accept_unknown, now=NOON)[0]

    def test_tokens_compare_in_any_case(self) -> None:
        row = TokenFactory.create(value="aBc123")
        for value in ("ABC123", "abc123", "aBc123"):
            found = judge_token(token=Token(value), station_id=self.station.pk, accept_unknown=False, now=NOON)
            self.assertEqual(found, (TokenJudged("Accepted"), row))
        self.assertEqual(IdToken.objects.count(), 1)

    def test_marks_of_patterns_are_plain_characters(self) -> None:
        TokenFactory.create(value="ABC")
        for value in ("A%", "%", "A_C", "ABC\\"):
            self.assertEqual(self.judge(value).status, "Unknown")

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
            self.assertEqual(self.judge("NEW", "ISO14443").status, "Unknown")
        row = IdToken.objects.get()
        self.assertEqual((row.value, row.type, row.status), ("NEW", "ISO14443", IdToken.Status.UNKNOWN))

    def test_unknown_tokens_are_accepted_where_that_is_open(self) -> None:
        self.assertEqual(self.judge("NEW", accept_unknown=True).status, "Accepted")
        self.assertEqual(IdToken.objects.get().status, IdToken.Status.UNKNOWN)
        self.assertEqual(self.judge("NEW").status, "Unknown", "it was not entered by that")

    def test_longer_than_any_version_has_them_they_are_refused_and_not_kept(self) -> None:
        self.assertEqual(self.judge("\N{OLD ITALIC LETTER A}" * 256, accept_unknown=True).status, "Invalid")
        self.assertFalse(IdToken.objects.exists())
        self.assertEqual(self.judge("\N{OLD ITALIC LETTER A}" * 255, accept_unknown=True).status, "Accepted")

    def test_no_token_is_needed_where_the_station_says_so(self) -> None:
        self.assertEqual(self.judge("", "NoAuthorization").status, "Accepted")
        self.assertFalse(IdToken.objects.exists())

    def test_empty_tokens_open_nothing(self) -> None:
        for kind in ("", "ISO14443", "Central", "noauthorization?"):
            self.assertEqual(self.judge("", kind, accept_unknown=True).status, "Invalid")
        self.assertFalse(IdToken.objects.exists())

    def test_letters_that_fold_to_others_are_not_those(self) -> None:
        """The Kelvin sign is no K, whatever a database thinks: as the constraint says that a value stands once."""
        TokenFactory.create(value="KEY")
        kelvin = "\N{KELVIN SIGN}ey"
        first, again = self.judge(kelvin), self.judge(kelvin)
        self.assertEqual(first, again)
        self.assertLessEqual(IdToken.objects.count(), 2)

    def test_only_where_it_may_charge(self) -> None:
        token = TokenFactory.create(value="A")
        token.stations.add(StationFactory.create())
        self.assertEqual(self.judge("A").status, "NotAtThisLocation")
        token.stations.add(self.station)
        self.assertEqual(self.judge("A").status, "Accepted")


class OnTheStation(TestCase):
    """What the station is told, and what is recorded."""

    def setUp(self) -> None:
        self.station: Station = StationFactory.create()
        self.family = IdTokenGroup.objects.create(name="FAMILY")

    def ask(self, action: str, given: Payload, **options: Any) -> Payload:
        answer: Payload = run(call(self.station, action, given, **options))[0]
        return answer

    def authorize(self, tag: str, **options: Any) -> Any:
        return self.ask("Authorize", {"idTag": tag}, **options)["idTagInfo"]

    def start(self, tag: str, connector: int = 1, **more: Any) -> Payload:
        given = {"connectorId": connector, "idTag": tag, "meterStart": 0, "timestamp": NOON_TEXT}
        return self.ask("StartTransaction", given | more)

    def stop(self, number: int, tag: str | None) -> Payload:
        given = {"transactionId": number, "meterStop": 100, "timestamp": NOON_TEXT}
        return self.ask("StopTransaction", given | ({"idTag": tag} if tag else {}))

    def test_a_place_where_it_may_not_charge_is_invalid_to_16(self) -> None:
        TokenFactory.create(value="A").stations.add(StationFactory.create())
        self.assertEqual(self.authorize("A"), {"status": "Invalid"})
        token = {"idToken": {"idToken": "A", "type": "ISO14443"}}
        self.assertEqual(
            self.ask("Authorize", token, version="2.0.1"), {"idTokenInfo": {"status": "NotAtThisLocation"}}
        )

    def test_sessions_at_the_same_time_are_limited(self) -> None:
        TokenFactory.create(value="A", max_sessions=1)
        first, second = self.start("A"), self.start("a", connector=2)
        self.assertEqual(first["idTagInfo"], {"status": "Accepted"})
        self.assertEqual(second["idTagInfo"], {"status": "ConcurrentTx"})
        self.assertEqual(self.authorize("A"), {"status": "Accepted"}, "it may be there to end the first (section 7.2)")
        kept = Transaction.objects.get(pk=second["transactionId"])
        self.assertEqual((kept.active, kept.remark), (True, "not_authorized"), "recorded all the same")

    def test_a_repeated_start_gets_the_same_verdict(self) -> None:
        TokenFactory.create(value="A", max_sessions=1)
        first = [self.start("A"), self.start("A", connector=2)]
        self.assertEqual([self.start("A"), self.start("A", connector=2)], first)

    def test_sessions_that_ended_and_ghosts_do_not_count(self) -> None:
        token = TokenFactory.create(value="A", max_sessions=1)
        TransactionFactory.create(id_token=token, active=False)
        TransactionFactory.create(id_token=token, remark="missing_meter,ghost")
        self.assertEqual(self.start("A")["idTagInfo"], {"status": "Accepted"})

    def test_a_session_that_the_new_one_takes_the_place_of_does_not_count(self) -> None:
        """The end of the first one was lost: whoever charges there again is not to be turned away for it."""
        TokenFactory.create(value="A", max_sessions=1)
        self.start("A")
        answers = [self.start("A", timestamp="2026-06-21T12:01:00Z", meterStart=9000) for _ in range(2)]
        self.assertEqual([answer["idTagInfo"] for answer in answers], [{"status": "Accepted"}] * 2)
        self.assertEqual(Transaction.objects.filter(active=True).count(), 1)
        self.assertEqual(self.start("A", connector=2)["idTagInfo"], {"status": "ConcurrentTx"})

    def test_a_session_on_the_same_connector_of_another_station_counts(self) -> None:
        TokenFactory.create(value="A", max_sessions=1)
        self.start("A")
        self.station = StationFactory.create()
        self.assertEqual(self.start("A")["idTagInfo"], {"status": "ConcurrentTx"})

    def test_a_token_of_the_same_group_may_end_the_session(self) -> None:
        TokenFactory.create(value="A", group=self.family)
        other = TokenFactory.create(value="B", group=self.family)
        number = self.start("A")["transactionId"]
        self.assertEqual(self.stop(number, "b")["idTagInfo"], {"status": "Accepted", "parentIdTag": "FAMILY"})
        session = Transaction.objects.get()
        self.assertEqual((session.active, session.stopped_by, session.remark), (False, other, ""))
        self.assertEqual(rules_of(self.station), {})

    def test_a_stop_by_a_stranger_is_acknowledged_and_recorded(self) -> None:
        TokenFactory.create(value="A", group=self.family)
        stranger = TokenFactory.create(value="B")
        number = self.start("A")["transactionId"]
        self.assertEqual(self.stop(number, "B"), {"idTagInfo": {"status": "Accepted"}})
        session = Transaction.objects.get()
        self.assertEqual((session.active, session.stopped_by, session.remark), (False, stranger, "stopped_by_stranger"))
        self.assertEqual(rules_of(self.station), {"stopped_by_stranger": 1})

    def test_a_stop_without_a_token_is_nobodys(self) -> None:
        TokenFactory.create(value="A")
        self.stop(self.start("A")["transactionId"], None)
        session = Transaction.objects.get()
        self.assertEqual((session.active, session.stopped_by, session.remark), (False, None, ""))

    def test_refusals_are_told_once(self) -> None:
        TokenFactory.create(value="A", status=IdToken.Status.BLOCKED)
        given = {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": NOON_TEXT}
        start = call(self.station, "StartTransaction", given)
        _, published = run_published(call(self.station, "Authorize", {"idTag": "A"}), start, start)
        told = [data for kind, data in published.events if kind == TOKEN_REFUSED]
        refusal = {"station": self.station.identity, "id_token": "A", "status": "Blocked"}
        self.assertEqual(told, [refusal | {"action": "Authorize"}, refusal | {"action": "StartTransaction"}])


class NotAcceptedStations(TestCase):
    """1.6 section 4.2: a station whose boot was not accepted has nothing to charge."""

    def setUp(self) -> None:
        self.station: Station = StationFactory.create(registration=Registration.PENDING)
        TokenFactory.create(value="A")

    START = {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": NOON_TEXT}

    def test_may_not_charge_but_are_recorded(self) -> None:
        for registration in (Registration.PENDING, Registration.REJECTED):
            Station.objects.update(registration=registration)
            (authorized,) = run(call(self.station, "Authorize", {"idTag": "A"}))
            self.assertEqual(authorized, {"idTagInfo": {"status": "Invalid"}})
        (started,) = run(call(self.station, "StartTransaction", self.START))
        self.assertEqual(started["idTagInfo"], {"status": "Invalid"})
        self.assertEqual(Transaction.objects.get(pk=started["transactionId"]).remark, "not_authorized")
        self.assertEqual(rules_of(self.station), {"not_accepted": 3})

    def test_may_end_what_runs(self) -> None:
        session = TransactionFactory.create(station=self.station, meter_start_wh=0)
        stop = {"transactionId": session.pk, "idTag": "A", "meterStop": 100, "timestamp": NOON_TEXT}
        (answer,) = run(call(self.station, "StopTransaction", stop))
        self.assertEqual(answer, {"idTagInfo": {"status": "Accepted"}})
        self.assertEqual((Transaction.objects.get().energy_wh, rules_of(self.station)), (100.0, {}))

    def test_are_refused_when_they_are_strict(self) -> None:
        Station.objects.update(strict=True)
        event = {
            "eventType": "Started",
            "timestamp": NOON_TEXT,
            "triggerReason": "CablePluggedIn",
            "seqNo": 0,
            "transactionInfo": {"transactionId": "T1"},
        }
        for version, action, given in (
            ("1.6", "Authorize", {"idTag": "A"}),
            ("1.6", "StartTransaction", self.START),
            ("2.0.1", "TransactionEvent", event),
        ):
            with self.assertRaises(CallError) as caught:
                run(call(self.station, action, given, version=version, strict=True))
            self.assertEqual(caught.exception.code, SECURITY_ERROR)
        self.assertFalse(Transaction.objects.exists())


@override_settings(OCPP_REMOTE_START_TOKEN="Operator")
class RemoteStarts(TestCase):
    """FIELD rule 30: the tag of remote starts is configurable, and opens nothing by itself."""

    def setUp(self) -> None:
        self.station: Station = StationFactory.create()

    def verdict(self, tag: str = "OPERATOR") -> str:
        (answer,) = run(call(self.station, "Authorize", {"idTag": tag}))
        status: str = answer["idTagInfo"]["status"]
        return status

    def asked(self, action: str = "RemoteStartTransaction", **more: Any) -> Command:
        fields = {"payload": {"idTag": "operator"}, "sent_at": NOON - timedelta(minutes=1), "station": self.station}
        command: Command = Command.objects.create(
            **fields | more, action=action, created_at=NOON, expires_at=NOON + timedelta(days=1)
        )
        return command

    def test_are_accepted_where_the_server_asked_for_them(self) -> None:
        self.assertEqual(self.verdict(), "Invalid")
        self.asked()
        self.assertEqual(self.verdict(), "Accepted")
        self.assertEqual(self.verdict("SOMEBODY"), "Invalid")

    def test_are_accepted_in_the_words_of_2x(self) -> None:
        self.asked("RequestStartTransaction", payload={"idToken": {"idToken": "Operator", "type": "Central"}})
        self.assertEqual(self.verdict(), "Accepted")

    def test_are_not_accepted_otherwise(self) -> None:
        cases: tuple[dict[str, Any], ...] = (
            {"sent_at": None},
            {"sent_at": NOON - timedelta(days=8)},
            {"station": StationFactory.create()},
            {"payload": {"idTag": "SOMEBODY"}},
            {"payload": {}},
        )
        for more in cases:
            self.asked(**more)
            self.assertEqual(self.verdict(), "Invalid", more)

    def test_are_refused_when_the_tag_is_blocked_or_none(self) -> None:
        self.asked()
        with override_settings(OCPP_REMOTE_START_TOKEN=""):
            self.assertEqual(self.verdict(), "Invalid")
        IdToken.objects.update(status=IdToken.Status.BLOCKED)
        self.assertEqual(self.verdict(), "Blocked")
