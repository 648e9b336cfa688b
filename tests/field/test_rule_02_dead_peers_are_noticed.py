"""Rule 2: the server itself notices dead peers, also those that never answer pings.

The limit is longer than the heartbeat interval. citrineos-core#583, lbbrhzn/ocpp#211, evcc#33099.
"""

from __future__ import annotations

from django.test import override_settings

from stations.emulator.quirks.connecting import SilentDeath
from stations.models import State
from tests.field.support import FieldCase
from tests.waiting import eventually


class DeadPeersAreNoticed(FieldCase):
    def age(self, identity: str, seconds: float) -> None:
        """Let time pass for the server's end of a connection."""
        socket = self.server.socket_of(identity)

        def look() -> None:
            socket._heard -= seconds
            socket._watch()

        self.server.in_loop(look)

    @override_settings(HEARTBEAT_CHECK=0.2, OCPP_CALL_TIMEOUT=0.2)
    def test_station_that_died_without_a_close_is_closed(self) -> None:
        with self.emulated(SilentDeath(every=1)) as station:
            eventually(lambda: bool(station.tap.heard))
            self.assertEqual(self.station().state, State.ONLINE)
            eventually(lambda: self.station().state == State.OFFLINE)
            eventually(lambda: len(self.server.connections) == 0)
            station.vanish()

    def test_station_that_never_answers_pings_stays(self) -> None:
        with self.emulated("no-pong") as station:
            station.wait_answer("BootNotification")
            self.age("CP1", 650.0)
            station.tell("Heartbeat")
            station.wait_answer("Heartbeat")
            self.age("CP1", 650.0)  # what was heard counts, whatever it was
            station.tell("Heartbeat")
            station.wait_answer("Heartbeat", 2)
            self.assertEqual((self.station().state, self.station().connection), (State.ONLINE, 1))
