"""The OpenAPI document, Swagger UI from our own static files, and the answer to addresses that there are not."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, re_path
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from smartserver.accounts.roles import Role
from smartserver.api.fields import InputSerializer, checked, refuse_body
from smartserver.api.permissions import IsViewer
from smartserver.api.throttles import DocumentThrottle
from smartserver.core.errors import NotFound

FORMATS: dict[str, type[BaseRenderer]] = {"json": OpenApiJsonRenderer, "yaml": OpenApiYamlRenderer}


class SchemaQuery(InputSerializer):
    format = serializers.ChoiceField(tuple(FORMATS), required=False, help_text="Else the `Accept` header decides.")


class SchemaView(SpectacularAPIView):
    permission_classes = [IsViewer]
    throttle_classes = [DocumentThrottle]  # it takes the server longer than any other answer

    def get_renderers(self) -> list[BaseRenderer]:
        """Those of the form that the address asks for, if it does."""
        asked = FORMATS.get(self.request.query_params.get("format", ""))
        return [each() for each in self.renderer_classes if asked is None or issubclass(each, asked)]

    def initial(self, request: Request, *args: object, **options: object) -> None:
        super().initial(request, *args, **options)
        checked(SchemaQuery(data=request.query_params))
        refuse_body(request)

    @extend_schema(
        operation_id="getSchema",
        tags=["document"],
        summary="This document",
        description="The OpenAPI document, as YAML or JSON.",
        parameters=[SchemaQuery],
        responses=OpenApiTypes.OBJECT,
        extensions={"x-role": Role.VIEWER.title},
    )
    def get(self, request: Request, *args: object, **options: object) -> Response:
        answer: Response = super().get(request, *args, **options)  # type: ignore[no-untyped-call]
        return answer


@require_safe
@never_cache
@ensure_csrf_cookie
def docs(request: HttpRequest) -> HttpResponse:
    """Swagger UI. Everything it loads lies under /static/, so the strict Content-Security-Policy stands."""
    if not settings.OPEN and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    return render(request, "api/docs.html")


@extend_schema(exclude=True)
class NowhereView(APIView):
    """Any other address below /api/: 404 as a problem, whatever the method."""

    permission_classes = [AllowAny]
    authentication_classes = []

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        raise NotFound("There is nothing at this address.")


urlpatterns = [
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("schema", SchemaView.as_view()),
    path("docs/", docs, name="api-docs"),
    path("docs", docs),
]

nowhere = [re_path("^.*$", NowhereView.as_view())]
