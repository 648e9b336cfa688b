"""Contracts of vehicles (ISO 15118), and what responders have said of certificates."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts.roles import Role
from smartserver.api.fields import InputSerializer
from smartserver.api.operations import operation
from smartserver.api.pages import SliceQuery, slice_, slice_of
from smartserver.api.views import ApiView
from stations.api.lookup import one
from stations.models import CertificateStatus, Contract
from stations.services import certificates


class ContractOut(serializers.ModelSerializer[Contract]):
    class Meta:
        model = Contract
        fields = (
            *("id", "emaid", "vehicle", "serial_number", "valid_from", "valid_to", "pem", "created_at", "cancelled_at"),
        )


class CertificateStatusOut(serializers.ModelSerializer[CertificateStatus]):
    class Meta:
        model = CertificateStatus
        fields = (
            *("id", "kind", "hash_algorithm", "issuer_name_hash", "issuer_key_hash", "serial_number", "status"),
            *("verified", "responder", "asked_at", "next_update"),
        )


class ContractQuery(SliceQuery):
    emaid = serializers.CharField(required=False, max_length=255)
    vehicle = serializers.CharField(required=False, max_length=64, help_text="PCID.")


class ContractIn(InputSerializer):
    emaid = serializers.CharField(max_length=36, help_text="It charges when an id token of this value does.")
    vehicle = serializers.CharField(max_length=64, help_text="The common name of its provisioning certificate (PCID).")


class ContractsView(ApiView):
    @operation(
        "listContracts", tag="certificates", role=Role.VIEWER, query=ContractQuery, answers=slice_of(ContractOut)
    )
    def list(self, request: Request) -> Response:
        """Contracts of vehicles, each with its certificates."""
        query = self.query()
        asked = {f"{name}__iexact": query[name] for name in ("emaid", "vehicle") if name in query}
        rows = Contract.objects.filter(**asked)
        return Response(slice_(request, rows, query, lambda found: ContractOut(found, many=True).data))

    @operation("getContract", tag="certificates", role=Role.VIEWER, answers=ContractOut)
    def retrieve(self, request: Request, contract: int) -> Response:
        """One contract."""
        return Response(ContractOut(one(Contract.objects.all(), "contract", pk=contract)).data)

    @operation(
        "createContract",
        tag="certificates",
        role=Role.ADMINISTRATOR,
        body=ContractIn,
        answers={201: ContractOut},
        examples=[
            OpenApiExample("A car", {"emaid": "DE8AA1A2B3C4D5", "vehicle": "WP0EXAMPLE0000001"}, request_only=True)
        ],
    )
    def create(self, request: Request) -> Response:
        """Let a vehicle have a contract: it gets a certificate from this server when it asks for one."""
        body = self.body()
        row = self.store(
            lambda batch: certificates.register_contract(batch, emaid=body["emaid"], vehicle=body["vehicle"]),
            target=f"contract {body['emaid']}",
            summary=body,
        )
        return Response(ContractOut(row).data, status=201)

    @operation("cancelContract", tag="certificates", role=Role.ADMINISTRATOR, answers=ContractOut)
    def cancel(self, request: Request, contract: int) -> Response:
        """End a contract: its certificates count as revoked, and there are no new ones."""
        row = one(Contract.objects.all(), "contract", pk=contract)
        row = self.store(
            lambda batch: certificates.cancel_contract(batch, contract_id=contract), target=f"contract {row.emaid}"
        )
        return Response(ContractOut(row).data)

    @operation(
        "listCertificateStatuses",
        tag="certificates",
        role=Role.VIEWER,
        query=SliceQuery,
        answers=slice_of(CertificateStatusOut),
    )
    def statuses(self, request: Request) -> Response:
        """What responders have said of certificates of others, until their next update."""
        query = self.query()
        rows = CertificateStatus.objects.all()
        return Response(slice_(request, rows, query, lambda found: CertificateStatusOut(found, many=True).data))
