from __future__ import annotations

import os
import sys
import time

import numpy as np
import pytest

from digits import machine, settings

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it")


def test_the_machine_is_named_with_its_cores() -> None:
    found = machine.facts()
    assert found["cores"] == settings.cores()
    assert found["processor"]
    assert found["python"].startswith(f"{sys.version_info.major}.{sys.version_info.minor}")


@LINUX
def test_the_peak_of_memory_begins_anew() -> None:
    block = np.ones(50_000_000, np.uint8)
    with_it = machine.peak_bytes()
    del block
    assert machine.peak_bytes() >= with_it - 10**6
    assert machine.reset_peak()
    assert machine.peak_bytes() < with_it - 40_000_000


@LINUX
def test_the_cores_are_busy_for_at_least_as_long_as_this_process_is() -> None:
    before, own = machine.busy_seconds(), time.process_time()
    while time.process_time() - own < 0.3:
        pass
    after = machine.busy_seconds()
    assert before is not None
    assert after is not None
    assert after - before > 0.2  # it is counted in hundredths, and a tick may fall to another


@LINUX
def test_only_the_cores_that_this_process_may_use_are_counted() -> None:
    allowed = os.sched_getaffinity(0)
    if len(allowed) < 2:
        pytest.skip("there is one core only")
    everything = machine.busy_seconds()
    try:
        os.sched_setaffinity(0, {min(allowed)})
        one = machine.busy_seconds()
    finally:
        os.sched_setaffinity(0, allowed)
    assert one is not None
    assert everything is not None
    assert one < everything
