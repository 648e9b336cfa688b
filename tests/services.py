"""Real parts for tests: skipped when they are missing, failing instead where they are required (CI)."""

from __future__ import annotations

import os
import shutil
import unittest
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import psycopg
import redis

REQUIRED = os.environ.get("SMARTSERVER_REQUIRE_SERVICES") == "1"

POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS_URL = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/0")
CHROMIUM = os.environ.get("TEST_CHROMIUM", "/usr/bin/chromium")

Decorator = Callable[[Any], Any]


def _needs(available: Callable[[], bool], name: str) -> Decorator:
    def decorate(test: Any) -> Any:
        if REQUIRED:
            return test  # it fails by itself where the part is missing
        return unittest.skipUnless(available(), f"{name} is not available")(test)

    return decorate


@cache
def _postgres_answers() -> bool:
    try:
        psycopg.connect(POSTGRES_URL, connect_timeout=2).close()
    except psycopg.Error:
        return False
    return True


@cache
def _redis_answers() -> bool:
    try:
        return bool(redis.Redis.from_url(REDIS_URL, socket_connect_timeout=2).ping())
    except redis.RedisError:
        return False


needs_postgres = _needs(_postgres_answers, "PostgreSQL")
needs_redis = _needs(_redis_answers, "Redis")
needs_chromium = _needs(lambda: shutil.which(CHROMIUM) is not None, "Chromium")


class PostgresDatabase:
    """A database of its own for one test, dropped afterwards."""

    def __init__(self, name: str) -> None:
        self.name = name
        parts = urlsplit(POSTGRES_URL)
        self.url = parts._replace(path=f"/{name}").geturl()

    def __enter__(self) -> PostgresDatabase:
        with psycopg.connect(POSTGRES_URL, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{self.name}"')
        return self

    def __exit__(self, *_: object) -> None:
        with psycopg.connect(POSTGRES_URL, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
