import datetime as dt
from pathlib import Path

import pytest

from tests.wire.certificates import Certificates


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder: Path = tmp_path_factory.mktemp("certificates")
    return Certificates(folder, dt.datetime.now(dt.UTC))
