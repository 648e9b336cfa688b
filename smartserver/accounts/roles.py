"""The three roles. Each may do what the one before may, and more.

    viewer         reads everything but secrets
    operator       daily operations: commands, id tokens, reservations, profiles, jobs
    administrator  enrolment, passwords, files, certificates, webhooks, users, the audit log

People have them as Django groups of these names; superusers are administrators, and whoever has an
account without a group is a viewer.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class Role(IntEnum):
    VIEWER = 1
    OPERATOR = 2
    ADMINISTRATOR = 3

    @property
    def title(self) -> str:
        return self.name.lower()


CHOICES = tuple((role.title, role.title) for role in Role)


def role_named(title: str) -> Role:
    return Role[title.upper()]


def role_of(user: AbstractBaseUser | AnonymousUser | None) -> Role | None:
    """The role of a person; None for strangers and for accounts that were switched off."""
    account: Any = user
    if account is None or not account.is_authenticated or not account.is_active:
        return None
    return role_in(account.groups.values_list("name", flat=True), is_superuser=account.is_superuser)


def role_in(groups: Iterable[str], *, is_superuser: bool = False) -> Role:
    """The role that comes with these groups."""
    if is_superuser:
        return Role.ADMINISTRATOR
    names = set(groups)
    return max((role for role in Role if role.title in names), default=Role.VIEWER)
