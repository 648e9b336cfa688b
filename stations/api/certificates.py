"""Certificates of stations, and what they ask to have signed."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts.roles import Role
from smartserver.api.fields import InputSerializer
from smartserver.api.operations import operation
from smartserver.api.pages import SliceQuery, slice_, slice_of
from smartserver.api.views import ApiView
from stations.api.lookup import one, requester, station_named
from stations.api.rows import CommandOut, identity
from stations.models import Certificate, SigningRequest
from stations.services import certificates
from stations.services.certificates import authority
from stations.services.certificates.stores import INSTALLABLE, LISTABLE

INSTALLABLES = tuple((use, use) for use in INSTALLABLE)
LISTABLES = tuple((use, use) for use in LISTABLE)


class HashOut(serializers.Serializer[Any]):
    """CertificateHashDataType of OCPP."""

    hashAlgorithm = serializers.CharField()
    issuerNameHash = serializers.CharField()
    issuerKeyHash = serializers.CharField()
    serialNumber = serializers.CharField()


class CertificateOut(serializers.ModelSerializer[Certificate]):
    station = identity()
    children = HashOut(many=True, read_only=True, help_text="Of a chain for vehicles, its issuers (2.x).")

    class Meta:
        model = Certificate
        fields = (
            *("id", "station", "use", "state", "subject", "serial_number", "hash_algorithm", "issuer_name_hash"),
            *("issuer_key_hash", "children", "valid_from", "valid_to", "revoked_at", "pem", "created_at", "changed_at"),
        )


class SigningRequestOut(serializers.ModelSerializer[SigningRequest]):
    station = identity()
    certificate = serializers.IntegerField(source="certificate_id", read_only=True, allow_null=True)
    decided_by = serializers.CharField(source="decided_by.username", read_only=True, allow_null=True, default=None)

    class Meta:
        model = SigningRequest
        fields = (
            *("id", "station", "use", "request", "subject", "csr", "state", "reason", "certificate", "decided_by"),
            *("received_at", "decided_at"),
        )


class CertificateQuery(SliceQuery):
    station = serializers.CharField(required=False, max_length=255, help_text="Identity.")
    use = serializers.CharField(
        required=False, max_length=40, help_text="E.g. `CentralSystemRootCertificate` (2.x: CSMSRootCertificate)."
    )
    state = serializers.ChoiceField(Certificate.State.choices, required=False)


class SigningRequestQuery(SliceQuery):
    station = serializers.CharField(required=False, max_length=255, help_text="Identity.")
    state = serializers.ChoiceField(SigningRequest.State.choices, required=False)


class InstallIn(InputSerializer):
    use = serializers.ChoiceField(INSTALLABLES)
    pem = serializers.CharField(
        required=False, max_length=10_000, allow_blank=True, help_text="Nothing: that of this server's own authorities."
    )


class UseIn(InputSerializer):
    use = serializers.ChoiceField(LISTABLES)


class RefusalIn(InputSerializer):
    reason = serializers.CharField(required=False, max_length=255, allow_blank=True)


class AuthorityOut(serializers.Serializer[Any]):
    pem = serializers.CharField()


_FILTERS = {"station": "station__identity", "use": "use", "state": "state"}


def _asked_for(rows: Any, query: dict[str, Any]) -> Any:
    return rows.filter(**{_FILTERS[name]: value for name, value in query.items() if name in _FILTERS})


def _certificates() -> Any:
    return Certificate.objects.select_related("station")


class CertificatesView(ApiView):
    @operation(
        "listCertificates",
        tag="certificates",
        role=Role.VIEWER,
        query=CertificateQuery,
        answers=slice_of(CertificateOut),
    )
    def list(self, request: Request) -> Response:
        """Certificates that were made for stations, or that they have in their stores."""
        query = self.query()
        rows = _asked_for(_certificates(), query)
        return Response(slice_(request, rows, query, lambda found: CertificateOut(found, many=True).data))

    @operation("getCertificate", tag="certificates", role=Role.VIEWER, answers=CertificateOut)
    def retrieve(self, request: Request, certificate: int) -> Response:
        """One certificate."""
        return Response(CertificateOut(one(_certificates(), "certificate", pk=certificate)).data)

    @operation("getAuthority", tag="certificates", role=Role.VIEWER, answers=AuthorityOut)
    def authority(self, request: Request) -> Response:
        """The root certificate of this server's own authority, which signs those of stations."""
        return Response({"pem": authority.root_pem()})

    @operation(
        "installCertificate",
        tag="certificates",
        role=Role.ADMINISTRATOR,
        body=InstallIn,
        answers={201: CertificateOut},
        is_command=True,
    )
    def install(self, request: Request, identity: str) -> Response:
        """Have a station trust a root certificate."""
        station = station_named(identity)
        body = self.body()
        row = self.store(
            lambda batch: certificates.install_certificate(
                batch, station_id=station.pk, use=body["use"], pem=body.get("pem", ""), by=requester(request)
            ),
            target=f"station {identity}",
            summary=body,
        )
        return Response(CertificateOut(row).data, status=201)

    @operation(
        "refreshCertificates",
        tag="certificates",
        role=Role.OPERATOR,
        body=UseIn,
        answers={201: CommandOut},
        is_command=True,
    )
    def refresh(self, request: Request, identity: str) -> Response:
        """Ask a station which certificates it has."""
        station = station_named(identity)
        body = self.body()
        command = self.store(
            lambda batch: certificates.list_certificates(
                batch, station_id=station.pk, use=body["use"], by=requester(request)
            ),
            target=f"station {identity}",
            summary=body,
        )
        return Response(CommandOut(command).data, status=201)

    @operation(
        "deleteCertificate",
        tag="certificates",
        role=Role.ADMINISTRATOR,
        answers={202: CommandOut},
        is_command=True,
    )
    def destroy(self, request: Request, certificate: int) -> Response:
        """Have a station remove a certificate from its store.

        It is `deleted` when the station has said so; the answer is the command.
        """
        row = one(_certificates(), "certificate", pk=certificate)
        command = self.store(
            lambda batch: certificates.delete_certificate(batch, certificate_id=certificate, by=requester(request)),
            target=f"station {row.station.identity}",
            summary={"certificate": certificate, "subject": row.subject},
        )
        return Response(CommandOut(command).data, status=202)

    @operation("revokeCertificate", tag="certificates", role=Role.ADMINISTRATOR, answers=CertificateOut)
    def revoke(self, request: Request, certificate: int) -> Response:
        """Say from now on, to whoever asks, that a certificate of this server's authorities is revoked.

        The station keeps it until it has a new one.
        """
        row = one(_certificates(), "certificate", pk=certificate)
        self.store(
            lambda batch: certificates.revoke_certificate(batch, certificate_id=certificate),
            target=f"station {row.station.identity}",
            summary={"certificate": certificate, "subject": row.subject},
        )
        return Response(CertificateOut(one(_certificates(), "certificate", pk=certificate)).data)


def _requests() -> Any:
    return SigningRequest.objects.select_related("station", "decided_by")


class SigningRequestsView(ApiView):
    @operation(
        "listSigningRequests",
        tag="certificates",
        role=Role.VIEWER,
        query=SigningRequestQuery,
        answers=slice_of(SigningRequestOut),
    )
    def list(self, request: Request) -> Response:
        """What stations ask to have signed."""
        query = self.query()
        rows = _asked_for(_requests(), query)
        return Response(slice_(request, rows, query, lambda found: SigningRequestOut(found, many=True).data))

    @operation("getSigningRequest", tag="certificates", role=Role.VIEWER, answers=SigningRequestOut)
    def retrieve(self, request: Request, signing_request: int) -> Response:
        """One request."""
        return Response(SigningRequestOut(one(_requests(), "request", pk=signing_request)).data)

    @operation("approveSigningRequest", tag="certificates", role=Role.ADMINISTRATOR, answers=SigningRequestOut)
    def approve(self, request: Request, signing_request: int) -> Response:
        """Sign a request, and send the certificate to its station."""
        return self._decide(
            signing_request,
            lambda batch: certificates.approve(batch, request_id=signing_request, by=requester(request)),
            {},
        )

    @operation(
        "refuseSigningRequest",
        tag="certificates",
        role=Role.ADMINISTRATOR,
        body=RefusalIn,
        answers=SigningRequestOut,
    )
    def refuse(self, request: Request, signing_request: int) -> Response:
        """Do not sign a request.

        OCPP has no message for that; the station gives up by itself.
        """
        body = self.body()
        return self._decide(
            signing_request,
            lambda batch: certificates.refuse(
                batch, request_id=signing_request, by=requester(request), reason=body.get("reason", "")
            ),
            body,
        )

    def _decide(self, key: int, unit: Any, summary: dict[str, Any]) -> Response:
        row = one(_requests(), "request", pk=key)
        self.store(unit, target=f"station {row.station.identity}", summary={"request": key, **summary})
        return Response(SigningRequestOut(one(_requests(), "request", pk=key)).data)
