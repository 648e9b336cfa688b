"""Transactions and their meter values."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts.roles import Role
from smartserver.api.content import CSVRenderer, stream
from smartserver.api.fields import InputSerializer, Moment
from smartserver.api.operations import operation
from smartserver.api.pages import SliceQuery, portions, slice_, slice_of
from smartserver.api.views import ApiView
from stations.api.lookup import one, requester
from stations.api.rows import CommandOut, Limits, MeterValueOut, TransactionEventOut, TransactionOut
from stations.models import MeterValue, Transaction, TransactionEvent
from stations.services.commands import queue_command, version_of
from stations.services.sessions.ghosts import close_transaction
from stations.services.sessions.limits import set_limits

LATE = timedelta(days=1)
"""So long after the end of a transaction its meter values may still come in."""

ROWS_AT_ONCE = 500

FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
"""How cells begin that a spreadsheet runs; those of full width, too, which East Asian editions read as the others."""


class TransactionFilter(InputSerializer):
    station = serializers.CharField(required=False, max_length=255, help_text="Identity.")
    id_token = serializers.CharField(required=False, max_length=1000, help_text="In any case.")
    active = serializers.BooleanField(required=False)
    since = Moment(required=False, help_text="Started at this moment or later.")
    until = Moment(required=False, help_text="Started before this moment.")


class TransactionQuery(TransactionFilter, SliceQuery):
    pass


_FILTERS = {
    "station": "station__identity",
    "id_token": "id_token__value__iexact",
    "active": "active",
    "since": "started_at__gte",
    "until": "started_at__lt",
}


def _transactions(query: dict[str, Any]) -> QuerySet[Transaction]:
    conditions = {_FILTERS[name]: value for name, value in query.items() if name in _FILTERS}
    return Transaction.objects.select_related("station", "evse", "id_token", "stopped_by").filter(**conditions)


class MeterValueQuery(SliceQuery):
    pass


class TransactionsView(ApiView):
    @operation(
        "listTransactions",
        tag="transactions",
        role=Role.VIEWER,
        query=TransactionQuery,
        answers=slice_of(TransactionOut),
    )
    def list(self, request: Request) -> Response:
        """Transactions, newest first."""
        query = self.query()
        return Response(
            slice_(request, _transactions(query), query, lambda found: TransactionOut(found, many=True).data)
        )

    @operation("getTransaction", tag="transactions", role=Role.VIEWER, answers=TransactionOut)
    def retrieve(self, request: Request, transaction: int) -> Response:
        """One transaction."""
        return Response(TransactionOut(one(_transactions({}), "transaction", pk=transaction)).data)

    @operation(
        "listMeterValues",
        tag="transactions",
        role=Role.VIEWER,
        query=MeterValueQuery,
        answers=slice_of(MeterValueOut),
    )
    def meter_values(self, request: Request, transaction: int) -> Response:
        """The meter values of a transaction, newest first.

        In base units (Wh, W, A, V, per cent); `samples` is what the station sent.
        """
        query = self.query()
        row = one(Transaction.objects.all(), "transaction", pk=transaction)
        rows = slice_(
            request, _values_of(row), query, lambda found: MeterValueOut(found, many=True).data, by="received_at"
        )
        return Response(rows)

    @operation(
        "listTransactionEvents",
        tag="transactions",
        role=Role.VIEWER,
        query=SliceQuery,
        answers=slice_of(TransactionEventOut),
    )
    def events(self, request: Request, transaction: int) -> Response:
        """The events of a transaction that a 2.x station has told, the last one that came first.

        Updated events that follow each other and say the same, but for time and meters, are one row, with the numbers
        and times of the first and the last. What the meters showed at each stands in `meter-values`.
        Numbers that are missing between them are counted in the transaction's `missing_events`; late ones fill the gap.
        """
        rows = TransactionEvent.objects.filter(
            transaction=one(Transaction.objects.all(), "transaction", pk=transaction)
        )
        return Response(slice_(request, rows, self.query(), lambda found: TransactionEventOut(found, many=True).data))

    @operation("limitTransaction", tag="transactions", role=Role.OPERATOR, body=Limits, answers=TransactionOut)
    def limit(self, request: Request, transaction: int) -> Response:
        """Limit the cost, energy, time or state of charge of a transaction that runs (2.1).

        The station is told in the answer to its next event; `limits` shows what it has taken.
        """
        row = one(_transactions({}), "transaction", pk=transaction)
        body = self.body()
        self.store(
            lambda batch: set_limits(batch, transaction_id=transaction, limits=body),
            target=f"transaction {transaction}",
            summary={"station": row.station.identity, **body},
        )
        return Response(TransactionOut(one(_transactions({}), "transaction", pk=transaction)).data)

    @operation("closeTransaction", tag="transactions", role=Role.OPERATOR, answers=TransactionOut)
    def close(self, request: Request, transaction: int) -> Response:
        """Close a transaction in the server's books.

        For ghosts, whose end no station will ever report. The station is told nothing; to end a session that
        runs, stop it.
        """
        row = one(_transactions({}), "transaction", pk=transaction)
        self.store(
            lambda batch: close_transaction(batch, transaction_id=transaction, by=requester(request)),
            target=f"transaction {transaction}",
            summary={"station": row.station.identity},
        )
        return Response(TransactionOut(one(_transactions({}), "transaction", pk=transaction)).data)

    @operation("stopTransaction", tag="transactions", role=Role.OPERATOR, answers={201: CommandOut}, is_command=True)
    def stop(self, request: Request, transaction: int) -> Response:
        """Ask the station to stop a transaction.

        Queues RemoteStopTransaction (2.x: RequestStopTransaction); the answer is that command.
        """
        row = one(_transactions({}), "transaction", pk=transaction)
        action, payload = STOPS.get(version_of(row.station), _request_stop)(row)
        command = self.store(
            lambda batch: queue_command(
                batch, station_id=row.station_id, action=action, payload=payload, by=requester(request)
            ),
            target=f"transaction {transaction}",
            summary={"station": row.station.identity},
        )
        return Response(CommandOut(command).data, status=201)


def _remote_stop(transaction: Transaction) -> tuple[str, dict[str, Any]]:
    return "RemoteStopTransaction", {"transactionId": transaction.pk}


def _request_stop(transaction: Transaction) -> tuple[str, dict[str, Any]]:
    return "RequestStopTransaction", {"transactionId": transaction.reference}


STOPS = {"1.6": _remote_stop, "2.0.1": _request_stop, "2.1": _request_stop}
"""Action and payload by which a transaction is ended, by the station's version."""


def _values_of(transaction: Transaction) -> QuerySet[MeterValue]:
    """Found by station and time, which have an index; the transaction has none."""
    values = MeterValue.objects.filter(
        station_id=transaction.station_id, received_at__gte=transaction.started_at, transaction=transaction
    )
    return values if transaction.ended_at is None else values.filter(received_at__lt=transaction.ended_at + LATE)


# -- as a table for other programs -------------------------------------------------------------------


class ExportView(ApiView):
    renderer_classes = [CSVRenderer]

    @operation(
        "exportTransactions",
        tag="transactions",
        role=Role.VIEWER,
        query=TransactionFilter,
        answers={(200, "text/csv"): OpenApiTypes.STR},
    )
    def list(self, request: Request) -> StreamingHttpResponse:
        """Transactions as CSV, newest first.

        UTF-8, comma, a line for each transaction, times in UTC. The rows are sent while they are read, however many
        there are. Texts that a spreadsheet would run as a formula begin with an apostrophe.
        """
        rows = portions(_transactions(self.query()), size=ROWS_AT_ONCE)
        return stream(request, _lines(rows), content_type="text/csv; charset=utf-8", file_name="transactions.csv")


COLUMNS = tuple(name for name in TransactionOut.Meta.fields if name not in ("limits", "wanted_limits"))


def _lines(found: Iterable[list[Transaction]]) -> Iterator[bytes]:
    yield _written([COLUMNS])
    for portion in found:
        yield _written([[_cell(row[name]) for name in COLUMNS] for row in TransactionOut(portion, many=True).data])


def _written(rows: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in FORMULA:
        return "'" + value
    return "" if value is None else value
