"""Sessions as the hardware tells them: their energy is right, and counts once, whatever gets lost or comes late."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

from stations.models import EVSE, MeterValue, Station
from stations.services.sessions import ghosts
from tests.bridge.cms.telling import TellingCase, ended_at, milliseconds
from tests.stations.support import NOON
from tests.units import run


class WholeSessions(TellingCase):
    def test_one_from_its_beginning_to_its_end(self) -> None:
        self.start(at=0)
        self.assertEqual((self.status(), self.session().charging_state), ("Preparing", "EVConnected"))
        self.charge(at=60)
        self.assertEqual((self.status(), self.session().charging_state), ("Charging", "Charging"))
        self.pause(at=3000)
        self.assertEqual(self.status(), "Finishing")
        self.stop(at=3600, energy=20_000)
        self.assertEqual(self.status(), "Available")
        session = self.session()
        self.assertEqual((session.active, session.reference, session.energy_wh), (False, "S-1", 20_000.0))
        self.assertEqual((session.evse.number, session.connector_number), (1, 1))  # type: ignore[union-attr]
        self.assertEqual((session.started_at_station, ended_at(session)), (NOON, NOON + timedelta(seconds=3600)))
        self.assertEqual((session.end_reason, session.id_token.value), ("Local", "CARD1"))  # type: ignore[union-attr]
        self.assertEqual([each["energy_wh"] for each in self.told("transaction.ended")], [20_000.0])
        self.assertEqual(len(self.told("transaction.started")), 1)

    def test_any_order_of_its_events_gives_the_same(self) -> None:
        tell = (self.start, self.charge, self.pause, self.stop)
        for place, order in enumerate(permutations(range(4))):
            with self.subTest(order):
                reference = f"S-{place}"
                for each in order:
                    tell[each](session=reference)
                session = self.session(reference=reference)
                self.assertEqual((session.energy_wh, session.active), (20_000.0, False))
                self.assertEqual((session.started_at_station, ended_at(session)), (NOON, NOON + timedelta(hours=1)))
                self.assertEqual(session.id_token.value, "CARD1")  # type: ignore[union-attr]
                self.assertEqual(self.status(), "Available")
        ended = [(each["reference"], each["energy_wh"]) for each in self.told("transaction.ended")]
        self.assertEqual(sorted(ended), sorted((f"S-{place}", 20_000.0) for place in range(24)))

    def test_any_order_without_any_clock(self) -> None:
        tell = (self.start, self.charge, self.pause, self.stop)
        for place, order in enumerate(permutations(range(4))):
            with self.subTest(order):
                reference = f"S-{place}"
                for each in order:
                    tell[each](session=reference, at=None)
                self.assertEqual((self.session(reference=reference).energy_wh), 20_000.0)
                self.assertFalse(self.session(reference=reference).active)

    def test_repeated_events_count_once(self) -> None:
        """The original sends the same text again; ours the same key."""
        for _ in range(3):
            self.start()
            self.event("start_charging", at=60, key="k-1", session="S-1", note="first")
            self.event("start_charging", at=60, key="k-1", session="S-1", note="the same by its key")
            self.stop()
        session = self.session()
        self.assertEqual((session.energy_wh, session.events.count()), (20_000.0, 3))
        self.assertEqual(len(self.told("transaction.ended")), 1)

    def test_an_end_that_is_told_in_other_words_counts_once(self) -> None:
        self.start()
        self.stop(energy=20_000, at=3600)
        self.stop(energy=21_000, at=3600, unexpected=True)
        self.stop(energy=22_000, at=3601)
        self.stop(energy=22_000, at=3602, start=milliseconds(NOON), duration=3600)
        self.assertEqual(self.session().energy_wh, 20_000.0)
        self.assertEqual(len(self.told("transaction.ended")), 1)

    def test_events_without_a_session_are_kept_and_show_the_outlet(self) -> None:
        self.event("start_charging", at=0)
        self.assertEqual((self.sessions(), self.status()), ([], "Charging"))
        self.event("session_stop", "", at=1, energy=5)
        self.assertEqual((self.sessions(), self.status()), ([], "Charging"))

    def test_energies_that_are_none(self) -> None:
        unusable: tuple[Any, ...] = (None, "many", -5, [], "1e400")
        for place, energy in enumerate(unusable):
            with self.subTest(energy):
                self.start(f"S-{place}", at=place)
                self.stop(f"S-{place}", at=place + 0.5, energy=energy)
                session = self.session(reference=f"S-{place}")
                self.assertEqual((session.active, session.energy_wh), (False, None))

    def test_an_energy_in_a_text_counts(self) -> None:
        self.start()
        self.stop(energy=" 1234.5 ")
        self.assertEqual(self.session().energy_wh, 1234.5)


class Outlets(TellingCase):
    def test_two_outlets_charge_beside_each_other(self) -> None:
        self.start("S-1", "1", at=0, user="A")
        self.start("S-2", "2", at=10, user="B")
        self.stop("S-2", "2", at=100, energy=2000)
        self.assertTrue(self.session(reference="S-1").active)
        self.stop("S-1", "1", at=200, energy=1000)
        found = {each.evse.number: each.energy_wh for each in self.sessions()}  # type: ignore[union-attr]
        self.assertEqual(found, {1: 1000.0, 2: 2000.0})

    def test_both_may_have_a_session_of_the_same_id(self) -> None:
        """Each outlet's controller counts by itself."""
        self.start("1", "1", at=0)
        self.start("1", "2", at=10)
        self.charge("1", "1", at=20)
        self.stop("1", "1", at=100, energy=1000)
        self.assertEqual([each.active for each in self.sessions()], [False, True])
        self.stop("1", "2", at=200, energy=2000)
        self.assertEqual([each.energy_wh for each in self.sessions()], [1000.0, 2000.0])

    def test_letters_are_outlets(self) -> None:
        self.start(outlet="B")
        self.stop(outlet=2)
        session = self.session()
        self.assertEqual((session.evse.number, session.energy_wh), (2, 20_000.0))  # type: ignore[union-attr]

    def test_a_session_of_an_unknown_outlet(self) -> None:
        self.start(outlet="")
        self.stop(outlet=None)
        self.assertEqual((self.session().evse, self.session().energy_wh), (None, 20_000.0))

    def test_the_outlet_may_be_told_later(self) -> None:
        self.start(outlet="")
        self.charge(outlet="2")
        self.stop(outlet="")
        self.assertEqual(self.session().evse.number, 2)  # type: ignore[union-attr]


class Lost(TellingCase):
    def test_the_beginning_is_lost(self) -> None:
        self.stop(at=3600, energy=42_000, start=milliseconds(NOON), duration=3600)
        session = self.session()
        self.assertEqual((session.energy_wh, session.active), (42_000.0, False))
        self.assertEqual((session.started_at_station, ended_at(session)), (NOON, NOON + timedelta(hours=1)))
        self.assertEqual(session.id_token.value, "CARD1")  # type: ignore[union-attr]
        self.assertEqual([each["energy_wh"] for each in self.told("transaction.ended")], [42_000.0])

    def test_the_beginning_is_known_by_the_duration(self) -> None:
        self.stop(at=3600, duration=600)
        self.assertEqual(self.session().started_at_station, NOON + timedelta(seconds=3000))

    def test_the_beginning_is_lost_and_nothing_tells_when_it_was(self) -> None:
        for energy in (42_000, 0, None):
            self.stop(f"S-{energy}", at=3600, energy=energy)
            found = self.session(reference=f"S-{energy}")
            self.assertEqual((found.energy_wh, found.active), (energy, False))

    def test_the_beginning_is_lost_at_an_outlet_with_a_meter(self) -> None:
        self.show({"outlet": 1, "meter": 500_000}, at=0)
        self.stop(at=3600, energy=20_000)
        self.assertEqual(self.session().energy_wh, 20_000.0)
        self.assertEqual(EVSE.objects.get().energy_wh, 500_000.0)

    def test_a_late_end_ends_no_other_session(self) -> None:
        self.start("S-2", at=5000)
        self.charge("S-2", at=5060)
        self.stop("S-1", at=3600, energy=1000)
        self.assertEqual((self.session(reference="S-1").energy_wh, self.status()), (1000.0, "Charging"))
        self.assertTrue(self.session(reference="S-2").active)

    def test_a_late_beginning_ends_no_other_session(self) -> None:
        self.start("S-2", at=5000)
        self.charge("S-2", at=5060)
        self.start("S-1", at=0)
        self.charge("S-1", at=60)
        self.assertEqual(
            ([each.reference for each in self.sessions(active=True)], self.status()), (["S-2"], "Charging")
        )
        self.stop("S-1", at=3600, energy=1000)
        self.stop("S-2", at=6000, energy=2000)
        self.assertEqual({each.reference: each.energy_wh for each in self.sessions()}, {"S-1": 1000.0, "S-2": 2000.0})

    def test_the_end_is_lost_and_the_next_session_ends_it(self) -> None:
        self.start("S-1", at=0)
        self.show(state(meter=1_000_000, energy=0, session="S-1"), at=10)
        self.show(state(meter=1_015_000, energy=15_000, session="S-1"), at=3000)
        self.start("S-2", at=5000)
        ghost = self.session(reference="S-1")
        self.assertEqual((ghost.active, ghost.energy_wh, ghost.end_reason), (False, 15_000.0, ghosts.SUPERSEDED))
        self.assertTrue(self.session(reference="S-2").active)

    def test_an_end_that_comes_after_all_is_better_than_ours(self) -> None:
        self.test_the_end_is_lost_and_the_next_session_ends_it()
        self.stop("S-1", at=4000, energy=18_000)
        self.assertEqual(self.session(reference="S-1").energy_wh, 18_000.0)
        self.stop("S-2", at=9000, energy=7000)
        self.assertEqual(self.session(reference="S-2").energy_wh, 7000.0)

    def test_the_end_is_lost_and_nothing_follows(self) -> None:
        self.start(at=0)
        self.charge(at=60)
        self.show({"outlet": 1, "phs": 1, "busy": False}, at=3600)
        Station.objects.update(last_seen_at=NOON + timedelta(hours=9))
        after = timedelta(hours=1)
        found = run(lambda batch: ghosts.mark_ghosts(batch, now=NOON + timedelta(hours=9), after=after))
        self.assertEqual((found, self.session().remark), ([1], "ghost"))


class UsedAgain(TellingCase):
    """Hardware that was restarted counts its sessions from 1 again."""

    def test_the_second_session_on_an_outlet_works_like_the_first(self) -> None:
        for place in range(3):
            self.start(f"S-{place}", at=place * 5000)
            self.stop(f"S-{place}", at=place * 5000 + 3600, energy=1000 + place)
        self.assertEqual([each.energy_wh for each in self.sessions()], [1000.0, 1001.0, 1002.0])

    def test_an_id_comes_again(self) -> None:
        for place in range(3):
            self.start("1", at=place * 5000, user=f"CARD{place}")
            self.charge("1", at=place * 5000 + 60)
            self.stop("1", at=place * 5000 + 3600, energy=1000 + place, user="")
        found = [(each.energy_wh, each.id_token.value) for each in self.sessions()]  # type: ignore[union-attr]
        self.assertEqual(found, [(1000.0, "CARD0"), (1001.0, "CARD1"), (1002.0, "CARD2")])
        self.assertEqual([each.started_at_station for each in self.sessions()][1], NOON + timedelta(seconds=5000))

    def test_an_id_comes_again_without_a_clock(self) -> None:
        for place in range(2):
            self.event("session_start", at=None, key=f"a{place}", session="1")
            self.event("session_stop", at=None, key=f"b{place}", session="1", energy=1000 + place)
        self.assertEqual([each.energy_wh for each in self.sessions()], [1000.0, 1001.0])

    def test_an_id_comes_again_and_its_beginning_is_lost(self) -> None:
        self.start("1", at=0)
        self.stop("1", at=3600, energy=1000)
        self.charge("1", at=5000)
        self.stop("1", at=6000, energy=2000)
        self.stop("1", at=9000, energy=3000, start=milliseconds(NOON + timedelta(seconds=7000)))
        self.assertEqual([each.energy_wh for each in self.sessions()], [1000.0, 2000.0, 3000.0])

    def test_an_id_comes_again_after_a_lost_end(self) -> None:
        self.start("1", at=0)
        self.start("2", at=5000)
        self.event("session_start", at=9000, session="1")
        self.stop("1", at=9600, energy=500)
        self.assertEqual(
            [(each.reference, each.active) for each in self.sessions()], [("1", False), ("2", False), ("1", False)]
        )
        self.assertEqual(self.sessions()[-1].energy_wh, 500.0)


def state(*, meter: Any = None, energy: Any = None, session: str = "S-1", outlet: int = 1) -> dict[str, Any]:
    """An outlet that charges."""
    found = {"outlet": outlet, "phs": 7, "busy": True, "curr_ses_id": session, "curr_ses_active": True}
    return found | {"meter": meter, "curr_ses_Wh": energy}


class Meters(TellingCase):
    def test_the_meter_shows_how_far_it_is(self) -> None:
        self.show({"outlet": 1, "phs": 1, "meter": 1_000_000}, at=0)
        self.start(at=1)
        self.assertEqual(self.session().meter_start_wh, 1_000_000.0)
        self.show(state(meter=1_005_000, energy=5000), at=600)
        self.assertEqual(self.session().energy_wh, 5000.0)
        self.stop(energy=20_000)
        session = self.session()
        self.assertEqual((session.meter_start_wh, session.meter_stop_wh), (1_000_000.0, 1_020_000.0))
        self.assertEqual(MeterValue.objects.filter(transaction=session).count(), 1)

    def test_a_start_meter_of_an_earlier_session_is_put_right(self) -> None:
        """The last state before this session was shown long ago."""
        self.show({"outlet": 1, "phs": 1, "meter": 1_000_000}, at=0)
        self.start(at=1)
        self.show(state(meter=1_305_000, energy=5000), at=600)
        self.assertEqual((self.session().meter_start_wh, self.session().energy_wh), (1_300_000.0, 5000.0))
        self.stop(energy=20_000)
        self.assertEqual(self.session().energy_wh, 20_000.0)

    def test_a_wrong_start_meter_that_no_state_puts_right(self) -> None:
        self.show({"outlet": 1, "meter": 1_000_000}, at=0)
        self.start(at=1)
        self.show({"outlet": 1, "phs": 7, "meter": 1_305_000}, at=600)
        self.stop(energy=20_000)
        session = self.session()
        self.assertEqual((session.energy_wh, session.meter_stop_wh), (20_000.0, 1_305_000.0))

    def test_the_hardwares_own_count_is_what_counts(self) -> None:
        """Losses lie between the meter and the session's count."""
        self.show({"outlet": 1, "meter": 1_000_000}, at=0)
        self.start(at=1)
        self.show(state(meter=1_021_500, energy=20_900), at=3500)
        self.stop(energy=21_000)
        self.assertEqual((self.session().energy_wh, self.session().remark), (21_000.0, ""))

    def test_without_a_count_the_meter_counts(self) -> None:
        self.show({"outlet": 1, "meter": 1_000_000}, at=0)
        self.start(at=1)
        self.show(state(meter=1_012_000), at=3000)
        self.stop(energy=None)
        self.assertEqual(self.session().energy_wh, 12_000.0)

    def test_a_charger_without_a_meter(self) -> None:
        for place in range(3):
            reference = f"S-{place}"
            self.start(reference, at=place * 5000)
            self.show(state(energy=4000, session=reference), at=place * 5000 + 600)
            self.assertEqual(self.session(reference=reference).energy_wh, 4000.0)
            self.stop(reference, at=place * 5000 + 3600, energy=60_000)
        self.assertEqual([each.energy_wh for each in self.sessions()], [60_000.0] * 3)
        self.assertEqual({each.remark for each in self.sessions()}, {""})

    def test_a_meter_that_always_shows_zero(self) -> None:
        for place in range(2):
            reference = f"S-{place}"
            self.start(reference, at=place * 5000)
            self.show(state(meter=0, energy=4000, session=reference), at=place * 5000 + 600)
            self.stop(reference, at=place * 5000 + 3600, energy=60_000)
        self.assertEqual([each.energy_wh for each in self.sessions()], [60_000.0] * 2)

    def test_a_meter_that_is_replaced_during_a_session(self) -> None:
        self.show({"outlet": 1, "meter": 1_000_000}, at=0)
        self.start(at=1)
        self.show(state(meter=1_005_000, energy=5000), at=600)
        self.show(state(meter=0, energy=5000), at=900)
        self.show(state(meter=3000, energy=8000), at=1200)
        self.stop(energy=8500)
        self.assertAlmostEqual(self.session().energy_wh or 0.0, 8500.0, delta=500.0)

    def test_a_state_shows_a_session_that_began_before_anybody_listened(self) -> None:
        self.show(state(meter=1_010_000, energy=10_000), at=600)
        session = self.session()
        self.assertEqual((session.active, session.meter_start_wh, session.energy_wh), (True, 1_000_000.0, 10_000.0))
        self.start(at=0)
        self.stop(energy=20_000)
        session = self.session()
        self.assertEqual((session.energy_wh, session.started_at_station, session.active), (20_000.0, NOON, False))

    def test_a_session_that_does_not_charge_waits_for_its_event(self) -> None:
        self.show(state(meter=1000, energy=0) | {"phs": 3}, at=0)
        self.assertEqual(self.sessions(), [])

    def test_a_state_after_the_end_changes_nothing(self) -> None:
        self.start()
        self.stop(energy=20_000)
        self.show(state(meter=99_000, energy=25_000), at=3700)
        self.assertEqual(self.session().energy_wh, 20_000.0)

    def test_states_of_two_outlets_do_not_mix(self) -> None:
        self.start("1", "1", at=0)
        self.start("1", "2", at=1)
        both = [state(meter=1_000_000 * n, energy=1000 * n, session="1", outlet=n) for n in (1, 2)]
        self.show(*both, at=600)
        self.assertEqual([each.meter_start_wh for each in self.sessions()], [999_000.0, 1_998_000.0])

    def test_the_beginning_is_lost_but_a_state_was_shown_in_between(self) -> None:
        self.charge(at=60)
        self.show(state(meter=1_005_000, energy=5000), at=600)
        self.assertEqual((self.session().meter_start_wh, self.session().energy_wh), (1_000_000.0, 5000.0))
        self.start(at=0)
        self.assertEqual((self.session().meter_start_wh, self.session().started_at_station), (1_000_000.0, NOON))
        self.stop(energy=20_000)
        self.assertEqual(self.session().energy_wh, 20_000.0)
