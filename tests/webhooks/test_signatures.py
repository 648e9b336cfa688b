"""Webhooks are signed by the Standard Webhooks scheme; whatever was changed on the way is noticed."""

from __future__ import annotations

import base64
import hashlib
import hmac

from django.test import SimpleTestCase
from hypothesis import given
from hypothesis import strategies as st

from smartserver.webhooks.signing import PREFIX, BadSignature, new_secret, sign, verify

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
NOW = 1614265330


def headers(
    signature: str, *, message_id: str = "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: object = NOW
) -> dict[str, str]:
    return {"webhook-id": message_id, "Webhook-Timestamp": str(timestamp), "WEBHOOK-SIGNATURE": signature}


class Signatures(SimpleTestCase):
    def test_the_example_of_the_scheme(self) -> None:
        """The published test vector of standardwebhooks.com's libraries."""
        signature = sign([SECRET], "msg_p5jXN8AQM9LWM0D4loKWxJek", NOW, BODY)
        self.assertEqual(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")

    def test_it_is_an_hmac_over_id_time_and_body(self) -> None:
        key = base64.b64decode(SECRET.removeprefix(PREFIX))
        expected = base64.b64encode(hmac.new(key, b"id.1." + BODY, hashlib.sha256).digest()).decode()
        self.assertEqual(sign([SECRET], "id", 1, BODY), f"v1,{expected}")

    def test_two_secrets_make_two_signatures_and_each_is_enough(self) -> None:
        other = new_secret()
        given_headers = headers(sign([SECRET, other], "msg_p5jXN8AQM9LWM0D4loKWxJek", NOW, BODY))
        for secret in (SECRET, other):
            verify(secret, given_headers, BODY, now=NOW)
        with self.assertRaises(BadSignature):
            verify(new_secret(), given_headers, BODY, now=NOW)

    def test_secrets_are_long_and_never_the_same(self) -> None:
        self.assertEqual(len({new_secret() for _ in range(100)}), 100)
        self.assertEqual(len(base64.b64decode(new_secret().removeprefix(PREFIX))), 32)

    def test_what_was_changed_is_refused(self) -> None:
        signature = sign([SECRET], "msg_p5jXN8AQM9LWM0D4loKWxJek", NOW, BODY)
        verify(SECRET, headers(signature), BODY, now=NOW + 300)
        for wrong, body, now in (
            (headers(signature), BODY + b" ", NOW),
            (headers(signature, message_id="other"), BODY, NOW),
            (headers(signature, timestamp=NOW + 1), BODY, NOW),
            (headers(signature), BODY, NOW + 301),
            (headers(signature), BODY, NOW - 301),
            (headers(signature.removeprefix("v1,")), BODY, NOW),
            (headers(signature, timestamp="noon"), BODY, NOW),
            (headers("v1,\u00e4"), BODY, NOW),
            ({}, BODY, NOW),
        ):
            with self.subTest(wrong), self.assertRaises(BadSignature):
                verify(SECRET, wrong, body, now=now)

    def test_a_secret_that_is_none_is_said_so(self) -> None:
        with self.assertRaises(ValueError):
            sign(["whsec_*"], "id", 1, BODY)

    @given(st.binary(), st.text(min_size=1), st.integers(0, 2**40))
    def test_what_was_signed_is_verified(self, body: bytes, message_id: str, timestamp: int) -> None:
        message_id = message_id.encode("utf-8", "replace").decode()
        signature = sign([SECRET], message_id, timestamp, body)
        verify(SECRET, headers(signature, message_id=message_id, timestamp=timestamp), body, now=timestamp)
