"""Local lists (D01, D02) and reservations (H01 to H04) of stations that speak 2.x, and what of them is refused at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from smartserver.core.errors import BadInput, Conflict
from stations.models import IdToken, IdTokenGroup, LocalList, Reservation, Variable
from stations.ocpp.times import written
from stations.services.authorization.local_lists import send_local_list, wanted_entries
from stations.services.authorization.reservations import reserve
from tests.stations.asked import AskedCase
from tests.stations.factories import ConnectorFactory, EvseFactory, StationFactory, TokenFactory
from tests.stations.support import NOON, call

LATER = NOON + timedelta(hours=1)
OK = {"status": "Accepted"}


class Case2(AskedCase):
    version = "2.0.1"

    def variable(self, name: str, value: str, **more: Any) -> None:
        Variable.objects.create(
            station=self.station,
            component="LocalAuthListCtrlr",
            variable=name,
            attribute="Actual",
            value=value,
            mutability="ReadOnly",
            reported_at=NOON,
            **more,
        )


class Lists(Case2):
    def send(self, mode: Any = "auto") -> None:
        self.do(lambda batch: send_local_list(batch, station_id=self.station.pk, mode=mode))

    @property
    def list(self) -> LocalList:
        return LocalList.objects.get()

    def test_have_what_the_version_has_words_for(self) -> None:
        for value, kind in (("A", ""), ("B", "KeyCode"), ("V", "VIN"), ("X" * 37, ""), ("N", "NoAuthorization")):
            TokenFactory.create(value=value, type=kind)
        TokenFactory.create(value="PIN", additional_info=[{"type": "PIN", "additionalIdToken": "1"}])
        self.assertEqual(set(wanted_entries(self.station.pk, "2.0.1")), {"ISO14443:A", "KeyCode:B"})
        longer = {"ISO14443:A", "KeyCode:B", "VIN:V", "ISO14443:" + "X" * 37}
        self.assertEqual(set(wanted_entries(self.station.pk, "2.1")), longer)

    def test_of_tokens_of_one_value_1_6_has_the_card(self) -> None:
        TokenFactory.create(value="A", type="KeyCode", status=IdToken.Status.BLOCKED)
        TokenFactory.create(value="A", type="ISO14443")
        self.assertEqual(wanted_entries(self.station.pk, "1.6"), {"A": OK})

    def test_keep_to_the_limits_in_the_device_model(self) -> None:
        self.variable("ItemsPerMessage", "2")
        self.variable("Entries", "0", characteristics={"maxLimit": 3})
        for number in range(3):
            TokenFactory.create(value=f"T{number}")
        self.send()
        first, second = self.answer("Accepted"), self.answer("Accepted")
        self.assertEqual([len(sent.payload["localAuthorizationList"]) for sent in (first, second)], [2, 1])
        self.nothing_waits()
        self.assertEqual((self.list.version, len(self.list.entries)), (2, 3))
        TokenFactory.create(value="T3")
        with self.assertRaises(Conflict):
            self.send()

    def test_limits_that_are_none_are_not_kept_to(self) -> None:
        self.variable("ItemsPerMessage", "many")
        self.variable("Entries", "0", characteristics={})
        TokenFactory.create(value="A")
        self.send()
        self.answer("Accepted")
        self.assertEqual(len(self.list.entries), 1)

    def test_an_empty_one_has_no_array(self) -> None:
        self.send("full")
        self.assertEqual(self.answer("Accepted").payload, {"versionNumber": 1, "updateType": "Full"})

    def test_one_in_the_words_of_another_version_is_sent_anew(self) -> None:
        TokenFactory.create(value="A")
        LocalList.objects.create(station=self.station, version=4, entries={"A": OK}, confirmed_at=NOON)
        with self.assertRaises(Conflict):
            self.send("differential")
        self.send()
        sent = self.answer("Accepted")
        self.assertEqual((sent.payload["updateType"], sent.payload["versionNumber"]), ("Full", 5))
        self.assertEqual((self.list.entries, self.list.ocpp_version), ({"ISO14443:A": OK}, "2.0.1"))

    def test_a_mismatch_that_stays_one_ends(self) -> None:
        TokenFactory.create(value="A")
        self.send()
        self.answer("Accepted")
        TokenFactory.create(value="B")
        self.send()
        for _ in range(2):
            self.answer("VersionMismatch")
        self.nothing_waits()
        self.assertEqual((self.list.result, self.list.confirmed_at), ("VersionMismatch", None))

    def test_raw_ones_that_make_no_sense_are_refused(self) -> None:
        entry = {"idToken": {"idToken": "A", "type": "Local"}}
        twice = {"versionNumber": 0, "updateType": "Full", "localAuthorizationList": [entry, entry]}
        self.assertEqual(
            set(self.problems_of("SendLocalList", twice)),
            {
                "versionNumber",
                "localAuthorizationList/0",
                "localAuthorizationList/1",
                "localAuthorizationList/1/idToken",
            },
        )
        self.variable("ItemsPerMessage", "1")
        other = {"idToken": {"idToken": "A", "type": "KeyCode"}}
        long = {"versionNumber": 1, "updateType": "Differential", "localAuthorizationList": [entry, other]}
        self.assertEqual(set(self.problems_of("SendLocalList", long)), {"localAuthorizationList"})


class Reservations(Case2):
    def setUp(self) -> None:
        super().setUp()
        self.token = TokenFactory.create(value="CARD", type="ISO14443")
        ConnectorFactory.create(evse=EvseFactory.create(station=self.station, number=1))

    def reserve(self, **more: Any) -> Reservation:
        options: dict[str, Any] = {"evse": 1, "id_token": "CARD", "expires_at": LATER} | more
        row: Reservation = self.do(lambda batch: reserve(batch, station_id=self.station.pk, **options))
        return row

    def test_of_any_evse_for_a_group(self) -> None:
        self.token.group = IdTokenGroup.objects.create(name="FLEET")
        self.token.save()
        row = self.reserve(evse=0, connector_type="cCCS2")
        sent = self.answer("Accepted")
        self.assertEqual(
            sent.payload,
            {
                "id": row.pk,
                "expiryDateTime": written(LATER),
                "idToken": {"idToken": "CARD", "type": "ISO14443"},
                "connectorType": "cCCS2",
                "groupIdToken": {"idToken": "FLEET", "type": "Central"},
            },
        )
        row.refresh_from_db()
        self.assertEqual((row.state, row.evse, row.connector_type), ("active", 0, "cCCS2"))

    def test_with_what_has_to_be_shown_along_with_the_token(self) -> None:
        self.token.additional_info = [{"type": "PIN", "additionalIdToken": "1"}]
        self.token.save()
        self.reserve()

    def test_that_the_version_has_no_words_for(self) -> None:
        TokenFactory.create(value="WAUZZZ", type="VIN")
        for more in ({"id_token": "WAUZZZ"}, {"evse": 7}):
            with self.assertRaises(BadInput):
                self.reserve(**more)
        self.station.ocpp_version = "1.6"
        self.station.save()
        with self.assertRaises(BadInput):
            self.reserve(connector_type="cCCS2")
        self.assertFalse(Reservation.objects.exists())

    def test_an_evse_of_the_device_model_is_one(self) -> None:
        self.variable("Available", "true", evse=2)
        self.assertEqual(self.reserve(evse=2).evse, 2)

    def test_a_raw_one_changes_it(self) -> None:
        row = self.reserve()
        self.answer("Accepted")
        TokenFactory.create(value="CARD", type="KeyCode")
        changed = {"id": row.pk, "expiryDateTime": written(LATER), "idToken": {"idToken": "CARD", "type": "KeyCode"}}
        self.settle("ReserveNow", changed)
        row.refresh_from_db()
        self.assertEqual((row.evse, row.id_token.type), (0, "KeyCode"))

    def test_raw_ones_that_make_no_sense_are_refused(self) -> None:
        order = {"id": 1, "expiryDateTime": written(NOON), "idToken": {"idToken": "CARD", "type": "Local"}}
        self.assertEqual(set(self.problems_of("ReserveNow", order)), {"expiryDateTime"})
        other = Reservation.objects.create(
            station=StationFactory.create(), evse=0, id_token=self.token, expires_at=LATER, created_at=NOON
        )
        with self.assertRaises(Conflict):
            self.ask("ReserveNow", order | {"id": other.pk, "expiryDateTime": written(LATER)})

    def test_one_after_which_no_transaction_began_is_used(self) -> None:
        row = self.reserve()
        self.answer("Accepted")
        update = {"reservationId": row.pk, "reservationUpdateStatus": "NoTransaction"}
        self.do(call(self.station, "ReservationStatusUpdate", update, version="2.1"))
        row.refresh_from_db()
        self.assertEqual(row.state, "used")
