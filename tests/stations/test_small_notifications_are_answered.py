"""FIELD rule 17: every small notification is answered; those that mean something are kept (citrineos#216)."""

from __future__ import annotations

from typing import Any

from django.test import TestCase, override_settings

from smartserver.core.events import RESERVATION_CHANGED, SECURITY_EVENT_RECEIVED
from stations import dispatch
from stations.models import Message, Reservation, SecurityEvent, Station
from stations.ocpp import directions, schemas
from stations.ocpp.frames import Payload
from tests.stations.factories import StationFactory, TokenFactory
from tests.stations.payloads import payload
from tests.stations.support import NOON, NOON_TEXT, SocketCase, call, rules_of
from tests.units import run, run_published


class NotificationCase(TestCase):
    def setUp(self) -> None:
        self.station: Station = StationFactory.create()

    def say(self, action: str, given: Payload | None = None, *, version: str = "1.6", **options: Any) -> Payload:
        given = payload(version, action) if given is None else given
        answer: Payload = run(call(self.station, action, given, version=version, **options))[0]
        return answer

    def fresh(self) -> Station:
        self.station.refresh_from_db()
        return self.station


class EveryAction(NotificationCase):
    def test_field_17_of_each_version_is_served(self) -> None:
        for version, routes in dispatch.ROUTES.items():
            self.assertEqual(directions.from_stations(version), set(routes) | set(dispatch.SENDS[version]))

    def test_field_17_is_answered_as_its_schema_says_and_logged(self) -> None:
        TokenFactory.create(value="CARD")
        for version, routes in dispatch.ROUTES.items():
            for action in routes:
                with self.subTest(action, version=version):
                    answer = self.say(action, version=version)
                    self.assertEqual(schemas.response_problems(version, action, answer), [])
        self.assertEqual(Message.objects.count(), sum(map(len, dispatch.ROUTES.values())))


class Files(NotificationCase):
    def test_status_of_firmware_is_shown(self) -> None:
        for version, action, status in (
            ("1.6", "FirmwareStatusNotification", "Downloading"),
            ("1.6", "SignedFirmwareStatusNotification", "InvalidSignature"),
            ("2.0.1", "FirmwareStatusNotification", "Installed"),
        ):
            self.assertEqual(
                self.say(
                    action,
                    {"status": status, "requestId": 99} if version != "1.6" else {"status": status},
                    version=version,
                ),
                {},
            )
            self.assertEqual(self.fresh().firmware_status, status)

    def test_status_of_logs_is_shown(self) -> None:
        for version, action, status in (
            ("1.6", "DiagnosticsStatusNotification", "Uploading"),
            ("1.6", "LogStatusNotification", "PermissionDenied"),
            ("2.1", "LogStatusNotification", "AcceptedCanceled"),
        ):
            self.assertEqual(self.say(action, {"status": status}, version=version), {})
            self.assertEqual(self.fresh().diagnostics_status, status)


class SecurityEvents(NotificationCase):
    def test_are_kept_with_their_weight(self) -> None:
        for kind, critical in (
            ("TamperDetectionActivated", True),
            ("StartupOfTheDevice", True),
            ("InvalidMessages", False),
            ("VendorsOwn", False),
        ):
            given = {"type": kind, "timestamp": NOON_TEXT, "techInfo": "door"}
            for version in ("1.6", "2.0.1"):
                self.assertEqual(self.say("SecurityEventNotification", given, version=version), {})
            event = SecurityEvent.objects.get(type=kind)
            self.assertEqual((event.station, event.critical, event.info), (self.station, critical, "door"))
            self.assertEqual((event.stamp, event.occurred_at, event.received_at), (NOON_TEXT, NOON, NOON))

    def test_repeated_are_one_event(self) -> None:
        given = payload("1.6", "SecurityEventNotification")
        unit = call(self.station, "SecurityEventNotification", given)
        _, published = run_published(unit, unit)
        self.say("SecurityEventNotification", given)
        self.say("SecurityEventNotification", given | {"timestamp": "2026-06-21T12:00:01Z"})
        self.assertEqual(SecurityEvent.objects.count(), 2)
        told = [data for kind, data in published.events if kind == SECURITY_EVENT_RECEIVED]
        expected = {"station": self.station.identity, "type": "MemoryExhaustion", "info": "97 %", "critical": True}
        self.assertEqual(told, [expected | {"occurred_at": "2026-06-21T12:00:00.000Z"}])

    def test_without_a_readable_time_are_kept_each(self) -> None:
        given = payload("1.6", "SecurityEventNotification", timestamp=None)
        for _ in range(2):
            self.say("SecurityEventNotification", given)
        self.say("SecurityEventNotification", given | {"timestamp": "noon"})
        self.assertEqual(set(SecurityEvent.objects.values_list("stamp", "occurred_at")), {("", None), ("noon", None)})
        self.assertEqual(SecurityEvent.objects.count(), 3)
        self.assertEqual(set(rules_of(self.station)), {"missing_timestamp", "odd_timestamp"})


class Reservations(NotificationCase):
    def reserve(self, state: str = "active", **fields: Any) -> Reservation:
        fields = {"station": self.station, "id_token": TokenFactory.create(), "evse": 1} | fields
        made: Reservation = Reservation.objects.create(state=state, expires_at=NOON, created_at=NOON, **fields)
        return made

    def end(self, number: int, status: str = "Removed") -> Any:
        given = {"reservationId": number, "reservationUpdateStatus": status}
        return run_published(call(self.station, "ReservationStatusUpdate", given, version="2.0.1"))[1].events

    def start(self, number: int, tag: str) -> None:
        given = {"connectorId": 1, "idTag": tag, "meterStart": 0, "timestamp": NOON_TEXT, "reservationId": number}
        self.say("StartTransaction", given)

    def test_end_when_the_station_says_so(self) -> None:
        for status, state in (("Removed", "cancelled"), ("Expired", "expired")):
            reservation = self.reserve()
            ((kind, told),) = self.end(reservation.pk, status)
            reservation.refresh_from_db()
            self.assertEqual((reservation.state, reservation.ended_at), (state, NOON))
            self.assertEqual((kind, told["state"], told["reservation"]), (RESERVATION_CHANGED, state, reservation.pk))

    def test_that_have_ended_stay_as_they_are(self) -> None:
        reservation = self.reserve("used")
        self.assertEqual(self.end(reservation.pk), [])
        reservation.refresh_from_db()
        self.assertEqual(reservation.state, "used")

    def test_of_somebody_else_are_not_touched(self) -> None:
        reservation = self.reserve(station=StationFactory.create())
        for number in (reservation.pk, 10**6, 0, -1):
            self.end(number)
        self.start(reservation.pk, "CARD")
        reservation.refresh_from_db()
        self.assertEqual((reservation.state, reservation.transactions.count()), ("active", 0))
        self.assertEqual(rules_of(self.station), {"unknown_reservation": 5})

    def test_are_used_by_their_session(self) -> None:
        for state in ("requested", "active", "failed", "expired"):
            reservation = self.reserve(state)
            self.start(reservation.pk, reservation.id_token.value)
            reservation.refresh_from_db()
            session = reservation.transactions.get()
            self.assertEqual((reservation.state, reservation.ended_at, session.remark), ("used", NOON, ""))

    def test_that_were_cancelled_stay_so(self) -> None:
        reservation = self.reserve("cancelled")
        self.start(reservation.pk, reservation.id_token.value)
        reservation.refresh_from_db()
        self.assertEqual((reservation.state, reservation.transactions.count()), ("cancelled", 1))

    def test_that_somebody_else_uses_are_remarked(self) -> None:
        reservation = self.reserve()
        TokenFactory.create(value="STRANGER")
        self.start(reservation.pk, "STRANGER")
        self.assertEqual(reservation.transactions.get().remark, "foreign_reservation")


@override_settings(OPEN=True, OCPP_ACCEPT_UNKNOWN_TOKENS=True)
class OnTheWire(SocketCase):
    def test_field_17_every_notification_of_16_is_answered(self) -> None:
        with self.server.station() as client:
            client.boot()
            for action, given in (
                ("DiagnosticsStatusNotification", {"status": "Uploaded"}),
                ("FirmwareStatusNotification", {"status": "Installed"}),
                ("LogStatusNotification", {"status": "Uploaded", "requestId": 1}),
                ("SecurityEventNotification", {"type": "ResetOrReboot", "timestamp": NOON_TEXT}),
                ("SignedFirmwareStatusNotification", {"status": "Installed", "requestId": 1}),
            ):
                self.assertEqual(client.ask(action, given)[0::2], [3, {}], action)
        station = Station.objects.get()
        self.assertEqual((station.firmware_status, station.diagnostics_status), ("Installed", "Uploaded"))
        self.assertEqual(SecurityEvent.objects.get().type, "ResetOrReboot")
