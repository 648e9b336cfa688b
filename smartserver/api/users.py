"""Accounts of people: who they are, what they may do, how they get their password."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count, Q, QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts import passwords, users
from smartserver.accounts.roles import CHOICES, Role, role_in, role_named
from smartserver.api.fields import InputSerializer
from smartserver.api.operations import operation
from smartserver.api.pages import PageQuery, page, page_of
from smartserver.api.paths import route
from smartserver.api.permissions import require_login
from smartserver.api.views import ApiView
from smartserver.core.errors import NotFound


class UserOut(serializers.ModelSerializer[User]):
    role = serializers.SerializerMethodField()
    active = serializers.BooleanField(source="is_active", help_text="False: it is switched off.")
    superuser = serializers.BooleanField(source="is_superuser", help_text="May do everything in `/admin/`, too.")
    has_password = serializers.BooleanField(source="has_usable_password", help_text="False: a link has to be used.")
    tokens = serializers.IntegerField(read_only=True, help_text="API tokens that it has.")
    created_at = serializers.DateTimeField(source="date_joined")

    class Meta:
        model = User
        fields = (
            *("id", "username", "first_name", "last_name", "email", "role", "active", "superuser", "has_password"),
            *("tokens", "last_login", "created_at"),
        )

    @extend_schema_field(serializers.ChoiceField(CHOICES))
    def get_role(self, user: User) -> str:
        return role_in((group.name for group in user.groups.all()), is_superuser=user.is_superuser).title


class Link(serializers.Serializer[Any]):
    link = serializers.CharField(help_text="Where a password is set, once. Shown this once.")
    expires_at = serializers.DateTimeField()


class NewUser(UserOut):
    password_link = Link(allow_null=True, help_text="When no password was given.")

    class Meta(UserOut.Meta):
        fields = (*UserOut.Meta.fields, "password_link")  # type: ignore[assignment]


class UserChanges(InputSerializer):
    first_name = serializers.CharField(required=False, allow_blank=True, max_length=150)
    last_name = serializers.CharField(required=False, allow_blank=True, max_length=150)
    email = serializers.EmailField(required=False, allow_blank=True, max_length=254)
    role = serializers.ChoiceField(CHOICES, required=False)
    active = serializers.BooleanField(required=False, help_text="False: logins, pages and tokens end at once.")


class UserIn(InputSerializer):
    username = serializers.CharField(max_length=150, help_text="Letters, digits and @.+-_ only.")
    role = serializers.ChoiceField(CHOICES)
    first_name = serializers.CharField(required=False, allow_blank=True, max_length=150)
    last_name = serializers.CharField(required=False, allow_blank=True, max_length=150)
    email = serializers.EmailField(required=False, allow_blank=True, max_length=254)
    password = serializers.CharField(
        required=False,
        max_length=passwords.MAX_PASSWORD,
        trim_whitespace=False,
        help_text="Nothing: the answer has a link with which they set one themselves.",
    )


class NewPassword(InputSerializer):
    password = serializers.CharField(max_length=passwords.MAX_PASSWORD, trim_whitespace=False)


class UserQuery(PageQuery):
    search = serializers.CharField(required=False, max_length=150, help_text="Part of a name or address.")
    active = serializers.BooleanField(required=False)


def _users() -> QuerySet[User]:
    return User.objects.prefetch_related("groups").annotate(tokens=Count("api_tokens")).order_by("username")


def _found(user_id: int) -> User:
    user = _users().filter(pk=user_id).first()
    if user is None:
        raise NotFound("There is no such account.")
    return user


def _details(body: dict[str, Any]) -> dict[str, str]:
    return {name: body[name] for name in users.DETAILS if name in body}


class UsersView(ApiView):
    """A token changes no accounts: one that leaked could make itself another way in."""

    @operation("listUsers", tag="users", role=Role.ADMINISTRATOR, query=UserQuery, answers=page_of(UserOut))
    def list(self, request: Request) -> Response:
        """Accounts of people."""
        query = self.query()
        rows = _users()
        if "active" in query:
            rows = rows.filter(is_active=query["active"])
        if text := query.get("search"):
            places = ("username", *users.DETAILS)
            rows = rows.filter(Q.create([(f"{place}__icontains", text) for place in places], connector=Q.OR))
        return Response(page(request, rows, query, lambda found: UserOut(found, many=True).data))

    @operation(
        "createUser",
        tag="users",
        role=Role.ADMINISTRATOR,
        body=UserIn,
        answers={201: NewUser},
        examples=[OpenApiExample("With a link", {"username": "ada", "role": "operator"}, request_only=True)],
    )
    def create(self, request: Request) -> Response:
        """Make an account.

        With a password, or with a link that is shown this once, where the person sets one. Needs a login.
        """
        require_login(request)
        body = self.body()
        details = _details(body)
        blank = User(username=body["username"], **details)
        password = body.get("password")
        digest = passwords.nobodys() if password is None else passwords.hashed(password, blank)
        user = self.store(
            lambda batch: users.create_user(
                batch,
                username=body["username"],
                role=role_named(body["role"]),
                password_hash=digest,
                details=details,
            ),
            target=f"user {body['username']}",
            summary=body,
        )
        link = _link(request, user) if password is None else None
        return Response({**UserOut(_found(user.pk)).data, "password_link": link}, status=201)

    @operation("getUser", tag="users", role=Role.ADMINISTRATOR, answers=UserOut)
    def retrieve(self, request: Request, user: int) -> Response:
        """One account."""
        return Response(UserOut(_found(user)).data)

    @operation("changeUser", tag="users", role=Role.ADMINISTRATOR, body=UserChanges, answers=UserOut)
    def change(self, request: Request, user: int) -> Response:
        """Change an account, give it another role, switch it off.

        Nobody takes away their own role, and one administrator is always left. Needs a login.
        """
        require_login(request)
        row = _found(user)
        body = self.body()
        by: Any = request.user
        self.store(
            lambda batch: users.change_user(
                batch,
                by=by,
                user_id=user,
                role=role_named(body["role"]) if "role" in body else None,
                active=body.get("active"),
                details=_details(body),
            ),
            target=f"user {row.username}",
            summary=body,
        )
        return Response(UserOut(_found(user)).data)

    @operation("deleteUser", tag="users", role=Role.ADMINISTRATOR, answers={204: None})
    def destroy(self, request: Request, user: int) -> Response:
        """Remove an account with its tokens.

        What it did stays in the audit log. Switching it off can be taken back, this cannot. Needs a login.
        """
        require_login(request)
        row = _found(user)
        by: Any = request.user
        self.store(lambda batch: users.delete_user(batch, by=by, user_id=user), target=f"user {row.username}")
        return Response(status=204)

    @operation("setUserPassword", tag="users", role=Role.ADMINISTRATOR, body=NewPassword, answers={204: None})
    def set_password(self, request: Request, user: int) -> Response:
        """Give an account a new password.

        Its logins end. Needs a login.
        """
        require_login(request)
        row = _found(user)
        digest = passwords.hashed(self.body()["password"], row)
        by: Any = request.user
        self.store(
            lambda batch: users.set_password(batch, by=by, user_id=user, password_hash=digest),
            target=f"user {row.username}",
        )
        return Response(status=204)

    @operation("makePasswordLink", tag="users", role=Role.ADMINISTRATOR, answers={201: Link})
    def link(self, request: Request, user: int) -> Response:
        """Make a link with which somebody sets their password, once.

        It ends after some days, and as soon as they log in or have another password. Needs a login.
        """
        require_login(request)
        row = _found(user)
        by: Any = request.user
        self.store(lambda batch: users.refuse_foreign(by=by, user_id=user), target=f"user {row.username}")
        return Response(_link(request, row), status=201)


def _link(request: Request, user: User) -> dict[str, Any]:
    path, ends_at = passwords.link_of(user)
    return Link({"link": request.build_absolute_uri(path), "expires_at": ends_at}).data


USER = "users/<key:user>"

urlpatterns = [
    *route("users", UsersView, get="list", post="create"),
    *route(USER, UsersView, get="retrieve", patch="change", delete="destroy"),
    *route(f"{USER}/password", UsersView, post="set_password"),
    *route(f"{USER}/password-link", UsersView, post="link"),
]
