"""The part of a file that stands alone: from a picture to the input, from the output to the likeliest classes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from ...diagnostics import Diagnostic, FileError
from ...graph.graph import Graph
from ...graph.shape import is_image
from ..code.layout import listing, statement
from ..code.parameters import literal
from .program_writer import WEIGHTS

if TYPE_CHECKING:
    from ...language.sections.preprocess import Preprocess
    from ...spec import Spec

READ = {"scores": "softmax(y)", "probabilities": "y", "log-probabilities": "np.exp(y)"}
TOP = 5


def pieces(spec: Spec, graph: Graph) -> list[str]:
    """The functions and constants of a spec. Raises FileError: E411 and E412 where no image becomes its input, E419 for
    what a file alone cannot do."""
    from ...inputs.images import section
    from ...spec.ranking import output_kind, reading

    if not is_image(graph.input):
        message = f"the network takes vectors of {graph.input[0]}, no pictures"
        raise _refused(spec, message, "pictures are what the file would take")
    asked = section(Path(spec.source.file), spec.header.preprocess, graph.input)
    if len(graph.outputs) > 1 or reading(graph, graph.outputs[0]) is None:
        raise _refused(spec, "the outputs are no list of classes", "its likeliest classes are what the file prints")
    names = spec.classes()
    count = graph.shape(graph.outputs[0])[0]
    named = names if names is not None and len(names) == count else tuple(map(str, range(count)))
    classes = statement("CLASSES = ", listing("", [_quoted(name) for name in named]), "")
    return ["\n".join(classes), _preprocess(asked, graph), _main(graph, READ[output_kind(graph, graph.outputs[0])])]


def _refused(spec: Spec, message: str, why: str) -> FileError:
    help = "without `--standalone` the network alone is written"
    return FileError([Diagnostic("E419", message, file=spec.source.file, why=why, help=help)])


def _quoted(text: str) -> str:
    """A text as it stands in a program, without signs that turn what follows."""
    if not text.isprintable():
        return ascii(text) if '"' in text else f'"{ascii(text)[1:-1]}"'
    return repr(text) if '"' in text and "'" not in text else json.dumps(text, ensure_ascii=False)


def _preprocess(asked: Preprocess, graph: Graph) -> str:
    filter = literal(asked.filter)
    lines = [f"x = {'gray' if asked.channels(graph.input[0]) == 1 else 'colour'}(pixels(picture))"]
    if asked.crop_fraction is not None:
        lines.append(f"x = centre_square(x, {literal(asked.crop_fraction)})")
    if isinstance(asked.resize, int):
        lines.append(f"x = resized_to_short(x, {asked.resize}, {filter})")
    elif asked.resize is not None:
        lines.append("x = resized(x, {}, {}, {})".format(*asked.resize, filter))
    if asked.crop is not None:
        H, W = (asked.crop, asked.crop) if isinstance(asked.crop, int) else asked.crop
        lines.append(f"x = centre(x, {H}, {W})")
    if asked.mode == "bgr":
        lines.append("x = x[:, :, ::-1]")
    if asked.invert:
        lines.append("x = 255 - x")
    lines += [f"x = x * {literal(asked.scale)}"] if asked.scale != 1 else []
    lines += [f"x = x - {_level(asked.mean)}"] if asked.mean != 0 else []
    lines += [f"x = x / {_level(asked.std)}"] if asked.std != 1 else []
    about = f'"""A picture (H, W, 3) or (H, W) of bytes becomes (1, {", ".join(map(str, graph.input))})."""'
    body = [about, *lines, "return checked(x.transpose(2, 0, 1))"]
    return "\n".join(["def preprocess(picture: Array) -> Array:", *(f"    {line}" for line in body)])


def _level(value: float | tuple[float, ...]) -> str:
    return f"np.array({literal(value)})" if isinstance(value, tuple) else literal(value)


def _main(graph: Graph, read: str) -> str:
    loaded, run = "", "        p = probabilities(network(x))[0]"
    if graph.tensors:
        loaded = f"""    {WEIGHTS}
    with reported(weights):
        tensors = load_safetensors(weights)
"""
        run = """        with reported(weights):
            p = probabilities(network(x, tensors))[0]"""
    return f'''def probabilities(y: Array) -> Array:
    """The output as one probability for each class."""
    y = y.reshape(len(y), -1)
    return {read}


def main() -> None:
    """The likeliest classes of each picture that the command names."""
    parser = argparse.ArgumentParser(description="The likeliest classes of pictures.")
    about = "(H, W, 3), or (H, W) of gray, of uint8"
    parser.add_argument("path", type=Path, metavar="PICTURE.npy", nargs="+", help=about)
{loaded}    for path in parser.parse_args().path:
        with reported(path):
            x = preprocess(load_array(path))
{run}
        say(shown(path))
        for i in likeliest(p, {TOP}):
            say(f"{{100 * p[i]:7.2f}} %  {{shown(CLASSES[i])}}")'''
