"""Id tokens and their groups."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts.roles import Role
from smartserver.api.fields import InputSerializer, Moment, Whole
from smartserver.api.operations import operation
from smartserver.api.pages import PageQuery, page, page_of
from smartserver.api.views import ApiView
from stations.api.lookup import one
from stations.api.rows import AdditionalInfo, Amount, IdTokenGroupOut, IdTokenOut, Limits
from stations.models import IdToken, IdTokenGroup
from stations.ocpp.smart_charging import ENERGY_TRANSFERS
from stations.services.authorization import token_register
from stations.services.authorization.tokens import MAX_VALUE

SETTABLE = ((IdToken.Status.ACCEPTED.value, "Accepted"), (IdToken.Status.BLOCKED.value, "Blocked"))


class IdTokenChanges(InputSerializer):
    type = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=32,
        help_text="2.x: e.g. `ISO14443`, `eMAID`, `KeyCode`; empty: any. A value of two types is two tokens.",
    )
    additional_info = serializers.ListField(
        child=AdditionalInfo(),
        required=False,
        max_length=20,
        help_text="What has to be shown along with it (2.x additionalInfo).",
    )
    status = serializers.ChoiceField(SETTABLE, required=False)
    group = serializers.CharField(required=False, allow_null=True, max_length=36, help_text="Its name; null: none.")
    expires_at = Moment(required=False, allow_null=True)
    max_sessions = Whole(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=32_767,
        help_text="Sessions that may run at the same time; null: any number.",
    )
    stations = serializers.ListField(
        child=serializers.CharField(max_length=255),
        required=False,
        max_length=MAX_VALUE,
        help_text="Identities of the stations where it may charge; none: everywhere.",
    )
    evses = serializers.ListField(
        child=Whole(min_value=1, max_value=1_000_000),
        required=False,
        max_length=100,
        help_text="EVSEs where it may charge, at each of its stations; none: all.",
    )
    in_local_list = serializers.BooleanField(required=False, help_text="Sent to stations with their local list.")
    priority = Whole(required=False, allow_null=True, min_value=-9, max_value=9, help_text="2.x: chargingPriority.")
    language1 = serializers.CharField(required=False, allow_blank=True, max_length=8, help_text="2.x: e.g. `de`.")
    language2 = serializers.CharField(required=False, allow_blank=True, max_length=8)
    message = serializers.CharField(
        required=False, allow_blank=True, max_length=512, help_text="2.x: shown to the driver (personalMessage)."
    )
    limits = Limits(required=False, help_text="2.1: of each of its sessions (transactionLimit).")
    credit = Amount(
        required=False,
        allow_null=True,
        help_text="Prepaid: what was paid in so far, in the currency of the tariffs; null: it is not prepaid.",
    )
    energy_transfer = serializers.ListField(
        child=serializers.ChoiceField([(each, each) for each in ENERGY_TRANSFERS]),
        required=False,
        max_length=len(ENERGY_TRANSFERS),
        help_text="2.1: in which ways its sessions may transfer energy (`AC_BPT`: in both directions); none: not said.",
    )
    holder = serializers.CharField(required=False, allow_blank=True, max_length=255)


class IdTokenIn(IdTokenChanges):
    value = serializers.CharField(
        max_length=255, help_text="Upper and lower case are the same; 1.6 takes 20 characters."
    )


class IdTokenQuery(PageQuery):
    search = serializers.CharField(required=False, max_length=255, help_text="Part of value or holder.")
    status = serializers.ChoiceField(IdToken.Status.choices, required=False)
    group = serializers.CharField(required=False, max_length=36, help_text="Its name, in any case.")
    station = serializers.CharField(required=False, max_length=255, help_text="Those bound to this station.")


_FILTERS = {"status": "status", "group": "group__name__iexact", "station": "stations__identity"}


def _tokens() -> Any:
    return IdToken.objects.select_related("group").prefetch_related("stations")


class IdTokensView(ApiView):
    @operation("listIdTokens", tag="id tokens", role=Role.VIEWER, query=IdTokenQuery, answers=page_of(IdTokenOut))
    def list(self, request: Request) -> Response:
        """Id tokens: cards, key fobs, apps, vehicles."""
        query = self.query()
        rows = _tokens().filter(**{_FILTERS[name]: value for name, value in query.items() if name in _FILTERS})
        if text := query.get("search"):
            rows = rows.filter(Q(value__icontains=text) | Q(holder__icontains=text))
        return Response(page(request, rows, query, lambda found: IdTokenOut(found, many=True).data))

    @operation(
        "createIdToken",
        tag="id tokens",
        role=Role.OPERATOR,
        body=IdTokenIn,
        answers={201: IdTokenOut},
        examples=[OpenApiExample("A card", {"value": "04A2B3C4", "holder": "Ada"}, request_only=True)],
    )
    def create(self, request: Request) -> Response:
        """Enter an id token.

        One that a station has shown before, but that nobody has entered, is taken over.
        """
        body = self.body()
        values = {name: value for name, value in body.items() if name != "value"}
        token = self.store(
            lambda batch: token_register.add_token(batch, value=body["value"], values=values),
            target=f"id token {body['value']}",
            summary=body,
        )
        return self._shown(token.pk, 201)

    @operation("getIdToken", tag="id tokens", role=Role.VIEWER, answers=IdTokenOut)
    def retrieve(self, request: Request, token: int) -> Response:
        """One id token."""
        return self._shown(token)

    @operation("changeIdToken", tag="id tokens", role=Role.OPERATOR, body=IdTokenChanges, answers=IdTokenOut)
    def change(self, request: Request, token: int) -> Response:
        """Change an id token: block it, let it expire, put it into a group."""
        row = one(IdToken.objects.all(), "token", pk=token)
        body = self.body()
        self.store(
            lambda batch: token_register.change_token(batch, token_id=token, values=body),
            target=f"id token {row.value}",
            summary=body,
        )
        return self._shown(token)

    @operation("deleteIdToken", tag="id tokens", role=Role.OPERATOR, answers={204: None})
    def destroy(self, request: Request, token: int) -> Response:
        """Forget an id token that was never used.

        One that transactions or reservations name is blocked instead (409 says so).
        """
        row = one(IdToken.objects.all(), "token", pk=token)
        self.store(lambda batch: token_register.remove_token(batch, token_id=token), target=f"id token {row.value}")
        return Response(status=204)

    def _shown(self, token_id: int, status: int = 200) -> Response:
        return Response(IdTokenOut(one(_tokens(), "token", pk=token_id)).data, status=status)


class GroupChanges(InputSerializer):
    name = serializers.CharField(required=False, max_length=36, help_text="1.6 stations see the first 20 characters.")
    description = serializers.CharField(required=False, allow_blank=True, max_length=255)
    master = serializers.BooleanField(
        required=False, help_text="Its tokens may stop any session, and start none (2.x MasterPassGroupId: its name)."
    )


class GroupIn(GroupChanges):
    name = serializers.CharField(max_length=36, help_text="1.6 stations see the first 20 characters.")


class GroupsView(ApiView):
    @operation("listGroups", tag="id tokens", role=Role.VIEWER, query=PageQuery, answers=page_of(IdTokenGroupOut))
    def list(self, request: Request) -> Response:
        """Groups of id tokens. Tokens of one group may stop each other's sessions."""
        query = self.query()
        rows = IdTokenGroup.objects.all()
        return Response(page(request, rows, query, lambda found: IdTokenGroupOut(found, many=True).data))

    @operation("createGroup", tag="id tokens", role=Role.OPERATOR, body=GroupIn, answers={201: IdTokenGroupOut})
    def create(self, request: Request) -> Response:
        """Make a group."""
        body = self.body()
        group = self.store(
            lambda batch: token_register.add_group(batch, **body), target=f"group {body['name']}", summary=body
        )
        return Response(IdTokenGroupOut(group).data, status=201)

    @operation("getGroup", tag="id tokens", role=Role.VIEWER, answers=IdTokenGroupOut)
    def retrieve(self, request: Request, group: int) -> Response:
        """One group."""
        return Response(IdTokenGroupOut(one(IdTokenGroup.objects.all(), "group", pk=group)).data)

    @operation("changeGroup", tag="id tokens", role=Role.OPERATOR, body=GroupChanges, answers=IdTokenGroupOut)
    def change(self, request: Request, group: int) -> Response:
        """Rename or describe a group."""
        row = one(IdTokenGroup.objects.all(), "group", pk=group)
        body = self.body()
        changed = self.store(
            lambda batch: token_register.change_group(batch, group_id=group, values=body),
            target=f"group {row.name}",
            summary=body,
        )
        return Response(IdTokenGroupOut(changed).data)

    @operation("deleteGroup", tag="id tokens", role=Role.OPERATOR, answers={204: None})
    def destroy(self, request: Request, group: int) -> Response:
        """Dissolve a group. Its tokens stay."""
        row = one(IdTokenGroup.objects.all(), "group", pk=group)
        self.store(lambda batch: token_register.remove_group(batch, group_id=group), target=f"group {row.name}")
        return Response(status=204)
