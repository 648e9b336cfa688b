"""What the emulator does where nothing is signed, or not at once (block A)."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

from django.contrib.auth.models import User
from django.test import override_settings

from smartserver.core import change
from stations.models import Certificate, Message, SigningRequest
from stations.services.certificates import ask_for_request, refuse
from stations.services.commands import Requester
from tests.certification.station.support import SPEED, ChargePoint
from tests.certification2.station.test_security import STATION, V2G, SecureCase
from tests.waiting import eventually

ASKED = "SignCertificate"

State = SigningRequest.State


class Vehicles(SecureCase):
    def test_tc_a_12_renewed_for_vehicles(self) -> None:
        with self.secure() as point:
            self.order(ask_for_request, use=V2G)
            self.assert_answered(self.newest("TriggerMessage"), "Accepted")
            self.assert_answered(self.newest("CertificateSigned"), "Accepted")
            (asked,) = self.requests(ASKED)
            self.assertEqual(asked["certificateType"], V2G)
            kept = Certificate.objects.get(station=self.station, use=V2G)
            self.assertEqual(kept.state, Certificate.State.INSTALLED)
            keys = point.model.security.keys
            assert keys is not None
            self.assertEqual((keys.chain(V2G), keys.certified), (kept.pem, False), "it is not shown to the server")
            eventually(lambda: ASKED in self.story() and "GetCertificateStatus" in self.story())


@override_settings(CERTIFICATE_APPROVAL="manual")
class NotSigned(SecureCase):
    """An administrator has to say so; nobody is there, or he does not want to."""

    def ask_again(self, times: int, wait: int) -> None:
        self.set_variable("SecurityCtrlr", "CertSigningRepeatTimes", str(times))
        self.set_variable("SecurityCtrlr", "CertSigningWaitMinimum", str(wait))
        self.order(ask_for_request, use=STATION)
        self.assert_answered(self.newest("TriggerMessage"), "Accepted")

    def certified(self, point: ChargePoint) -> bool:
        keys = point.model.security.keys
        return keys is not None and keys.certified

    def test_tc_a_15_rejected(self) -> None:
        with self.secure() as point:
            self.ask_again(times=5, wait=10)
            self.assert_story(ASKED)
            request = SigningRequest.objects.get(station=self.station)
            admin = Requester("admin", User.objects.create_superuser("admin").pk)
            change.store(partial(refuse, request_id=request.pk, by=admin, reason="Not this one."))
            self.assert_story(ASKED)
            answers = Message.objects.filter(station=self.station, action=ASKED).order_by("pk")
            eventually(lambda: '"Rejected"' in (answers[1].reply or ""))
            self.assertIn('"Accepted"', answers[0].reply or "")
            self.assertEqual(point.model.security.signing.due, float("inf"), "it will not ask again")
            self.assertFalse(self.certified(point))

    def test_tc_a_23_not_in_time(self) -> None:
        """It asks again after a time, after twice the time, and not after that."""
        wait = 4
        with self.secure() as point:
            self.ask_again(times=2, wait=wait)
            self.assert_story(ASKED, ASKED, ASKED)
            eventually(lambda: point.model.outbox.current is None)
            self.assertEqual(point.model.security.signing.due, float("inf"))
            self.assertEqual(SigningRequest.objects.get(station=self.station).state, State.PENDING)
            rows = Message.objects.filter(station=self.station, action=ASKED).order_by("pk")
            pauses = [(late.received_at - early.received_at).total_seconds() * SPEED for early, late in pairwise(rows)]
            self.assertGreaterEqual(pauses[0], wait)
            self.assertGreaterEqual(pauses[1], 2 * wait)
            self.assertEqual(len({each["csr"] for each in self.requests(ASKED)}), 1, "whichever is answered, it fits")
