"""Files that nobody would think of: read, or refused in a sentence. The long search is `benchmarks.hostile_fuzz`."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fuzzed import READERS

EXAMPLES = 40


@pytest.mark.parametrize("reader", READERS)
def test_what_hypothesis_thinks_of_is_read_or_refused(reader: str) -> None:
    fuzz = READERS[reader]
    settings(
        max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )(given(fuzz.given())(fuzz.holds))()
