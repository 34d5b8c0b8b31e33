"""Both released networks, loaded once for all tests of a process."""

from __future__ import annotations

from functools import cache

from pipeline.segment.networks import Networks, load_networks
from pipeline.settings import load_settings


@cache
def shared_networks() -> Networks:
    return load_networks(load_settings())
