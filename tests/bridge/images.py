"""Container images as `docker save` writes them."""

from __future__ import annotations

import io
import tarfile
from typing import Any

import orjson

CONFIG = "blobs/sha256/config"


def image(
    *names: str, architecture: str = "arm64", layer: bytes = b"layer", manifest: Any = None, kind: str = "w"
) -> bytes:
    """The tar file of an image with one layer."""
    if manifest is None:
        manifest = [{"Config": CONFIG, "RepoTags": list(names), "Layers": ["layer.tar"]}]
    files = {
        CONFIG: orjson.dumps({"architecture": architecture}),
        "layer.tar": layer,
        "manifest.json": orjson.dumps(manifest),
    }
    return tar(files, kind)


def tar(files: dict[str, bytes], kind: str = "w") -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=kind, format=tarfile.PAX_FORMAT) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return made.getvalue()
