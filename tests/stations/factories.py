"""Rows for tests."""

from __future__ import annotations

from typing import Any

import factory

from stations.models import EVSE, Connector, IdToken, Station, Transaction
from tests.stations.support import NOON


class StationFactory(factory.django.DjangoModelFactory[Station]):
    class Meta:
        model = Station

    identity = factory.Sequence(lambda number: f"CP{number}")


class EvseFactory(factory.django.DjangoModelFactory[EVSE]):
    class Meta:
        model = EVSE
        django_get_or_create = ("station", "number")

    station: Any = factory.SubFactory(StationFactory)
    number = 1


class ConnectorFactory(factory.django.DjangoModelFactory[Connector]):
    class Meta:
        model = Connector

    evse: Any = factory.SubFactory(EvseFactory)
    number = 1
    status = "Available"
    received_at = NOON


class TokenFactory(factory.django.DjangoModelFactory[IdToken]):
    class Meta:
        model = IdToken

    value = factory.Sequence(lambda number: f"CARD{number}")


class TransactionFactory(factory.django.DjangoModelFactory[Transaction]):
    class Meta:
        model = Transaction

    station: Any = factory.SubFactory(StationFactory)
    started_at = NOON
