"""The page behind a link with which somebody sets their password, once."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse_lazy

from smartserver.accounts import audit, users
from smartserver.accounts.passwords import hashed
from smartserver.accounts.roles import role_of
from smartserver.core import change
from smartserver.core.batch import Batch


class SetPasswordView(PasswordResetConfirmView):
    """Django's, which keeps the token out of the address of the form; the change takes our way and is on record."""

    template_name = "registration/set_password.html"
    success_url = reverse_lazy("login")

    def get_user(self, uidb64: str) -> Any:
        """Nobody, for an account that is switched off: its link rests as everything of it does."""
        user = super().get_user(uidb64)
        return user if user is not None and user.is_active else None

    def form_valid(self, form: SetPasswordForm[Any]) -> HttpResponse:
        digest = hashed(form.cleaned_data["new_password1"], self.user)
        change.store(partial(self._store, digest=digest))
        del self.request.session["_password_reset_token"]
        return HttpResponseRedirect(str(self.get_success_url()))

    def _store(self, batch: Batch, *, digest: str) -> None:
        user = self.user
        assert user is not None  # else there would be no form
        users.set_password(batch, by=user, user_id=user.pk, password_hash=digest)
        role = role_of(user)
        author = audit.Author(
            user_id=user.pk,
            name=user.get_username(),
            role=role.title if role is not None else "",
            token="",
            address=str(self.request.META.get("REMOTE_ADDR", "")),
        )
        audit.record(batch, author=author, action="setPasswordByLink", target=f"user {author.name}", summary={})
