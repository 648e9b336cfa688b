"""By which tariff a session is charged, and from when, is what its station says: by its clock, whatever came late."""

from __future__ import annotations

from datetime import timedelta

from smartserver.core import clock
from stations.models import Command, Reservation, SessionCost, State, Station
from stations.ocpp.frames import Payload
from stations.ocpp.times import written
from tests.stations.asked import GENERATION, AskedCase
from tests.stations.support import NOON, call
from tests.stations.tariffs import energy, minutes, tariff
from tests.stations.test_sessions_have_costs import SessionCase, enter, named
from tests.units import run

CHEAP = tariff(**energy(0.1)) | {"tariffId": "T2"}


class Changed(AskedCase, SessionCase):
    version = "2.1"

    def setUp(self) -> None:
        SessionCase.setUp(self)
        self.enterContext(clock.frozen(NOON + timedelta(minutes=40)))
        Station.objects.update(connection=GENERATION, state=State.ONLINE, ocpp_version="2.1")
        self.station.refresh_from_db()
        enter(named("T1"))
        self.start()

    def change(self) -> None:
        """The station accepts it at 12:40 by the server's clock."""
        self.settle("ChangeTransactionTariff", {"tariff": CHEAP, "transactionId": "tx"})

    def tell(self, name: str = "T2", minutes: float = 30) -> Payload:
        """It has charged by it since 12:30, by its own."""
        return self.event("Updated", 1, minutes, 10_000, triggerReason="TariffChanged", info={"tariffId": name})

    def since(self) -> list[str]:
        return [each["since"] for each in SessionCost.objects.get().agreed]

    def test_by_the_event(self) -> None:
        self.change()
        self.assertIn("12:40:00", self.since()[-1])
        self.tell()
        self.assertIn("12:30:00", self.since()[-1])
        self.assertEqual(self.event("Ended", 2, 60, 20_000)["totalCost"], 11.0)

    def test_by_an_event_that_overtook_the_answer(self) -> None:
        self.tell()
        self.change()
        self.assertIn("12:30:00", self.since()[-1])

    def test_another_one_is_not_meant(self) -> None:
        self.tell("T9")
        self.change()
        self.assertIn("12:40:00", self.since()[-1])
        self.event("Updated", 2, 35, triggerReason="TariffChanged", info={"tariffId": "T9"})
        self.assertIn("12:40:00", self.since()[-1])

    def test_a_session_without_costs(self) -> None:
        SessionCost.objects.all().delete()
        self.tell()
        self.assertFalse(SessionCost.objects.exists())


class Reserved(SessionCase):
    """A reservation is charged from when the station kept the EVSE free, not from when somebody wanted that."""

    def cost(self, action: str, settled: float | None) -> float:
        """It was made half an hour before the session, and answered so many minutes before it."""
        enter(tariff(**minutes("reservationTime", 0.1)))
        wanted = NOON - timedelta(minutes=30)
        command = Command.objects.create(
            station=self.station,
            action=action,
            payload={},
            state=Command.State.ANSWERED,
            created_at=wanted,
            expires_at=NOON,
            settled_at=None if settled is None else NOON - timedelta(minutes=settled),
        )
        reservation = Reservation.objects.create(
            station=self.station,
            evse=1,
            id_token=self.token,
            state=Reservation.State.ACTIVE,
            command=command,
            expires_at=NOON + timedelta(hours=1),
            created_at=wanted,
        )
        self.start(reservationId=reservation.pk)
        cost: float = self.event("Ended", 1, 60, 1000)["totalCost"]
        return cost

    def test_the_station_was_offline_at_first(self) -> None:
        self.assertEqual(self.cost("ReserveNow", 10), 1.0)

    def test_its_answer_has_not_come(self) -> None:
        self.assertEqual(self.cost("ReserveNow", None), 3.0)

    def test_another_command_says_nothing_of_it(self) -> None:
        self.assertEqual(self.cost("CancelReservation", 10), 3.0)


class Offline(SessionCase):
    """The station tells of a session of the morning, after another tariff has come into force."""

    def test_the_tariff_of_its_begin_counts(self) -> None:
        enter(named("OLD"))
        enter(named("NEW", 9.0, validFrom=written(NOON + timedelta(hours=1))), station="CP1")
        late = NOON + timedelta(hours=2)
        begin: Payload = {
            "eventType": "Started",
            "timestamp": written(NOON),
            "triggerReason": "Authorized",
            "seqNo": 0,
            "offline": True,
            "transactionInfo": {"transactionId": "tx"},
            "evse": {"id": 1, "connectorId": 1},
            "idToken": {"idToken": "CARD", "type": "ISO14443"},
        }
        run(call(self.station, "TransactionEvent", begin, version="2.1", at=late))
        self.assertEqual(self.agreed(), ["OLD"])
