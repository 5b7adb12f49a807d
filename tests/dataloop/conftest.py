"""A server and an SDK for all tests of a process, and ones that a module may stop and kill."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.dataloop.sdk import Sdk
from tests.dataloop.service import Service


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Give a server that runs."""
    service = Service(tmp_path_factory.mktemp("service")).start()
    yield service
    service.stop()


@pytest.fixture(scope="session")
def sdk(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sdk]:
    """Give an SDK pointed at it."""
    sdk = Sdk(tmp_path_factory.mktemp("sdk"), service)
    yield sdk
    sdk.close()


@pytest.fixture(scope="module")
def lone_sdk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sdk]:
    """Give an SDK with a server of its own, which may be stopped."""
    service = Service(tmp_path_factory.mktemp("lone service")).start()
    sdk = Sdk(tmp_path_factory.mktemp("lone sdk"), service)
    yield sdk
    sdk.close()
    service.stop()
