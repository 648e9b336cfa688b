"""What sessions cost, and payments at stations."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts.roles import Role
from smartserver.api.fields import InputSerializer, JSONObject
from smartserver.api.operations import operation
from smartserver.api.pages import SliceQuery, slice_, slice_of
from smartserver.api.views import ApiView
from smartserver.core import clock
from stations.api.lookup import one
from stations.api.rows import Amount, identity
from stations.models import SessionCost, Settlement, Transaction, WebPayment
from stations.services.tariffs import due


class SessionCostOut(serializers.Serializer[Transaction]):
    """Amounts with taxes."""

    cost = serializers.FloatField(allow_null=True, help_text="As this server calculates it.")
    currency = serializers.CharField(help_text="Empty: the session has no tariff.")
    final = serializers.BooleanField(source="cost_is_final")
    tariffs = serializers.SerializerMethodField(
        help_text="TariffTypes as they were agreed on, with the moment from which each one counts."
    )
    time_zone = serializers.CharField(source="costing.zone", default="", help_text="In which prices begin and end.")
    details = JSONObject(source="costing.details", allow_null=True, default=None, help_text="CostDetailsType.")
    calculated_at = serializers.DateTimeField(source="costing.calculated_at", allow_null=True, default=None)
    told_cost = serializers.FloatField(
        source="costing.told_cost", allow_null=True, default=None, help_text="As the station has counted it."
    )
    told_details = JSONObject(source="costing.told_details", allow_null=True, default=None)
    notified_cost = serializers.FloatField(
        source="costing.notified_cost", allow_null=True, default=None, help_text="Sent with CostUpdated and confirmed."
    )
    notified_at = serializers.DateTimeField(source="costing.notified_at", allow_null=True, default=None)

    def get_tariffs(self, session: Transaction) -> list[dict[str, Any]]:
        row: SessionCost | None = getattr(session, "costing", None)
        return [] if row is None else row.agreed


class CostsView(ApiView):
    @operation("getTransactionCost", tag="transactions", role=Role.VIEWER, answers=SessionCostOut)
    def retrieve(self, request: Request, transaction: int) -> Response:
        """What a transaction costs, and how that comes about.

        As this server calculates it, and beside it what the station tells where it counts by itself (2.1).
        """
        rows = Transaction.objects.select_related("costing")
        return Response(SessionCostOut(one(rows, "transaction", pk=transaction)).data)


class SettlementOut(serializers.ModelSerializer[Settlement]):
    station = identity()
    transaction = serializers.IntegerField(source="transaction_id", read_only=True, allow_null=True)
    amount = serializers.FloatField(read_only=True)
    cost = serializers.SerializerMethodField(help_text="What the transaction cost, as this server calculates it.")
    differs = serializers.SerializerMethodField(
        help_text="Whether something else was settled than the final cost; null: nothing to compare."
    )
    company = JSONObject(read_only=True, allow_null=True, help_text="AddressType.")

    class Meta:
        model = Settlement
        fields = (
            *("id", "station", "transaction", "reference", "psp_reference", "status", "info", "amount", "cost"),
            *("differs", "settled_at", "receipt_id", "receipt_url", "vat_number", "company", "received_at"),
        )

    def get_cost(self, row: Settlement) -> float | None:
        cost = _cost_of(row)
        return None if cost is None else float(cost)

    def get_differs(self, row: Settlement) -> bool | None:
        cost = _cost_of(row)
        session = row.transaction
        if cost is None or session is None or not session.cost_is_final or row.status != "Settled":
            return None
        return cost != row.amount


def _cost_of(row: Settlement) -> Decimal | None:
    return None if row.transaction is None else row.transaction.cost


class SettlementQuery(SliceQuery):
    station = serializers.CharField(required=False, max_length=255, help_text="Identity.")
    status = serializers.CharField(
        required=False, max_length=16, help_text="Settled, Canceled, Rejected, Failed or Due."
    )
    psp_reference = serializers.CharField(required=False, max_length=255)


class SettleIn(InputSerializer):
    status = serializers.ChoiceField(("Settled", "Canceled", "Rejected", "Failed"))
    amount = Amount(required=False, help_text="What was taken, where it is not what was due.")
    info = serializers.CharField(required=False, allow_blank=True, max_length=500)


_SETTLEMENTS = {"station": "station__identity", "status": "status", "psp_reference": "psp_reference"}


class SettlementsView(ApiView):
    @operation(
        "listSettlements", tag="payments", role=Role.VIEWER, query=SettlementQuery, answers=slice_of(SettlementOut)
    )
    def list(self, request: Request) -> Response:
        """Payments at stations, newest first, compared with what the sessions cost."""
        query = self.query()
        rows = _settlements().filter(
            **{_SETTLEMENTS[name]: value for name, value in query.items() if name in _SETTLEMENTS}
        )
        return Response(slice_(request, rows, query, lambda found: SettlementOut(found, many=True).data))

    @operation("getSettlement", tag="payments", role=Role.VIEWER, answers=SettlementOut)
    def retrieve(self, request: Request, settlement: int) -> Response:
        """One payment."""
        return Response(SettlementOut(one(_settlements(), "settlement", pk=settlement)).data)

    @operation("settlePayment", tag="payments", role=Role.OPERATOR, body=SettleIn, answers=SettlementOut)
    def settle(self, request: Request, settlement: int) -> Response:
        """Say what came of a payment that was due, or that the station could not settle.

        Sessions that were paid for elsewhere, and those of stations with `SettlementByCSMS`, are settled with the
        payment service provider past the station. A payment that is settled gets its receipt.
        """
        row = one(_settlements(), "settlement", pk=settlement)
        body = self.body()
        self.store(
            lambda batch: due.settle_due(batch, settlement_id=settlement, **body),
            target=f"settlement {settlement}",
            summary={"station": row.station.identity, **body},
        )
        return Response(SettlementOut(one(_settlements(), "settlement", pk=settlement)).data)


def _settlements() -> Any:
    return Settlement.objects.select_related("station", "transaction")


class WebPaymentOut(serializers.ModelSerializer[WebPayment]):
    station = identity()
    waiting = serializers.SerializerMethodField(help_text="Whether its time is not over.")

    class Meta:
        model = WebPayment
        fields = ("station", "evse", "waiting", "started_at", "ends_at")

    def get_waiting(self, row: WebPayment) -> bool:
        return row.ends_at > clock.now()


class WebPaymentQuery(InputSerializer):
    station = serializers.CharField(required=False, max_length=255, help_text="Identity.")


MOST = 1000


class WebPaymentsView(ApiView):
    @operation(
        "listWebPayments",
        tag="payments",
        role=Role.VIEWER,
        query=WebPaymentQuery,
        answers=WebPaymentOut(many=True),
    )
    def list(self, request: Request) -> Response:
        """For which EVSEs somebody pays on a web page: the newest payment of each, the newest 1000 in all."""
        rows = WebPayment.objects.select_related("station")
        if "station" in (query := self.query()):
            rows = rows.filter(station__identity=query["station"])
        return Response(WebPaymentOut(rows[:MOST], many=True).data)
