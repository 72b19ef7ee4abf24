"""Give a target inputs that are made to break it, for as long as you like.

Inputs that are faults are kept in a folder, one of each kind; move one to tests/fuzz/corpus/TARGET when it is mended,
and it stays tested. The exit code is 1 when there were faults.
"""

from __future__ import annotations

import argparse
import sys
import traceback
import warnings
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from time import monotonic

from fuzz import guided, target
from fuzz.campaign import Campaign, file_name

WIDEST = 300
"""Characters of a line of a traceback that are shown."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    if options.runs is None and options.seconds is None:
        options.runs = 10_000
    warnings.simplefilter("error")
    if options.replay:
        for path in options.replay:
            print(f"{path}: {target.find(options.target).execute(path.read_bytes()) or 'taken'}")
        return 0
    begun = monotonic()

    def keep(kind: str, data: bytes, fault: BaseException) -> None:
        path: Path = options.found / options.target / file_name(data)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        lines = "".join(traceback.format_exception(fault, limit=-6)).splitlines()
        print(f"\n{kind}\n{path}", *(line[:WIDEST] for line in lines[-40:]), sep="\n", file=sys.stderr)

    def report(campaign: Campaign) -> int:
        seconds = monotonic() - begun
        print(
            f"{options.target}: {campaign.executions:,} executions in {seconds:.0f} s, {campaign.refusals:,} refused,"
            f" {len(campaign.faults)} kinds of faults"
        )
        return int(bool(campaign.faults))

    def started() -> Campaign:
        campaign = Campaign(target.find(options.target), options.seed, options.runs, options.seconds, keep)
        campaign.begin(path.read_bytes() for path in target.corpus(options.target) if not target.is_known(path))
        return campaign

    if options.guided:
        guided.run(started, report)
    campaign = started()
    with suppress(KeyboardInterrupt):
        campaign.go_on()
    return report(campaign)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", choices=target.names(), metavar="TARGET", help=", ".join(target.names()))
    parser.add_argument("--runs", type=int, metavar="N", help="executions; default: 10,000 where no seconds are given")
    parser.add_argument("--seconds", type=float, metavar="N", help="time to take")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another one makes other inputs")
    parser.add_argument("--found", type=Path, default=Path("build/fuzz"), metavar="FOLDER", help="default: %(default)s")
    parser.add_argument("--replay", type=Path, nargs="+", metavar="FILE", help="only execute these inputs")
    parser.add_argument(
        "--blind",
        dest="guided",
        action="store_false",
        default=find_spec("atheris") is not None,
        help="follow the answers alone, not which lines run: what is done where atheris is not installed",
    )
    return parser
