"""`report --serve`: the page on this machine, until Ctrl-C."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import click

from ..graph.array import Array
from ..reports.inspection.trace import trace
from ..reports.page.report import assembled
from ..reports.page.served.server import PageServer
from ..reports.page.served.session import Session
from ..spec import Spec
from .progress_bar import tracked


def serve(
    spec: Spec,
    tensors: Mapping[str, Array],
    inputs: Iterable[tuple[str, Array]],
    port: int,
    is_opened: bool,
    **said: Any,
) -> None:
    """The page of a network on its `inputs`; `said` is what `assembled` takes beside them. Raises UsageError for a port
    that is not to be had."""
    try:
        server = PageServer(port)
    except OSError as fault:
        why = fault.strerror or str(fault)
        raise click.UsageError(
            f"port {port} cannot be used: {why}. --serve without a number takes a free one."
        ) from None
    with server:
        named = list(inputs)
        traces = [trace(spec.graph, tensors, x) for _, x in tracked(named, len(named))]
        made = assembled(spec, [name for name, _ in named], traces, amount=None, **said)
        server.put(made.html, Session(spec, tensors, traces, bool(said["weights"])))
        click.echo(f"{server.address}\nCtrl-C ends it.")
        if is_opened:
            click.launch(server.address)
        server.serve_forever()
