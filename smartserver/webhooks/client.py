"""What a receiver of webhooks says to a POST, by `smartserver.outbound`."""

from __future__ import annotations

from smartserver.core import clock
from smartserver.outbound import line
from smartserver.outbound.line import Answer, Headers
from smartserver.webhooks.schedule import Reply


class Line(line.Line):
    """A connection to one receiver at a time, kept open between posts."""

    private_refusal = "The receiver is in a private network (see WEBHOOK_ALLOW_PRIVATE)."

    async def post(self, url: str, headers: Headers, body: bytes) -> Reply:
        """POST and hear the answer. Whatever goes wrong is part of the reply."""
        begun = clock.monotonic()
        answer = await self.request("POST", url, headers, body)
        return _reply(answer, clock.monotonic() - begun)


def _reply(answer: Answer, seconds: float) -> Reply:
    if answer.status is None:
        return Reply(error=answer.error, seconds=seconds)
    error = ""
    if 300 <= answer.status < 400:
        error = "Redirects are not followed."
    elif not 200 <= answer.status < 300:
        error = f"The receiver answered {answer.status}."
    text = answer.body.decode("utf-8", "replace")
    return Reply(answer.status, text, error, seconds, _seconds(answer.headers.get(b"retry-after", b"")))


def _seconds(value: bytes) -> float | None:
    """Retry-After in seconds (RFC 9110 section 10.2.3); as a date it is not worth the trouble."""
    return float(value) if value.isdigit() and len(value) < 10 else None
