"""The embedded network, loaded once for all tests of travel times."""

import pytest

from services.dispatch.travel.roads import RoadNetwork


@pytest.fixture(scope="session")
def roads() -> RoadNetwork:
    return RoadNetwork.load()
