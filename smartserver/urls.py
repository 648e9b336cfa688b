"""Pages and endpoints; health is answered before them (`dashboard/health.py`)."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path, re_path
from django.views.i18n import set_language

from smartserver.accounts.links import SetPasswordView
from smartserver.accounts.logins import LoginForm
from smartserver.api import account, docs, retention, saved_views, users, webhooks
from smartserver.dashboard import exports, operations, sparklines, views
from smartserver.demo import api as demo
from smartserver.overview import views as overview
from stations import ocsp, receipts

VIEWS = ("stations", "devices", "sessions", "chargers", "commands", "alerts", "messages", "settings")
"""First segments of the addresses that the dashboard shows by itself."""

urlpatterns = [
    path("", views.index, name="index"),
    path("history/overview", overview.history, name="overview-history"),
    path("history/energy", overview.charged, name="energy"),
    re_path(rf"^(?P<view>{'|'.join(VIEWS)})(?P<rest>/.*)?$", views.index),
    path("export/<str:name>.csv", exports.export, name="export"),
    path("sparklines/<str:topic>", sparklines.sparklines, name="sparklines"),
    path("history/messages", views.past_messages, name="past-messages"),
    path("history/<str:topic>/<int:key>", views.history, name="history"),
    path("login/", LoginView.as_view(authentication_form=LoginForm), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("set-password/<uidb64>/<token>/", SetPasswordView.as_view(), name="set-password"),
    path("language/", set_language, name="set_language"),
    path("admin/", admin.site.urls),
    path("metrics", operations.metrics),
    path("ocsp", ocsp.respond),
    path("receipts/<str:code>", receipts.show),
    path("api/v1/", include("stations.api.urls")),
    path("api/v1/", include("devices.api")),
    path("api/v1/", include("bridge.cms.api")),
    path("api/v1/", include(webhooks)),
    path("api/v1/", include(account)),
    path("api/v1/", include(demo)),
    path("api/v1/", include(users)),
    path("api/v1/", include(retention)),
    path("api/v1/", include(saved_views)),
    path("api/", include(docs)),
    path("api/", include(docs.nowhere)),
]

handler400 = "smartserver.api.problems.bad_request"
handler500 = "smartserver.api.problems.server_error"
