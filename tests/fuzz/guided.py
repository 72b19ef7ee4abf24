"""Inputs chosen by the branches that they take, with atheris (libFuzzer): of the extra `fuzz`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import NoReturn

from fuzz import scratch
from fuzz.campaign import Campaign
from fuzz.mutation import LARGEST


def run(started: Callable[[], Campaign], report: Callable[[Campaign], int]) -> NoReturn:
    """Fuzz what `started` gives, and end the process with what `report` says: libFuzzer never returns.

    What the seeds import is instrumented, so nothing of cnnspec should be imported before.
    """
    import atheris

    with atheris.instrument_imports(include=["cnnspec"]):
        campaign = started()

    def end() -> NoReturn:
        code = report(campaign)
        sys.stdout.flush()
        scratch.remove()
        os._exit(code)

    def one(data: bytes) -> None:
        if campaign.is_done:
            end()
        campaign.execute(data)

    def mutated(data: bytes, largest: int, seed: int) -> bytes:
        if seed % 4:
            return campaign.mutated(data)[:largest]
        return bytes(atheris.Mutate(data, largest))

    for i, data in enumerate(campaign.pool):
        folder = scratch.file(f"seeds/{i}", data).parent
    options = [
        f"-seed={campaign.seed + 1}",
        f"-max_len={LARGEST}",
        "-rss_limit_mb=0",
        "-timeout=3600",
        "-verbosity=0",
        f"-artifact_prefix={folder}/",
    ]
    atheris.Setup(["fuzz", *options, str(folder)], one, custom_mutator=mutated)
    atheris.Fuzz()
    end()
