"""Boot, status, inventory, quirks, the message log, and the summary of them in the live table."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, get_args

from django.db.models import Q
from django.test import TestCase

from smartserver.core import clock
from smartserver.core.batch import Batch, run_batch
from smartserver.core.events import TOPIC_STATIONS
from stations import dispatch, selectors
from stations.models import EVSE, Connector, KnockingStation, Message, MeterValue, Quirk, State, Station, Variable
from stations.ocpp.errors import FORMAT_VIOLATION, NOT_SUPPORTED, OCCURRENCE_VIOLATION, CallError
from stations.ocpp.frames import Payload
from stations.ocpp.routes import AnyFact
from stations.services import messages, quirks, summary
from stations.services.context import Policy
from tests.stations.factories import ConnectorFactory, EvseFactory, StationFactory, TransactionFactory
from tests.stations.payloads import payload
from tests.stations.support import NOON, NOON_TEXT, call, rules_of
from tests.units import run, run_published


class StationCase(TestCase):
    def setUp(self) -> None:
        self.station: Station = StationFactory.create()

    def say(self, action: str, given: Payload, **options: Any) -> Any:
        return run(call(self.station, action, given, **options))[0]

    def fresh(self) -> Station:
        self.station.refresh_from_db()
        return self.station


class Boot(StationCase):
    def test_is_kept(self) -> None:
        self.say("BootNotification", payload("1.6", "BootNotification"))
        station = self.fresh()
        self.assertEqual(
            (station.vendor, station.model, station.serial_number, station.meter_type, station.meter_serial_number),
            ("Vendor", "Model", "S1", "MT", "MS"),
        )
        self.assertEqual((station.iccid, station.imsi, station.booted_at), ("8943", "2320", NOON))

    def test_over_long_texts_are_kept(self) -> None:
        """FIELD 15."""
        self.say("BootNotification", payload("1.6", "BootNotification") | {"chargePointModel": "x" * 3000})
        self.assertEqual((len(self.fresh().model), rules_of(self.station)), (1000, {"text_too_long": 1}))


class Status(StationCase):
    def report(self, connector: int, status: str, **more: Any) -> None:
        self.say("StatusNotification", {"connectorId": connector, "errorCode": "NoError", "status": status} | more)

    def test_of_a_connector_is_kept(self) -> None:
        self.report(2, "Faulted", errorCode="DoorOpen", info="door", timestamp="1970-01-01T00:00:00Z")
        connector = Connector.objects.get()
        self.assertEqual(
            (
                connector.evse.number,
                connector.number,
                connector.status,
                connector.error_code,
                connector.vendor_error_code,
            ),
            (2, 1, "Faulted", "OtherError", "DoorOpen"),
        )
        self.assertEqual((connector.info, connector.received_at), ("door", NOON))
        assert connector.reported_at is not None
        self.assertEqual(connector.reported_at.year, 1970)

    def test_replaces_the_one_before(self) -> None:
        self.report(1, "Faulted", errorCode="HighTemperature")
        self.report(1, "Available")
        connector = Connector.objects.get()
        self.assertEqual((connector.status, connector.error_code), ("Available", ""))

    def test_most_telling_one_speaks_for_the_station(self) -> None:
        for reports, status in (
            ({1: "Available", 2: "Available"}, "Available"),
            ({2: "Preparing"}, "Preparing"),
            ({1: "Charging"}, "Charging"),
            ({2: "Faulted"}, "Faulted"),
            ({2: "Unavailable"}, "Charging"),
            ({1: "Available"}, "Unavailable"),
        ):
            for connector, each in reports.items():
                self.report(connector, each)
            self.assertEqual(self.fresh().status, status)
        self.assertEqual(self.station.connectors, "Available, Unavailable")

    def test_of_the_station_as_a_whole_counts_only_when_it_is_not_well(self) -> None:
        self.report(1, "Charging")
        self.report(0, "Available")
        self.assertEqual((self.fresh().status, self.station.connectors), ("Charging", "Charging"))
        self.report(0, "Faulted")
        self.assertEqual((self.fresh().status, self.station.connectors), ("Faulted", "Faulted, Charging"))

    def test_nobody_knows_is_as_telling_as_a_fault(self) -> None:
        connector = ConnectorFactory.create(evse__station=self.station, status="Melted")
        ConnectorFactory.create(evse=connector.evse, number=2, status="Charging")
        run(lambda batch: summary.refresh(batch, station_id=self.station.pk))
        self.assertEqual(self.fresh().status, "Melted")

    def test_occupied_says_less_than_the_charging_state(self) -> None:
        first = ConnectorFactory.create(evse__station=self.station, status="Occupied")
        ConnectorFactory.create(evse__station=self.station, evse__number=2, status="Occupied")
        ConnectorFactory.create(evse__station=self.station, evse__number=3, status="Available")
        session = TransactionFactory.create(
            station=self.station, evse=first.evse, charging_state="SuspendedEV", energy_wh=500
        )
        run(lambda batch: summary.refresh(batch, station_id=self.station.pk))
        self.assertEqual(self.fresh().connectors, "SuspendedEV, Occupied, Available")
        self.assertEqual((self.station.sessions, self.station.session_energy_wh), (1, 500.0))
        session.charging_state = ""
        session.save()
        run(lambda batch: summary.refresh(batch, station_id=self.station.pk))
        self.assertEqual(self.fresh().connectors, "Occupied, Occupied, Available")

    def test_nothing_is_shown_of_a_station_that_told_nothing(self) -> None:
        run(lambda batch: summary.refresh(batch, station_id=self.station.pk))
        station = self.fresh()
        shown = (station.status, station.connectors, station.power_w, station.session_energy_wh, station.sessions)
        self.assertEqual(shown, ("", "", None, None, 0))

    def test_main_meter_counts_where_no_other_does(self) -> None:
        evses = [(1, 0, 9000.0), (1, 1, None), (2, 0, 9000.0), (2, 1, 3000.0), (2, 2, 4000.0), (3, 1, None)]
        self.assertEqual(summary.total_power(evses), {1: 9000.0, 2: 7000.0})

    def test_power_is_that_of_all_evses(self) -> None:
        for number, power in ((1, 3000.0), (2, 4000.0), (3, None)):
            EvseFactory.create(station=self.station, number=number, power_w=power)
        run(lambda batch: summary.refresh(batch, station_id=self.station.pk))
        self.assertEqual(self.fresh().power_w, 7000.0)


class Inventory(StationCase):
    def report(self, *data: Payload, sequence: int = 0, **options: Any) -> Payload:
        given = {"requestId": 1, "generatedAt": NOON_TEXT, "seqNo": sequence, "reportData": list(data)}
        found: Payload = self.say("NotifyReport", given, version="2.0.1", **options)
        return found

    def data(self, name: str, value: str, **component: Any) -> Payload:
        return {
            "component": {"name": "EVSE", **component},
            "variable": {"name": name},
            "variableAttribute": [{"value": value}],
        }

    def values(self) -> dict[tuple[str, int], str | None]:
        rows = Variable.objects.filter(station=self.station)
        return {(row.variable, row.evse): row.value for row in rows}

    def test_comes_in_parts(self) -> None:
        self.assertEqual(self.report(self.data("A", "1"), sequence=1), {})
        self.report(self.data("B", "2"), self.data("B", "3", evse={"id": 1}), sequence=0)
        self.assertEqual(self.values(), {("A", 0): "1", ("B", 0): "2", ("B", 1): "3"})

    def test_repeated_parts_replace_themselves(self) -> None:
        self.report(self.data("A", "1"), self.data("A", "2"))
        self.assertEqual(self.values(), {("A", 0): "2"})
        later = NOON + timedelta(hours=1)
        self.report(self.data("A", "3"), at=later)
        self.assertEqual((self.values(), Variable.objects.get().reported_at), ({("A", 0): "3"}, later))

    def test_names_that_are_the_same_when_cut_are_one(self) -> None:
        self.report(self.data("x" * 50 + "1", "1"), self.data("x" * 50 + "2", "2"))
        self.assertEqual(self.values(), {("x" * 50, 0): "2"})

    def test_belongs_to_its_station(self) -> None:
        self.report(self.data("A", "1"))
        mine, self.station = self.station, StationFactory.create()
        self.report(self.data("A", "2"))
        self.assertEqual(Variable.objects.get(station=mine).value, "1")

    def test_without_data_is_acknowledged(self) -> None:
        given = {"requestId": 1, "generatedAt": NOON_TEXT, "seqNo": 0}
        self.assertEqual(self.say("NotifyReport", given, version="2.1"), {})
        self.assertFalse(Variable.objects.exists())


class Quirks(StationCase):
    """Contract 6: honest in the record."""

    def note(self, *rules: str, action: str = "Boot", at: timedelta = timedelta(0)) -> Any:
        def unit(batch: Batch) -> None:
            quirks.note(batch, station_id=self.station.pk, rules=rules, action=action, at=NOON + at)

        return unit

    def test_are_counted_for_each_rule_and_action(self) -> None:
        run(self.note("a", "b"), self.note("a"), self.note("a", action="Status"))
        run(self.note("a"), self.note("a", at=timedelta(hours=1)))
        rows = list(
            Quirk.objects.order_by("rule", "action").values_list("rule", "action", "times", "first_at", "last_at")
        )
        later = NOON + timedelta(hours=1)
        self.assertEqual(
            rows, [("a", "Boot", 4, NOON, later), ("a", "Status", 1, NOON, NOON), ("b", "Boot", 1, NOON, NOON)]
        )

    def test_are_shown_on_the_station_once_each(self) -> None:
        run(self.note("b", "a"), self.note("a", action="Status"))
        self.assertEqual(self.fresh().quirks, "a, b")
        _, published = run_published(self.note("c"))
        self.assertEqual((self.fresh().quirks, published.rows), ("a, b, c", {TOPIC_STATIONS: {self.station.pk}}))
        _, published = run_published(self.note("c"))
        self.assertEqual(published.rows, {}, "a count is not shown")

    def test_of_frame_and_payload_are_both_counted(self) -> None:
        given = {"chargePointVendor": "V", "chargePointModel": "M", "color": "red"}
        self.say("BootNotification", given, quirks=("broken_json",))
        self.assertEqual(rules_of(self.station), {"broken_json": 1, "unknown_field": 1})

    def test_strict_stations_need_none(self) -> None:
        with self.assertRaises(CallError) as caught:
            call(self.station, "BootNotification", {"chargePointVendor": "V"}, strict=True)
        self.assertEqual(caught.exception.code, OCCURRENCE_VIOLATION)


class MessageLog(StationCase):
    def test_has_a_row_for_every_exchange_with_both_times(self) -> None:
        later = NOON + timedelta(seconds=3)
        with clock.frozen(later):
            self.say("BootNotification", payload("1.6", "BootNotification"), message_id="abc")
        row = Message.objects.get()
        self.assertEqual(
            (row.direction, row.action, row.message_id, row.outcome), ("in", "BootNotification", "abc", "CALLRESULT")
        )
        self.assertEqual((row.ocpp_version, row.received_at, row.answered_at), ("1.6", NOON, later))
        self.assertEqual(json.loads(row.request), payload("1.6", "BootNotification"))
        self.assertEqual(json.loads(row.reply)["status"], "Accepted")
        self.assertEqual((self.fresh().state, self.station.last_seen_at), (State.ONLINE, later))

    def test_keeps_what_was_sent_not_what_it_was_mended_to(self) -> None:
        self.say("Authorize", {"idTag": 7, "more": "x"})
        self.assertEqual(json.loads(Message.objects.get().request), {"idTag": 7, "more": "x"})

    def test_cuts_what_is_too_long(self) -> None:
        self.say("DataTransfer", {"vendorId": "V", "data": "x" * 100_000})
        row = Message.objects.get()
        self.assertEqual((len(row.request), row.request[-1]), (messages.MAX_TEXT + 1, "…"))

    def test_has_refused_calls_too(self) -> None:
        incoming = dispatch.Incoming(self.station.pk, "1.6", False, "m" * 300, "x" * 100, {"a": 1}, NOON, Policy(), ())
        run(dispatch.prepare_failure(incoming, CallError(FORMAT_VIOLATION, "why", {"b": 2})))
        row = Message.objects.get()
        self.assertEqual((row.outcome, json.loads(row.reply)), ("FormationViolation", ["why", {"b": 2}]))
        self.assertEqual((len(row.action), len(row.message_id)), (64, 255))

    def test_has_texts_that_are_no_frames(self) -> None:
        run(
            dispatch.prepare_unreadable(
                station_id=self.station.pk, version="1.6", message_id="-1", text="a\x00b", outcome="X", received_at=NOON
            )
        )
        row = Message.objects.get()
        self.assertEqual((row.action, row.request, row.outcome, row.message_id), ("", "a�b", "X", "-1"))


class Dispatch(StationCase):
    def test_failing_unit_fails_alone(self) -> None:
        """Contract 2."""

        def broken(batch: Batch) -> None:
            call(self.station, "StartTransaction", payload("1.6", "StartTransaction"))(batch)
            raise ValueError("a fault of ours")

        good = [call(self.station, "DataTransfer", {"vendorId": str(n)}, message_id=f"m{n}") for n in range(4)]
        units: list[Any] = [*good[:2], broken, *good[2:]]
        outcomes: list[Any] = []
        while len(outcomes) < len(units):
            outcomes += run_batch(units[len(outcomes) :], lambda _: None, timer=lambda: 0.0)
        self.assertEqual([error is None for _, error in outcomes], [True, True, False, True, True])
        self.assertEqual(
            list(Message.objects.order_by("pk").values_list("message_id", flat=True)), ["m0", "m1", "m2", "m3"]
        )
        self.assertFalse(self.station.transactions.exists())

    def test_unknown_actions_are_told_from_unsupported_ones(self) -> None:
        for version, action, code in (
            ("1.6", "Reset", NOT_SUPPORTED),
            ("1.6", "TransactionEvent", "NotImplemented"),
            ("2.0.1", "StartTransaction", "NotImplemented"),
            ("2.1", "Reset", NOT_SUPPORTED),
            ("2.1", "Nonsense", "NotImplemented"),
            ("1.6", "heartbeat", "NotImplemented"),
        ):
            with self.assertRaises(CallError) as caught:
                call(self.station, action, {}, version=version)
            self.assertEqual(caught.exception.code, code)

    def test_data_of_vendors_is_not_understood(self) -> None:
        self.assertEqual(self.say("DataTransfer", {"vendorId": "x"}), {"status": "UnknownVendorId"})
        self.assertEqual(self.say("DataTransfer", {"vendorId": "x"}, version="2.1"), {"status": "UnknownVendorId"})

    def test_every_fact_has_its_use_case(self) -> None:
        self.assertEqual(set(dispatch.USE_CASES), set(get_args(AnyFact)))


class Reads(StationCase):
    def test_row_of_the_live_table(self) -> None:
        Station.objects.update(last_seen_at=NOON, vendor="<b>V</b>", power_w=5.0)
        ((key, row),) = selectors.TOPIC.load(Q())
        self.assertEqual(key, self.station.pk)
        self.assertEqual(set(row), {column.name for column in selectors.COLUMNS})
        self.assertEqual((row["identity"], row["vendor"], row["power_w"]), (self.station.identity, "<b>V</b>", 5.0))
        self.assertEqual(row["last_seen_at"], "2026-06-21T12:00:00.000Z")
        self.assertEqual(selectors.TOPIC.count(), 1)

    def test_row_of_a_station_that_was_never_seen(self) -> None:
        self.assertEqual(list(selectors.TOPIC.load(Q(identity="nobody"))), [])
        ((_, row),) = selectors.TOPIC.load(Q(pk=self.station.pk))
        self.assertEqual((row["last_seen_at"], row["state"]), (None, "never"))

    def test_history_is_the_newest_values_oldest_first(self) -> None:
        for minute in range(5):
            MeterValue.objects.create(
                station=self.station, received_at=NOON + timedelta(minutes=minute), power_w=minute, soc=50, samples="[]"
            )
        MeterValue.objects.create(station=StationFactory.create(), received_at=NOON, samples="[]")
        with clock.frozen(NOON + timedelta(minutes=5)):
            found = selectors.history(self.station.pk, minutes=3)
        self.assertEqual(
            [column["name"] for column in found["columns"]],
            ["time", "power_w", "energy_wh", "current_a", "voltage_v", "soc"],
        )
        start = NOON.timestamp()
        self.assertEqual(
            found["series"],
            [[start + 120, start + 180, start + 240], [2.0, 3.0, 4.0], *[[None] * 3] * 3, [50.0] * 3],
        )

    def test_history_tells_several_evses_apart(self) -> None:
        first, second = (EvseFactory.create(station=self.station, number=number) for number in (1, 2))
        for minute, evse in enumerate((first, second, first)):
            MeterValue.objects.create(
                station=self.station,
                evse=evse,
                received_at=NOON + timedelta(minutes=minute),
                power_w=minute,
                samples="[]",
            )
        with clock.frozen(NOON + timedelta(minutes=5)):
            found = selectors.history(self.station.pk, minutes=10)
        series = {column["name"]: values for column, values in zip(found["columns"], found["series"], strict=True)}
        self.assertEqual((series["power_w_1"], series["power_w_2"]), ([0.0, None, 2.0], [None, 1.0, None]))
        self.assertEqual([column["label"] for column in found["columns"]][1:3], ["Power 1", "Power 2"])

    def test_names_are_readable(self) -> None:
        evse = EvseFactory.create(station=self.station)
        self.assertEqual(str(self.station), self.station.identity)
        self.assertEqual(str(EVSE.objects.get()), f"{self.station.pk}/1")
        self.assertEqual(str(ConnectorFactory.create(evse=evse)), f"{evse.pk}/1")
        self.assertEqual(str(KnockingStation(identity="CP1")), "CP1")
