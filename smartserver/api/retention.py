"""How long things are kept, and how far the deletion of what is old is."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts.roles import Role
from smartserver.api.fields import InputSerializer, Whole
from smartserver.api.operations import operation
from smartserver.api.paths import route
from smartserver.api.views import ApiView
from smartserver.retention import rules
from smartserver.retention.rules import Kept


class KeptOut(serializers.Serializer[Kept]):
    name = serializers.CharField(source="kind.name")
    days = serializers.IntegerField(help_text="For which rows are kept. 0: for ever.")
    chosen_days = serializers.IntegerField(
        source="chosen", allow_null=True, help_text="What an administrator has entered; null: the default applies."
    )
    default_days = serializers.IntegerField(source="kind.default", help_text="By the settings of the server.")
    least_days = serializers.IntegerField(source="kind.least", help_text="Fewer are refused.")
    deleted = serializers.IntegerField(source="rule.deleted", help_text="Rows so far.")
    last_deleted = serializers.IntegerField(source="rule.last_deleted", help_text="Rows of the last run.")
    pruned_at = serializers.DateTimeField(source="rule.pruned_at", allow_null=True)


class RetentionOut(serializers.Serializer[Any]):
    paused = serializers.BooleanField(help_text="Nothing is deleted.")
    running = serializers.CharField(allow_null=True, help_text="What is being deleted at this moment, by its name.")
    deleted = serializers.IntegerField(help_text="Rows of the present or last run.")
    started_at = serializers.DateTimeField(allow_null=True, help_text="Of the present or last run.")
    ended_at = serializers.DateTimeField(
        allow_null=True, help_text="Of the last run; null: it did not come to its end."
    )
    next_at = serializers.DateTimeField(allow_null=True, help_text="Of the next run; null: as soon as possible.")
    kinds = KeptOut(many=True)


class RetentionChanges(InputSerializer):
    paused = serializers.BooleanField(help_text="Stops a run that is under way, and begins no other.")


class DaysIn(InputSerializer):
    days = Whole(allow_null=True, max_value=rules.MAX_DAYS, help_text="0: for ever; null: as the settings say.")


def _shown() -> Response:
    row = rules.pruning()
    content = {
        **{name: getattr(row, name) for name in ("paused", "deleted", "started_at", "ended_at", "next_at")},
        "running": row.kind or None,
        "kinds": rules.all_kept(),
    }
    return Response(RetentionOut(content).data)


class RetentionView(ApiView):
    @operation("getRetention", tag="retention", role=Role.VIEWER, answers=RetentionOut)
    def show(self, request: Request) -> Response:
        """How long things are kept.

        Sessions, stations and id tokens are not among them: they are never deleted because they are old.
        """
        return _shown()

    @operation("changeRetention", tag="retention", role=Role.ADMINISTRATOR, body=RetentionChanges, answers=RetentionOut)
    def change(self, request: Request) -> Response:
        """Pause the deletion of what is old, or let it go on."""
        body = self.body()
        if "paused" in body:
            self.store(lambda batch: rules.set_paused(batch, paused=body["paused"]), target="retention", summary=body)
        return _shown()

    @operation("runRetention", tag="retention", role=Role.ADMINISTRATOR, answers={202: RetentionOut})
    def run(self, request: Request) -> Response:
        """Delete what is old soon.

        Begins within a minute, and not only when the hour is over. Not while it is paused.
        """
        self.store(rules.run_soon, target="retention")
        return Response(_shown().data, status=202)

    @operation("changeKeptDays", tag="retention", role=Role.ADMINISTRATOR, body=DaysIn, answers=KeptOut)
    def keep(self, request: Request, kind: str) -> Response:
        """Decide how long rows of one kind are kept.

        What is shorter takes effect with the next run, and nobody can take back what that deletes.
        """
        rules.kept(kind)
        body = self.body()
        if "days" in body:
            self.store(
                lambda batch: rules.set_days(batch, name=kind, days=body["days"]),
                target=f"retention {kind}",
                summary=body,
            )
        return Response(KeptOut(rules.kept(kind)).data)


urlpatterns = [
    *route("retention", RetentionView, get="show", patch="change"),
    *route("retention/run", RetentionView, post="run"),
    *route("retention/kinds/<slug:kind>", RetentionView, patch="keep"),
]
