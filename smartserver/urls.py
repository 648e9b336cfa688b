"""Pages and endpoints; health is answered before them (`dashboard/health.py`)."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from smartserver.accounts.logins import LoginForm
from smartserver.api import account, docs, webhooks
from smartserver.dashboard import operations, views

urlpatterns = [
    path("", views.index, name="index"),
    path("history/<str:topic>/<int:key>", views.history, name="history"),
    path("login/", LoginView.as_view(authentication_form=LoginForm), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    path("metrics", operations.metrics),
    path("api/v1/", include("stations.api.urls")),
    path("api/v1/", include("devices.api")),
    path("api/v1/", include("bridge.cms.api")),
    path("api/v1/", include(webhooks)),
    path("api/v1/", include(account)),
    path("api/", include(docs)),
    path("api/", include(docs.nowhere)),
]

handler400 = "smartserver.api.problems.bad_request"
handler500 = "smartserver.api.problems.server_error"
