"""What stations know of customers."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts.roles import Role
from smartserver.api.fields import InputSerializer, Key
from smartserver.api.operations import operation
from smartserver.api.views import ApiView
from stations.api.lookup import requester, station_named
from stations.api.rows import CommandOut
from stations.services.authorization.customers import forget_customer


class ForgetIn(InputSerializer):
    token = Key(help_text="Id of the customer's token.")
    report = serializers.BooleanField(default=False, help_text="The station tells what it knew, in a report.")


class CustomersView(ApiView):
    @operation(
        "forgetCustomer", tag="tokens", role=Role.OPERATOR, body=ForgetIn, answers={201: CommandOut}, is_command=True
    )
    def forget(self, request: Request, identity: str) -> Response:
        """Have a 2.x station forget the holder of a token (N10).

        The token is taken out of local lists, too: a newer list follows to this station where it has the token in it,
        to others when theirs are sent next.
        """
        station, body = station_named(identity), self.body()
        command = self.store(
            lambda batch: forget_customer(
                batch, station_id=station.pk, token_id=body["token"], report=body["report"], by=requester(request)
            ),
            target=f"station {identity}",
            summary=body,
        )
        return Response(CommandOut(command).data, status=201)
