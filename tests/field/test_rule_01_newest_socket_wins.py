"""Rule 1: a new socket of a known station wins; the late close of the old one does not evict it.

steve#4, ocpp-go#314, lbbrhzn/ocpp#2122, citrineos-core#583.
"""

from __future__ import annotations

from stations.emulator.quirks.connecting import LateClose
from stations.models import Message, State
from tests.field.support import FieldCase
from tests.waiting import eventually


class NewestSocketWins(FieldCase):
    def test_station_that_closes_its_old_socket_late_stays_online(self) -> None:
        with self.emulated(LateClose(every=3)) as station:
            # Its third answer on each connection is lost with that connection; it goes on over the next one.
            eventually(lambda: self.station().connection >= 2)
            eventually(lambda: len(self.server.connections) == 1 and station.client.online)
            heard = len(station.answers("Heartbeat"))
            station.tell("Heartbeat")
            station.wait_answer("Heartbeat", heard + 1)
            self.assertEqual(self.station().state, State.ONLINE)
        eventually(lambda: self.station().state == State.OFFLINE)

    def test_second_of_two_sockets_is_the_one_that_counts(self) -> None:
        with self.emulated("two-sockets") as station:
            station.wait_answer("BootNotification")
            eventually(lambda: len(self.server.connections) == 1)
            command = self.settled(self.command("ClearCache", {}))
            self.assertEqual((command.state, command.connection), ("answered", 2))
            self.assertEqual((self.station().state, self.station().connection), (State.ONLINE, 2))

    def test_old_socket_is_not_answered_any_more(self) -> None:
        with self.server.station() as old:
            old.boot()
            with self.emulated() as newer:
                newer.wait_answer("BootNotification")
                old.say([2, "late", "Heartbeat", {}])
                self.assertEqual(old.close_code(), 1008)
                newer.tell("Heartbeat")
                newer.wait_answer("Heartbeat")
                self.assertEqual((self.station().state, self.station().connection), (State.ONLINE, 2))
        self.assertFalse(Message.objects.filter(message_id="late").exists())
