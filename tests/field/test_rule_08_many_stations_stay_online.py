"""Rule 8: more than 100 stations without random offline marks (steve#1475).

No quirk of a station: a fleet of them.
"""

from __future__ import annotations

import asyncio
import threading

from stations.emulator.client import Plan
from stations.emulator.fleet import Fleet, Order
from stations.models import Message, State, Station
from tests.field.support import FieldCase
from tests.waiting import eventually

STATIONS = 120


class ManyStationsStayOnline(FieldCase):
    def online(self) -> int:
        return Station.objects.filter(state=State.ONLINE).count()

    def test_hundred_and_twenty_stations_come_stay_and_go(self) -> None:
        fleet = Fleet(
            Order(count=STATIONS, connectors=1, connects_per_second=1000.0),
            Plan(url=f"{self.server.ws}/ocpp/"),
        )
        ready, ending = threading.Event(), threading.Event()

        async def live() -> None:
            stop = asyncio.Event()
            running = asyncio.create_task(fleet.run(stop))
            ready.set()
            await asyncio.to_thread(ending.wait)
            stop.set()
            await running

        thread = threading.Thread(target=lambda: asyncio.run(live()))
        thread.start()
        try:
            self.assertTrue(ready.wait(5))
            eventually(lambda: fleet.statistics.sent["StatusNotification"] >= 2 * STATIONS, 30)
            eventually(lambda: fleet.statistics.answered == fleet.statistics.sent.total())
            self.assertEqual(self.online(), STATIONS)
            self.assertEqual(set(Station.objects.values_list("connection", flat=True)), {1})
            self.assertEqual(len(self.server.connections), STATIONS)
        finally:
            ending.set()
            thread.join(30)
        self.assertFalse(thread.is_alive())
        self.assertTrue(fleet.statistics.complete, fleet.troubles())
        self.assertFalse(Message.objects.exclude(outcome="CALLRESULT").exists())
        eventually(lambda: self.online() == 0)
