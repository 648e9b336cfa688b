"""Me, my password, my tokens, and the audit log."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth import update_session_auth_hash
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts import passwords, tokens, users
from smartserver.accounts.models import ApiToken, AuditEntry
from smartserver.accounts.roles import CHOICES, Role, role_named
from smartserver.api.fields import InputSerializer, Moment
from smartserver.api.operations import operation
from smartserver.api.pages import SliceQuery, slice_, slice_of
from smartserver.api.paths import route
from smartserver.api.permissions import require_login, role_of_request
from smartserver.api.views import ApiView
from smartserver.core.errors import NotFound


class Me(serializers.Serializer[Any]):
    username = serializers.CharField(allow_null=True, help_text="Null: a visitor of an open development server.")
    role = serializers.ChoiceField(CHOICES, help_text="In which this request was made.")
    token = serializers.CharField(allow_null=True, help_text="Name of the API token, when one was used.")


class MeView(ApiView):
    @operation("getMe", tag="account", role=Role.VIEWER, answers=Me)
    def show(self, request: Request) -> Response:
        """Who am I?

        The account and the role in which this request was made.
        """
        role = role_of_request(request)
        assert role is not None
        token = request.auth.name if isinstance(request.auth, ApiToken) else None
        return Response({"username": request.user.get_username() or None, "role": role.title, "token": token})


class PasswordChange(InputSerializer):
    present = serializers.CharField(max_length=passwords.MAX_PASSWORD, trim_whitespace=False)
    password = serializers.CharField(max_length=passwords.MAX_PASSWORD, trim_whitespace=False, help_text="The new one.")


class MyPasswordView(ApiView):
    @operation("changeMyPassword", tag="account", role=Role.VIEWER, body=PasswordChange, answers={204: None})
    def change(self, request: Request) -> Response:
        """Change my password.

        Needs a login and the present password. All other logins of this account end.
        """
        require_login(request)
        body = self.body()
        user: Any = request.user
        passwords.confirm(user, body["present"], self.author.address)
        digest = passwords.hashed(body["password"], user)
        self.store(
            lambda batch: users.set_password(batch, by=user, user_id=user.pk, password_hash=digest),
            target=f"user {user.get_username()}",
        )
        user.password = digest
        update_session_auth_hash(request._request, user)  # this login goes on
        return Response(status=204)


class TokenOut(serializers.ModelSerializer[ApiToken]):
    class Meta:
        model = ApiToken
        fields = ("id", "name", "role", "beginning", "created_at", "expires_at", "last_used_at")


class NewToken(TokenOut):
    token = serializers.CharField(help_text="Shown this once, and never again.")

    class Meta(TokenOut.Meta):
        fields = (*TokenOut.Meta.fields, "token")  # type: ignore[assignment]


def _mine(request: Request) -> QuerySet[ApiToken]:
    if request.user.pk is None:
        return ApiToken.objects.none()
    return ApiToken.objects.filter(user=request.user)


class TokenIn(InputSerializer):
    name = serializers.CharField(max_length=100, help_text="What it is for.")
    role = serializers.ChoiceField(CHOICES, help_text="At most your own.")
    expires_at = Moment(required=False, allow_null=True, help_text="Nothing: it does not expire.")


class MyTokensView(ApiView):
    """A person's own tokens. A token makes no tokens: one that leaked could not be got rid of."""

    @operation("listMyTokens", tag="account", role=Role.VIEWER, answers=TokenOut(many=True))
    def list(self, request: Request) -> Response:
        """My API tokens."""
        return Response(TokenOut(_mine(request), many=True).data)

    @operation(
        "createMyToken",
        tag="account",
        role=Role.VIEWER,
        body=TokenIn,
        answers={201: NewToken},
        examples=[OpenApiExample("For a dashboard", {"name": "dashboard", "role": "viewer"}, request_only=True)],
    )
    def create(self, request: Request) -> Response:
        """Make an API token.

        Its text is shown in this answer only: the server keeps a hash. Needs a login; a token makes no tokens.
        """
        require_login(request)
        body = self.body()
        token, text = self.store(
            lambda batch: tokens.create_token(
                batch,
                user=request.user,
                name=body["name"],
                role=role_named(body["role"]),
                expires_at=body.get("expires_at"),
            ),
            target=f"token {body['name']}",
            summary=body,
        )
        return Response({**TokenOut(token).data, "token": text}, status=201)

    @operation("revokeMyToken", tag="account", role=Role.VIEWER, answers={204: None})
    def destroy(self, request: Request, token: int) -> Response:
        """Revoke one of my API tokens."""
        require_login(request)
        mine = _mine(request).filter(pk=token).first()
        if mine is None:
            raise NotFound("You have no such token.")
        self.store(
            lambda batch: tokens.revoke_token(batch, user=request.user, token_id=token), target=f"token {mine.name}"
        )
        return Response(status=204)


class AuditOut(serializers.ModelSerializer[AuditEntry]):
    class Meta:
        model = AuditEntry
        fields = ("id", "at", "actor", "role", "token", "address", "action", "target", "summary", "outcome")
        extra_kwargs: ClassVar[dict[str, Any]] = {"summary": {"help_text": "What was asked for, without secrets."}}


class AuditQuery(SliceQuery):
    actor = serializers.CharField(required=False, max_length=150, help_text="Name of the user.")
    action = serializers.CharField(required=False, max_length=64, help_text="An operationId of this document.")
    target = serializers.CharField(required=False, max_length=300, help_text="E.g. `station CP1`.")
    outcome = serializers.CharField(required=False, max_length=32, help_text="`done` or the code of an error.")
    since = Moment(required=False)
    until = Moment(required=False)


_AUDIT = {
    "actor": "actor",
    "action": "action",
    "target": "target",
    "outcome": "outcome",
    "since": "at__gte",
    "until": "at__lt",
}


class AuditView(ApiView):
    @operation("listAudit", tag="account", role=Role.ADMINISTRATOR, query=AuditQuery, answers=slice_of(AuditOut))
    def list(self, request: Request) -> Response:
        """The audit log.

        One entry for each change that somebody asked for over this API, newest first, also for those that were refused.
        """
        query = self.query()
        conditions = {_AUDIT[name]: value for name, value in query.items() if name in _AUDIT}
        rows = AuditEntry.objects.filter(**conditions)
        return Response(slice_(request, rows, query, lambda found: AuditOut(found, many=True).data))


urlpatterns = [
    *route("me", MeView, get="show"),
    *route("me/password", MyPasswordView, post="change"),
    *route("me/tokens", MyTokensView, get="list", post="create"),
    *route("me/tokens/<key:token>", MyTokensView, delete="destroy"),
    *route("audit", AuditView, get="list"),
]
