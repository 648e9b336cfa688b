"""The bridge's container image: built with a container engine, and looked at before it is sent to a charger."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import orjson

from bridge.client.charger_docker import DeployError

ROOT = Path(__file__).resolve().parent.parent.parent
DOCKERFILE = "docker/bridge.Dockerfile"
PLATFORM = "linux/arm64"
MANIFEST = "manifest.json"
MAX_DOCUMENT = 8 * 1024 * 1024


def build(image: str, tar: Path, *, platform: str = PLATFORM) -> None:
    """Build the image and save it as a tar file. `DeployError` where there is no engine, or it fails."""
    engine = shutil.which("docker")
    if engine is None:
        raise DeployError("There is no `docker` here. Build the image where there is one, and name its file by --tar.")
    arguments = ("--platform", platform, "--tag", image, "--file", str(ROOT / DOCKERFILE), "--load", str(ROOT))
    _run(engine, "buildx", "build", *arguments)
    _run(engine, "save", "--output", str(tar), image)


def _run(*command: str) -> None:
    try:
        code = subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode  # noqa: S603  (no shell)
    except OSError as error:
        raise DeployError(f"`docker {command[1]}` could not be started: {error}.") from None
    if code:
        raise DeployError(f"`docker {command[1]}` failed with exit code {code}; what it printed says why.")


def check(tar: Path, image: str, *, platform: str = PLATFORM) -> None:
    """`DeployError` unless this file holds this image, for this platform."""
    try:
        with tarfile.open(tar, "r:") as archive:
            entry = _entry(_document(archive, MANIFEST), image)
            architecture = _document(archive, str(entry.get("Config"))).get("architecture")
    except FileNotFoundError:
        raise DeployError(f"There is no file {tar}; --build makes it.") from None
    except (OSError, EOFError) as error:
        raise DeployError(f"{tar} cannot be read: {error}.") from None
    except tarfile.TarError:
        raise DeployError(f"{tar} is no tar file.") from None
    except (KeyError, AttributeError, orjson.JSONDecodeError):
        raise DeployError(f"{tar} is no image as `docker save` writes it.") from None
    wanted = platform.split("/")[1]
    if architecture != wanted:
        raise DeployError(f"The image in {tar} is for {architecture}, not for {wanted}; --build makes one.")


def _document(archive: tarfile.TarFile, name: str) -> Any:
    member = archive.extractfile(name)
    if member is None:
        raise KeyError(name)
    return orjson.loads(member.read(MAX_DOCUMENT))


def _entry(manifest: Any, image: str) -> dict[str, Any]:
    found = [each for each in manifest if isinstance(each, dict)] if isinstance(manifest, list) else []
    names = {name: each for each in found for name in each.get("RepoTags") or ()}
    if image not in names:
        raise DeployError(
            f"The file holds no image {image}; it holds {', '.join(sorted(names)) or 'none with a name'}."
        )
    return names[image]
