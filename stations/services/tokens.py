"""Whether a token may charge."""

from __future__ import annotations

from datetime import datetime

from stations.models import IdToken
from stations.ocpp.facts import Token, TokenJudged

_WITHOUT_VALUE = frozenset({"NoAuthorization"})


def judge_token(*, token: Token, accept_unknown: bool, now: datetime) -> tuple[TokenJudged, IdToken | None]:
    """The verdict on a token, and its row. A token that nobody has entered gets a row when it is first seen.

    Values compare in any case (OCPP 1.6 CiString20Type, 2.0.1 identifierString).
    """
    if token.type in _WITHOUT_VALUE:
        return TokenJudged("Accepted"), None
    if not token.value:
        return TokenJudged("Invalid"), None
    row = IdToken.objects.select_related("group").filter(value__iexact=token.value).first()
    if row is None:
        row = IdToken.objects.create(value=token.value, type=token.type[:32], status=IdToken.Status.UNKNOWN)
    if row.status == IdToken.Status.BLOCKED:
        status = "Blocked"
    elif row.expires_at is not None and row.expires_at <= now:
        status = "Expired"
    elif row.status == IdToken.Status.ACCEPTED or accept_unknown:
        status = "Accepted"
    else:
        status = "Invalid"
    return TokenJudged(status, row.expires_at, row.group.name if row.group else ""), row
