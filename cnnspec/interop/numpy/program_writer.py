"""The part of a file that is a program: from the files that a command names to the output."""

from __future__ import annotations

from ...graph.graph import Graph
from ...graph.shape import batch_of
from ..code.layout import INDENT, call, statement
from ..code.parameters import literal

WEIGHTS = 'weights = Path(__file__).with_suffix(".safetensors")'
SAY = '''def say(text: object) -> None:
    """Print, and end the program where it cannot: quietly where nobody reads on."""
    try:
        print(text, flush=True)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        is_closed = isinstance(error, BrokenPipeError)
        raise SystemExit(1 if is_closed else f"output: {error.strerror}") from error'''


def main(graph: Graph) -> str:
    save, show, ending = "np.save(given.output, y)", "say(y)", ".npy"
    if len(graph.outputs) > 1:
        save, show, ending = "np.savez(given.output, *y)", 'say("\\n".join(map(str, y)))', ".npz"
    run = "    y = network(x)"
    if graph.tensors:
        run = f"""    {WEIGHTS}
    with reported(weights):
        y = network(x, load_safetensors(weights))"""
    about = literal(f"{batch_of(graph.input)} of float32")
    taken = call("parser.add_argument", '"input"', type="Path", metavar='"INPUT.npy"', help=about)
    asked = "\n".join(statement("", taken, INDENT))
    return f'''def main() -> None:
    """Run on the file that the command names."""
    parser = argparse.ArgumentParser(description="Run the network on a batch.")
{asked}
    parser.add_argument("output", type=Path, metavar="OUTPUT{ending}", nargs="?")
    given = parser.parse_args()
    with reported(given.input):
        x = checked(load_array(given.input))
    if given.output is not None:
        with reported(given.output):
            ensure_free(given.output, "{ending}", given.input)
{run}
    if given.output is None:
        {show}
        return
    with reported(given.output):
        {save}'''
