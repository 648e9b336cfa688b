"""Rule 25: the second transaction of a station works like the first (citrineos#172)."""

from __future__ import annotations

from stations.models import Transaction
from tests.field.support import CARD, FieldCase
from tests.waiting import eventually


class SecondTransaction(FieldCase):
    def test_one_after_the_other(self) -> None:
        for version in ("1.6", "2.0.1"):
            with self.subTest(version), self.emulated(identity=version, version=version, speed=100.0) as station:
                for number in (1, 2, 3):
                    session = self.session(station)
                    self.assertEqual(self.station(version).sessions, 1)
                    self.assertEqual(session.id_token.value if session.id_token else "", CARD)
                    eventually(lambda pk=session.pk: (Transaction.objects.get(pk=pk).energy_wh or 0.0) > 0.0)  # type: ignore[misc]
                    station.unplug()
                    eventually(lambda pk=session.pk: not Transaction.objects.get(pk=pk).active)  # type: ignore[misc]
                    mine = Transaction.objects.filter(station__identity=version)
                    self.assertEqual(mine.count(), number)
                    self.assertEqual(mine.filter(remark="", meter_stop_wh__gt=0).count(), number)

    def test_two_connectors_at_the_same_time(self) -> None:
        with self.emulated(connectors=2) as station:
            station.wait_ready()
            for outlet in (1, 2):
                station.plug_in(outlet)
                station.present(f"CARD{outlet}", outlet)
            eventually(lambda: Transaction.objects.filter(active=True).count() == 2)
            station.wait_ready()
            station.present("CARD1", 1)
            eventually(lambda: Transaction.objects.filter(active=True).count() == 1)
            left = Transaction.objects.get(active=True)
            self.assertEqual((left.evse.number if left.evse else 0, self.station().sessions), (2, 1))
