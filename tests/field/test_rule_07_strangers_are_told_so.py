"""Rule 7: an unknown station gets a clear 404 before the upgrade, and an entry among those that knock.

citrineos#105, evcc#10039.
"""

from __future__ import annotations

from django.test import override_settings

from smartserver.core.credentials import hash_key
from stations.models import KnockingStation, State, Station
from tests.field.support import FieldCase
from tests.waiting import eventually

PASSWORD = "0123456789abcdef"


@override_settings(OPEN=False)
class StrangersAreToldSo(FieldCase):
    def test_unknown_identity_is_refused_and_listed(self) -> None:
        Station.objects.create(identity="CP1", password_hash=hash_key(PASSWORD))
        with self.emulated("wrong-identity", password=PASSWORD) as stranger:
            eventually(lambda: "HTTP 404" in stranger.client.trouble)
            eventually(lambda: KnockingStation.objects.filter(attempts__gte=2).exists())
            with self.emulated(password=PASSWORD) as station:  # others are served meanwhile
                station.wait_answer("BootNotification")
            stranger.vanish()
        knocking = KnockingStation.objects.get()
        self.assertEqual((knocking.identity, knocking.address), ("CP1-1", "127.0.0.1"))
        self.assertFalse(Station.objects.filter(identity="CP1-1").exists())

    def test_once_entered_it_gets_in(self) -> None:
        with self.emulated("wrong-identity", password=PASSWORD) as stranger:
            eventually(lambda: KnockingStation.objects.exists())
            Station.objects.create(identity="CP1-1", password_hash=hash_key(PASSWORD))
            # Its user name is its own identity, which is another one: still nobody can tell who it is.
            eventually(lambda: "HTTP 401" in stranger.client.trouble)
            stranger.vanish()
        with self.emulated(identity="CP1-1", password=PASSWORD) as station:
            station.wait_answer("BootNotification")
            self.assertEqual(self.station("CP1-1").state, State.ONLINE)
