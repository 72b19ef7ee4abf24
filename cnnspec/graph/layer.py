"""What a layer is: the contract that every file in `cnnspec/layers/` fulfils.

A layer is a strict pydantic model of its fields plus pure functions of the arriving shape: the shape it
produces, the tensors it holds, the multiply-accumulates it costs, how far one output cell looks back.
`forward` is its plain execution and its definition: NCHW float arrays in, one array out.

Shapes leave the batch out: `(C, H, W)`, or `(C,)` after `flatten`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple, Protocol

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ..diagnostics import Issue
from .array import Array
from .explanation import Explanation
from .receptive_field import IDENTITY, ReceptiveFields
from .shape import Shape, is_image

if TYPE_CHECKING:
    import numpy as np

    Pullback = Callable[[Array], tuple[tuple[Array, ...], dict[str, Array]]]
    """The way back through a layer: from the loss' gradient by its output (N, *output) to those by each of its inputs
    and by each of its learned tensors. It is called once and may spoil what it is given. What it gives may be
    spoilt too: no gradient shares memory with another, nor with what the layer was given or has produced."""

    TrainingVjp = Callable[..., tuple[Array, Pullback]]
    """A layer's `vjp_training`, or what does the same: of a `TrainingContext`, its inputs and its tensors by name."""


STRICT = ConfigDict(strict=True, frozen=True, extra="forbid", defer_build=True)
"""How every pydantic model here is set up; a schema is built when it is first needed."""


def both(value: object) -> object:
    """One number stands for both axes."""
    return (value, value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Count = Annotated[int, Field(ge=1)]
Natural = Annotated[int, Field(ge=0)]
Pair = Annotated[tuple[Count, Count], BeforeValidator(both)]


class PerAxis:
    """Marks a field whose expressions are worked out once for each axis, with the axis' own F, S and D."""


Style = Literal["he", "glorot", "lecun"]
"""How weights are drawn that training starts from; `weights.initialisation` has the papers."""


Family = Literal["convolution", "dense", "pooling", "activation", "normalization", "moving", "join", "output"]


OutputKind = Literal["scores", "probabilities", "log-probabilities"]


class TensorSpec(NamedTuple):
    """An array that a layer holds, laid out as in PyTorch.

    `fan` = (fan in, fan out) marks a weight that starts at random; otherwise the array starts filled with
    `fill`. A `buffer` is computed, not learned. A `bare` tensor may be stored under the layer's own name. The columns
    of a matrix may be an `unrolled` image's; None when they are not, or nobody has looked, () when it cannot be told.
    """

    shape: Shape
    fan: tuple[int, int] | None = None
    fill: float = 0.0
    buffer: bool = False
    bare: bool = False
    unrolled: Shape | None = None


class Example(NamedTuple):
    """A use of a layer: its YAML, the shape that arrives, the shape it produces or the code of its error."""

    yaml: str
    arriving: Shape
    produces: Shape | str

    @property
    def item(self) -> str:
        """The use as an item of a list in brackets: `relu`, `{conv: {F: 3, K: 8}}`."""
        return f"{{{self.yaml}}}" if ":" in self.yaml and not self.yaml.startswith("{") else self.yaml


class LayerError(Exception):
    """A layer cannot take what arrives, and the `issue` says why. It becomes a `Diagnostic` once its place is known."""

    def __init__(self, issue: Issue) -> None:
        self.issue = issue
        super().__init__(issue.message)


class SavedForBackward(NamedTuple):
    """What the way back through a layer holds on to, for one input: the arriving tensors, the output, and so many
    `own` bytes beside them. While it is gone it takes some `scratch` bytes, whatever the batch is."""

    inputs: bool = False
    output: bool = False
    own: int = 0
    scratch: int = 0


class TrainingContext(Protocol):
    """What a layer may need while it is trained, beside its inputs and tensors.

    A batch may be split between workers that run the same layers side by side, each on some of its images; `all_reduce`
    adds an array up over all of them, in a fixed order, and every worker gets the sum. With one worker it changes
    nothing. `random` is a generator of the worker's own.
    """

    needs_input_grad: bool
    """Whether any layer before this one learns; else the gradients by the inputs are not needed, and zeros will do."""

    @property
    def random(self) -> np.random.Generator:
        """This step's."""

    def all_reduce(self, part: Array) -> Array:
        """The sum of every worker's `part`; all must ask in the same order."""

    def update_buffers(self, **buffers: Array) -> None:
        """New values for the layer's buffers, from the next step on."""


class Layer(BaseModel):
    """Base of all layers. A layer without tensors, cost or window overrides `output` and `forward` alone.

    `output`, `macs`, ... take one shape for each arriving tensor, `forward` one array for each and the layer's
    tensors by name; overriding methods name their parameters.
    """

    model_config = STRICT

    kind: ClassVar[str]
    examples: ClassVar[tuple[Example, ...]] = ()
    family: ClassVar[Family]
    """What it is like: pictures give each family a colour."""
    zh: ClassVar[str]
    """The first sentence of the class' docstring, what the layer does, in Chinese."""
    is_view: ClassVar[bool] = False
    """Running it moves no data: its output is its input's memory."""
    keeps_shape: ClassVar[bool] = False
    """Whatever its fields are, it produces the shape that arrives: after a mistake in them the next layers can be
    checked all the same."""
    normalizes_batch: ClassVar[bool] = False
    """In training it goes by mean and variance of a channel's values in the batch, so two of them are needed."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls.kind = cls.__module__.rpartition(".")[2]

    @classmethod
    def letters(cls, values: Mapping[str, Any]) -> Mapping[str, tuple[Any, Any]]:
        """The layer's own letters, per axis, for fields marked `PerAxis`."""
        return {}

    @property
    def keeps_places(self) -> bool:
        """Whether an output's rows and columns stand for those that arrive, in their order: what was above is above."""
        return True

    @property
    def output_kind(self) -> OutputKind:
        """How the output reads when this is the network's last layer."""
        return "scores"

    @property
    def reach(self) -> str:
        """Between which numbers each value of the output lies, in words; empty where it may be any number."""
        return ""

    @property
    def part_of_loss(self) -> str:
        """The loss that, in training, works this layer out by itself when it is the network's last one."""
        return ""

    def output(self, *arriving: Any) -> Shape:
        """The shape produced, or raise `LayerError`."""
        raise NotImplementedError

    def check_fields(self) -> Iterator[Issue]:
        """What `output` would raise whatever arrives; asked only where that is not known."""
        return iter(())

    def warnings(self, *arriving: Any) -> Iterator[Issue]:
        """Warnings about a layer that does run."""
        return iter(())

    def tensors(self, *arriving: Any) -> dict[str, TensorSpec]:
        """The arrays the layer holds, by name."""
        return {}

    def macs(self, *arriving: Any) -> int:
        """Multiply-accumulates for one input; without bias, norm and activation."""
        return 0

    def receptive_field(self, *arriving: Any) -> ReceptiveFields:
        """Which arriving rows and columns an output cell looks at; None where it has no place in the image."""
        return IDENTITY, IDENTITY

    def forward(self, *inputs: Any, **tensors: Any) -> Array:
        """Plain execution: arrays (N, *arriving) to (N, *output)."""
        raise NotImplementedError

    def explain(self, place: Shape, *arriving: Any) -> Explanation:
        """Where the value at a place (c, row, column), or (i,) of a vector, of the output comes from."""
        raise NotImplementedError

    def vjp(self, *inputs: Any, **tensors: Any) -> tuple[Array, Pullback]:
        """The output of `forward` and the way back through it (the vector-Jacobian product)."""
        raise NotImplementedError

    def vjp_training(self, context: TrainingContext, *inputs: Any, **tensors: Any) -> tuple[Array, Pullback]:
        """`vjp` as it is done in training, where some layers (batch norm, dropout) compute something else."""
        return self.vjp(*inputs, **tensors)

    def saved_for_backward(self, *arriving: Any) -> SavedForBackward:
        """What the way back of `vjp_training` holds on to, in float32."""
        raise NotImplementedError


class Join(Layer):
    """A layer over two or more branches, which are written in place of fields; those that it has stand beside it."""

    family: ClassVar[Family] = "join"


def image(shape: Shape) -> tuple[int, int, int]:
    """The arriving image's C, H, W, or raise `LayerError`: a vector has no rows and columns."""
    if not is_image(shape):
        raise LayerError(
            Issue(
                "E204",
                f"{{layer}} needs an image, but a vector of {shape[0]} arrives",
                why="a vector has no rows and columns",
                help="put it before `flatten`, or `reshape: {C: ..., H: ..., W: ...}` first; "
                "`input` with H and W is an image",
                shows_input=True,
            )
        )
    C, H, W = shape
    return C, H, W
