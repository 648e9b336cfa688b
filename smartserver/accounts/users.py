"""What administrators do with accounts. Each is called from a unit of the writer (`core.change.store`).

Nobody takes away their own role, and one administrator is always left. Superusers may do everything in Django's
administration, too, so only one of them changes another.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db.models import Q

from smartserver.accounts.roles import Role
from smartserver.core.batch import Batch
from smartserver.core.errors import BadInput, Conflict, Forbidden, NotFound
from smartserver.core.events import HINT_ACCOUNTS

MAX_USERS = 10_000

DETAILS = ("first_name", "last_name", "email")


def create_user(
    batch: Batch, *, username: str, role: Role, password_hash: str, details: Mapping[str, str] | None = None
) -> User:
    """A new account, with the hash of its password."""
    if User.objects.count() >= MAX_USERS:
        raise Conflict(f"There are already {MAX_USERS} accounts.")
    if User.objects.filter(username__iexact=username).exists():
        reason = "There is an account of this name."
        raise Conflict(reason, problems=[{"path": "username", "reason": reason}])
    user = User(username=username, password=password_hash, **(details or {}))
    _check(user)
    user.save()
    _give(user, role)
    return user


def change_user(
    batch: Batch,
    *,
    by: User,
    user_id: int,
    role: Role | None = None,
    active: bool | None = None,
    details: Mapping[str, str] | None = None,
) -> None:
    """Change what is given. An account that is switched off ends everywhere at once; its tokens rest as long."""
    user = _found(user_id, by)
    shrinks = (role is not None and role < Role.ADMINISTRATOR) or active is False
    if shrinks and _is_administrator(user):
        _refuse_own(user, by, "Somebody else has to do that: nobody takes away their own role.")
        _refuse_last(user)
    if active is False:
        _refuse_own(user, by, "Somebody else has to do that: nobody switches off their own account.")
    for name, text in (details or {}).items():
        setattr(user, name, text)
    if active is not None:
        user.is_active = active
    _check(user)
    if role is not None:
        if role < Role.ADMINISTRATOR:
            user.is_superuser = user.is_staff = False
        _give(user, role)
    user.save()
    if active is False:
        _tell(batch, user)


def set_password(batch: Batch, *, by: User, user_id: int, password_hash: str) -> None:
    """A new password. Logins that were made with the old one end."""
    user = _found(user_id, by)
    user.password = password_hash
    user.save(update_fields=["password"])
    _tell(batch, user)


def delete_user(batch: Batch, *, by: User, user_id: int) -> None:
    """Remove an account with its tokens. The audit log keeps its name."""
    user = _found(user_id, by)
    _refuse_own(user, by, "Somebody else has to do that: nobody deletes their own account.")
    _refuse_last(user)
    _tell(batch, user)
    user.delete()


def refuse_foreign(*, by: User, user_id: int) -> None:
    """Raise unless this person may change that account."""
    _found(user_id, by)


def _found(user_id: int, by: User) -> User:
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise NotFound("There is no such account.")
    if user.is_superuser and not by.is_superuser and user.pk != by.pk:
        raise Forbidden("Only superusers change the account of a superuser.")
    return user


def _give(user: User, role: Role) -> None:
    names = [each.title for each in Role]
    user.groups.remove(*user.groups.filter(name__in=names))
    user.groups.add(Group.objects.get_or_create(name=role.title)[0])


def _is_administrator(user: User) -> bool:
    return user.is_superuser or user.groups.filter(name=Role.ADMINISTRATOR.title).exists()


def _refuse_own(user: User, by: User, text: str) -> None:
    if user.pk == by.pk:
        raise Conflict(text)


def _refuse_last(user: User) -> None:
    """All administrators are locked: two who take away each other's role at once would leave none."""
    rights = Q(is_superuser=True) | Q(pk__in=User.objects.filter(groups__name=Role.ADMINISTRATOR.title).values("pk"))
    administrators = User.objects.select_for_update().filter(rights, is_active=True).order_by("pk")
    left = [each.pk for each in administrators if each.pk != user.pk]
    if not left:
        raise Conflict("This is the last administrator.")


def _check(user: User) -> None:
    """What Django itself asks of names and addresses."""
    try:
        user.clean_fields(exclude=("password", "last_login"))
    except ValidationError as error:
        problems = [{"path": name, "reason": text} for name, texts in error.message_dict.items() for text in texts]
        raise BadInput("The account is not as it has to be.", problems=problems) from None


def _tell(batch: Batch, user: User) -> None:
    """Open pages of this account are looked at again, in all processes."""
    batch.hint(HINT_ACCOUNTS, {"user": user.pk})
