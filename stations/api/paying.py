"""How people pay elsewhere for a session: at a terminal of its own, or on a web page to which a QR code leads (2.1)."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts.roles import Role
from smartserver.api.fields import InputSerializer, Whole
from smartserver.api.operations import operation
from smartserver.api.views import ApiView
from smartserver.core.errors import NotFound
from stations.api.lookup import requester, station_named
from stations.api.rows import AdditionalInfo, CommandOut, Limits
from stations.models import WebPaymentCode
from stations.services.tariffs import paid, web_codes


class PaymentIn(InputSerializer):
    evse = Whole(min_value=1, max_value=1_000_000)
    psp_reference = serializers.CharField(max_length=255, help_text="The payment's reference (pspRef): the token.")
    limits = Limits(required=False, help_text="What was paid for: e.g. `maxCost`, the amount that is held.")
    details = serializers.ListField(
        child=AdditionalInfo(),
        required=False,
        max_length=20,
        help_text="What is known of the card: CardLast4Digits, PaymentBrand ….",
    )


class PaymentsView(ApiView):
    @operation(
        "startPaidTransaction",
        tag="payments",
        role=Role.OPERATOR,
        body=PaymentIn,
        answers={201: CommandOut},
        is_command=True,
    )
    def start(self, request: Request, identity: str) -> Response:
        """Start what somebody has paid for elsewhere, at a 2.1 station (RequestStartTransaction).

        The same payment again is the same command. The station learns of the limits as soon as the session begins; when
        it is over, its payment is due.
        """
        station = station_named(identity)
        body = self.body()
        command = self.store(
            lambda batch: paid.start_paid(
                batch,
                station_id=station.pk,
                evse=body["evse"],
                psp_reference=body["psp_reference"],
                limits=body.get("limits", {}),
                details=body.get("details", []),
                by=requester(request),
            ),
            target=f"station {identity}",
            summary=body,
        )
        return Response(CommandOut(command).data, status=201)


class WebPaymentCodeOut(serializers.ModelSerializer[WebPaymentCode]):
    class Meta:
        model = WebPaymentCode
        fields = ("url_template", "version", "validity_seconds", "length", "confirmed_at")


class WebPaymentCodeIn(InputSerializer):
    url_template = serializers.URLField(
        max_length=1000,
        help_text="With {chargingstationid}, {evse}, {totp} and {version}: where the driver's telephone goes.",
    )
    validity_seconds = Whole(default=30, min_value=6, max_value=3600, help_text="Of a one-time password.")
    length = Whole(default=8, min_value=6, max_value=64, help_text="Characters of a one-time password.")


class CodesView(ApiView):
    @operation("getWebPaymentCode", tag="payments", role=Role.VIEWER, answers=WebPaymentCodeOut)
    def retrieve(self, request: Request, identity: str) -> Response:
        """How a station makes the QR codes that lead to a payment page; not its secret."""
        row = WebPaymentCode.objects.filter(station=station_named(identity)).first()
        if row is None:
            raise NotFound("This station has no code.")
        return Response(WebPaymentCodeOut(row).data)

    @operation(
        "setWebPaymentCode",
        tag="payments",
        role=Role.OPERATOR,
        body=WebPaymentCodeIn,
        answers={201: CommandOut},
        is_command=True,
    )
    def send(self, request: Request, identity: str) -> Response:
        """Have a 2.1 station show QR codes for payments, with a new secret (SetVariables of WebPaymentsCtrlr)."""
        station = station_named(identity)
        body = self.body()
        command = self.store(
            lambda batch: web_codes.send_code(batch, station_id=station.pk, by=requester(request), **body),
            target=f"station {identity}",
            summary=body,
        )
        return Response(CommandOut(command).data, status=201)

    @operation("withdrawWebPaymentCode", tag="payments", role=Role.OPERATOR, answers={201: CommandOut}, is_command=True)
    def withdraw(self, request: Request, identity: str) -> Response:
        """Have a station show no code any more. Those that are seen or photographed are worth nothing from now on."""
        station = station_named(identity)
        command = self.store(
            lambda batch: web_codes.withdraw_code(batch, station_id=station.pk, by=requester(request)),
            target=f"station {identity}",
        )
        return Response(CommandOut(command).data, status=201)


class ScanIn(InputSerializer):
    url = serializers.CharField(max_length=2000, help_text="The address that the driver's telephone has opened.")
    timeout = Whole(default=300, min_value=1, max_value=3600, help_text="Seconds in which the payment has to be done.")


class ScanOut(serializers.Serializer[Any]):
    station = serializers.CharField()
    evse = serializers.IntegerField()
    limits = Limits(help_text="What the driver has chosen at the station.")


class ScansView(ApiView):
    @operation("scanWebPayment", tag="payments", role=Role.OPERATOR, body=ScanIn, answers=ScanOut)
    def scan(self, request: Request) -> Response:
        """For a payment page: whether the address that was opened is that of a code which a station shows just now.

        The station keeps the EVSE for that driver meanwhile (NotifyWebPaymentStarted). 400: this is no address of a
        payment; 403: its one-time password is wrong, or its time is over.
        """
        body = self.body()
        row, scanned = self.store(
            lambda batch: web_codes.scan(batch, url=body["url"], timeout=body["timeout"], by=requester(request)),
            target="web payment",
            summary={"timeout": body["timeout"]},
        )
        found = {"station": row.station.identity, "evse": scanned.evse, "limits": scanned.limits}
        return Response(ScanOut(found).data)
