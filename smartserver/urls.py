"""Pages and endpoints; health is answered before them (`dashboard/health.py`)."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from smartserver.dashboard import operations, views

urlpatterns = [
    path("", views.index, name="index"),
    path("history/<str:topic>/<int:key>", views.history, name="history"),
    path("login/", LoginView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    path("metrics", operations.metrics),
]
