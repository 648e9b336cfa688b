"""Firmware files, and the jobs by which files go to and from stations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from smartserver.accounts.roles import Role
from smartserver.api.content import FileRenderer, stream
from smartserver.api.fields import InputSerializer, Key, Moment, Whole
from smartserver.api.operations import operation
from smartserver.api.pages import PageQuery, SliceQuery, page, page_of, slice_, slice_of
from smartserver.api.views import ApiView
from stations.api.lookup import one, requester, station_named
from stations.api.rows import identity
from stations.models import FileJob, FirmwareFile
from stations.services import files
from stations.services.files import requests as file_requests

PIECE = 65_536

LOG_TYPES = tuple((name, name) for name in file_requests.LOG_TYPES)


# -- firmware files ----------------------------------------------------------------------------------


class FirmwareOut(serializers.ModelSerializer[FirmwareFile]):
    uploaded_by = serializers.CharField(source="uploaded_by.username", read_only=True, allow_null=True, default=None)
    signed = serializers.SerializerMethodField(help_text="Has what SignedUpdateFirmware needs.")

    class Meta:
        model = FirmwareFile
        fields = ("id", "name", "version", "description", "size", "sha256", "signed", "uploaded_by", "created_at")

    def get_signed(self, firmware: FirmwareFile) -> bool:
        return bool(firmware.signature)


class FirmwareIn(InputSerializer):
    file = serializers.FileField(allow_empty_file=True, max_length=255)
    version = serializers.CharField(required=False, max_length=100, allow_blank=True)
    description = serializers.CharField(required=False, max_length=1000, allow_blank=True)
    signature = serializers.CharField(
        required=False, max_length=800, allow_blank=True, help_text="Base64, for SignedUpdateFirmware."
    )
    signing_certificate = serializers.CharField(
        required=False, max_length=5500, allow_blank=True, help_text="PEM, for SignedUpdateFirmware."
    )


class FirmwareView(ApiView):
    @operation("listFirmware", tag="files", role=Role.VIEWER, query=PageQuery, answers=page_of(FirmwareOut))
    def list(self, request: Request) -> Response:
        """Firmware files that stations can fetch."""
        query = self.query()
        rows = FirmwareFile.objects.select_related("uploaded_by")
        return Response(page(request, rows, query, lambda found: FirmwareOut(found, many=True).data))

    @operation("getFirmware", tag="files", role=Role.VIEWER, answers=FirmwareOut)
    def retrieve(self, request: Request, firmware: int) -> Response:
        """One firmware file."""
        return Response(FirmwareOut(one(FirmwareFile.objects.all(), "firmware file", pk=firmware)).data)

    @operation("deleteFirmware", tag="files", role=Role.ADMINISTRATOR, answers={204: None})
    def destroy(self, request: Request, firmware: int) -> Response:
        """Delete a firmware file that no job names."""
        row = one(FirmwareFile.objects.all(), "firmware file", pk=firmware)
        self.store(lambda batch: files.delete_firmware(batch, firmware_id=firmware), target=f"firmware {row}")
        return Response(status=204)


class FirmwareUploadView(ApiView):
    """By itself, because it takes a form and not JSON."""

    parser_classes = [MultiPartParser]

    @operation("uploadFirmware", tag="files", role=Role.ADMINISTRATOR, body=FirmwareIn, answers={201: FirmwareOut})
    def create(self, request: Request) -> Response:
        """Upload a firmware file.

        As a form (multipart/form-data). It is written to disk while it is read, and kept only when it is complete.
        """
        body = self.body()
        file = body.pop("file")
        row = files.store_firmware(name=file.name, chunks=file.chunks(PIECE), by=requester(request), **body)
        summary = {**body, "name": row.name, "size": row.size, "sha256": row.sha256}
        self.store(lambda batch: None, target=f"firmware {row}", summary=summary)
        return Response(FirmwareOut(row).data, status=201)


# -- jobs --------------------------------------------------------------------------------------------


class HistoryEntry(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    status = serializers.CharField()


class JobOut(serializers.ModelSerializer[FileJob]):
    station = identity()
    firmware = serializers.IntegerField(source="firmware_id", read_only=True, allow_null=True)
    command = serializers.IntegerField(source="command_id", read_only=True, allow_null=True)
    history = serializers.SerializerMethodField()
    locations = serializers.ListField(
        child=serializers.CharField(),
        read_only=True,
        help_text="Where other stations find what a controller publishes.",
    )

    class Meta:
        model = FileJob
        fields = (
            *("id", "station", "kind", "log_type", "firmware", "command", "state", "status", "reason", "history"),
            *("created_at", "retrieve_at", "ended_at", "address_expires_at", "address_used_at"),
            *("file_name", "size", "sha256", "received_at", "checksum", "locations", "unpublished_at"),
        )

    def get_history(self, job: FileJob) -> list[dict[str, str]]:
        return [{"at": at, "status": status} for at, status in job.history]


class JobQuery(SliceQuery):
    station = serializers.CharField(required=False, max_length=255, help_text="Identity.")
    kind = serializers.ChoiceField(FileJob.Kind.choices, required=False)
    state = serializers.ChoiceField(FileJob.State.choices, required=False)


class Retries(InputSerializer):
    retries = Whole(required=False, max_value=100, help_text="How often the station tries again.")
    retry_interval = Whole(required=False, max_value=86_400, help_text="Seconds between two tries.")


class UpdateIn(Retries):
    firmware = Key(help_text="Id of the firmware file.")
    retrieve_at = Moment(required=False, help_text="When to fetch it; nothing: at once.")
    install_at = Moment(required=False, help_text="In OCPP 1.6 of signed updates only.")
    signed = serializers.BooleanField(
        default=False, help_text="With a signature that the station checks (1.6: SignedUpdateFirmware)."
    )


class PublicationIn(Retries):
    firmware = Key(help_text="Id of the firmware file.")


class DiagnosticsIn(Retries):
    start = Moment(required=False)
    stop = Moment(required=False)


class LogIn(Retries):
    log_type = serializers.ChoiceField(LOG_TYPES, help_text="DataCollectorLog: OCPP 2.1 only.")
    oldest = Moment(required=False)
    latest = Moment(required=False)
    guarded = serializers.BooleanField(
        default=False, help_text="The station has to show a user and a password, which stand in its address."
    )


_FILTERS = {"station": "station__identity", "kind": "kind", "state": "state"}


def _jobs() -> Any:
    return FileJob.objects.select_related("station")


class JobsView(ApiView):
    @operation("listJobs", tag="files", role=Role.VIEWER, query=JobQuery, answers=slice_of(JobOut))
    def list(self, request: Request) -> Response:
        """Jobs: firmware updates and publications, diagnostics and logs, newest first."""
        query = self.query()
        rows = _jobs().filter(**{_FILTERS[name]: value for name, value in query.items() if name in _FILTERS})
        return Response(slice_(request, rows, query, lambda found: JobOut(found, many=True).data))

    @operation("getJob", tag="files", role=Role.VIEWER, answers=JobOut)
    def retrieve(self, request: Request, job: int) -> Response:
        """One job, with what the station reported of it."""
        return Response(JobOut(one(_jobs(), "job", pk=job)).data)

    @operation("cancelJob", tag="files", role=Role.OPERATOR, answers=JobOut)
    def cancel(self, request: Request, job: int) -> Response:
        """Wait for a job no longer.

        Its address is closed. OCPP has no way to tell the station.
        """
        row = one(_jobs(), "job", pk=job)
        changed = self.store(
            lambda batch: files.cancel_job(batch, job_id=job, by=requester(request)),
            target=f"station {row.station.identity}",
            summary={"job": job},
        )
        return Response(JobOut(changed).data)

    @operation("updateFirmware", tag="files", role=Role.OPERATOR, body=UpdateIn, answers={201: JobOut}, is_command=True)
    def update_firmware(self, request: Request, identity: str) -> Response:
        """Have a station fetch and install a firmware file."""
        body = self.body()
        return self._begin(request, identity, files.start_firmware_update, body, firmware_id=body.pop("firmware"))

    @operation(
        "publishFirmware",
        tag="files",
        role=Role.OPERATOR,
        body=PublicationIn,
        answers={201: JobOut},
        is_command=True,
    )
    def publish_firmware(self, request: Request, identity: str) -> Response:
        """Have a local controller publish a firmware file for the stations behind it.

        PublishFirmware of OCPP 2.x. UnpublishFirmware, with the job's checksum, is sent as a command.
        """
        body = self.body()
        firmware = one(FirmwareFile.objects.all(), "firmware file", pk=body.pop("firmware"))
        checksum = files.checksum_of(firmware)
        return self._begin(request, identity, files.publish_firmware, body, firmware_id=firmware.pk, checksum=checksum)

    @operation(
        "requestDiagnostics",
        tag="files",
        role=Role.OPERATOR,
        body=DiagnosticsIn,
        answers={201: JobOut},
        is_command=True,
    )
    def diagnostics(self, request: Request, identity: str) -> Response:
        """Have a station upload its diagnostics (GetDiagnostics; in OCPP 2.x GetLog)."""
        return self._begin(request, identity, files.request_diagnostics, self.body())

    @operation("requestLog", tag="files", role=Role.OPERATOR, body=LogIn, answers={201: JobOut}, is_command=True)
    def log(self, request: Request, identity: str) -> Response:
        """Have a station upload a log (GetLog)."""
        return self._begin(request, identity, files.request_log, self.body())

    def _begin(self, request: Request, name: str, begin: Any, body: dict[str, Any], **more: Any) -> Response:
        station = station_named(name)
        job = self.store(
            lambda batch: begin(batch, station_id=station.pk, by=requester(request), **body, **more),
            target=f"station {name}",
            summary=body | more,
        )
        return Response(JobOut(job).data, status=201)


class ReceivedFileView(ApiView):
    renderer_classes = [FileRenderer]

    @operation(
        "getFile",
        tag="files",
        role=Role.OPERATOR,
        answers={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def retrieve(self, request: Request, job: int) -> StreamingHttpResponse:
        """The file that a station has uploaded for a job."""
        upload = files.open_upload(one(_jobs(), "job", pk=job))
        response = stream(request, _pieces(upload.file), content_type="application/octet-stream", file_name=upload.name)
        response["Content-Length"] = str(upload.size)
        return response


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE):
            yield piece
