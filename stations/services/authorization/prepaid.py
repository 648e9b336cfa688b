"""Prepaid tokens: what is paid in, less what their sessions cost (2.1 use case C17).

What is left is counted anew whenever it is asked for, so no report of a station, late or repeated, is charged twice.
"""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Sum

from stations.models import IdToken, Transaction

NO_CREDIT = "NoCredit"


def left(token: IdToken, but: int | None = None) -> Decimal | None:
    """What is left for sessions, those that run included, `but` one of them; None: it is not prepaid."""
    if token.credit is None:
        return None
    sessions = Transaction.objects.filter(id_token=token)
    if but is not None:
        sessions = sessions.exclude(pk=but)
    spent = sessions.aggregate(sum=Sum("cost"))["sum"]
    return token.credit - (spent or Decimal())


def has_no_credit(token: IdToken, session: int | None) -> bool:
    """Whether nothing is left for a session (C17.FR.02), which may have begun."""
    rest = left(token, but=session)
    return rest is not None and rest <= 0


def limit(token: IdToken, session: int) -> dict[str, float]:
    """What a session may cost at most (C17.FR.03), as a TransactionLimitType; empty: no matter how much."""
    rest = left(token, but=session)
    return {} if rest is None else {"maxCost": float(max(rest, Decimal()))}
