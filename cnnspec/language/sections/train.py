"""The `train` section of a spec: how its weights are learned.

Only what can be said without NumPy and without a file stands here, so that `validate` can say it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ...diagnostics import Issue
from ...diagnostics.wording import clipped, listed
from ...graph.layer import STRICT, Count, Layer, Natural, Style
from ...graph.shape import is_image, times

if TYPE_CHECKING:
    from ...graph.graph import Graph
    from ...graph.shape import Shape
    from .name_patterns import NamePatterns

NAMED = 5
"""So many patterns that freeze nothing are named."""
Share = Annotated[float, Field(gt=0, lt=1)]
Beta = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0, le=1e6)]
LossName = Literal["cross_entropy", "binary_cross_entropy", "mse"]


class Augmentation(BaseModel):
    """Random changes of the images that are learned from; none of those that are held out. All are optional."""

    model_config = ConfigDict(**STRICT, allow_inf_nan=False)

    shift: Natural = Field(0, description="move by up to so many cells along each axis; what comes in is 0")
    crop: Natural = Field(0, description="pad by so many cells on each side, then cut the input's size out anywhere")
    flip: bool = Field(False, description="mirror left and right, every other image")
    rotate: float = Field(0.0, ge=0, le=180, description="turn by up to so many degrees")

    def issues(self, input: Shape, output: Shape) -> Iterator[Issue]:
        """What keeps these changes from making sense for images `input`, of which `output` is learned."""
        if not is_image(input):
            if self != Augmentation():
                why = f"`input` is a vector of {input[0]}, which has no rows and columns"
                yield Issue("E306", "`augment` changes images", "augment", why=why, help="leave `augment` out")
            return
        if self != Augmentation() and prod(output[1:]) > 1:
            why = f"the output is an image, {times(output)}; what it is held against stays as it is"
            message = "`augment` changes the images, but not their targets"
            yield Issue("E306", message, "augment", why=why, help="leave `augment` out")
        reach = self.shift + self.crop
        if reach >= min(input[1:]):
            field = "shift" if self.shift >= self.crop else "crop"
            why = f"shift {self.shift:,} and crop {self.crop:,}, images of {times(input[1:])} (H x W)"
            message = f"`{field}` can move all of the image away"
            yield Issue("E306", message, f"augment.{field}", why=why, help="move by fewer cells")


class Train(BaseModel):
    """How the weights are learned from many pairs of input and target. All keys are optional."""

    model_config = ConfigDict(**STRICT, allow_inf_nan=False)

    data: str | None = Field(
        None, description="the examples: `digits`, `digits28`, `iris`, or the path of a folder or file"
    )
    validation: Natural | Share = Field(
        0.1, description="examples held out at the end of the data: a share, `1/5`, or a count, `10000`"
    )
    validation_data: str | None = Field(
        None, description="other examples to judge by, in place of those held out: the path of a folder or file"
    )
    loss: LossName = Field(
        "cross_entropy",
        description="what is made small: cross-entropy of class scores (a final softmax or logsoftmax is part of "
        "it), binary cross-entropy of each output by itself, for several labels at once (a final sigmoid is part of "
        "it), or the mean squared error",
    )
    class_weights: Literal["balanced"] | tuple[Positive, ...] | None = Field(
        None,
        description="of cross_entropy: how much an example of each class counts in training, a number for each; "
        "`balanced`: the more, the rarer its class is",
    )
    smoothing: Beta = Field(0.0, description="of cross_entropy: share of the target spread evenly over all classes")
    optimizer: Literal["sgd", "adam", "adamw"] = Field("adam", description="the rule by which weights follow gradients")
    rate: Positive = Field(1e-3, description="learning rate; with a schedule the highest")
    momentum: Beta = Field(0.9, description="of sgd: share of the last step that goes on")
    nesterov: bool = Field(False, description="of sgd: look ahead along the momentum")
    decay: Annotated[float, Field(ge=0, le=1e6)] = Field(0.0, description="weight decay, of all learned tensors")
    betas: tuple[Beta, Beta] = Field(
        (0.9, 0.999), description="of adam and adamw: how long the running means of gradients and squares last"
    )
    eps: Positive = Field(1e-8, description="of adam and adamw: added to the root of the squares")
    schedule: Literal["constant", "step", "cosine", "one-cycle"] = Field(
        "constant", description="how the rate goes on: `cosine` falls to 0, `one-cycle` rises first"
    )
    warmup: Annotated[float, Field(ge=0, le=1e6)] = Field(0.0, description="epochs in which the rate rises from 0")
    every: Count = Field(5, description="of schedule step: epochs between two steps")
    factor: Annotated[float, Field(gt=0, le=1)] = Field(0.1, description="of schedule step: what the rate is times")
    batch: Count = Field(64, description="examples in a step")
    epochs: Count = Field(10, description="how often every example is seen")
    seed: Natural = Field(0, description="of all random numbers")
    clip: Positive | None = Field(None, description="the longest gradient (its norm over all tensors); none by default")
    patience: Count | None = Field(None, description="stop after so many epochs without a better validation loss")
    style: Style = Field("he", description="how weights are drawn that are not given")
    freeze: tuple[str, ...] = Field((), description="layers or tensors that stay as they are: `[conv1, features.*]`")
    augment: Augmentation = Field(default_factory=Augmentation, description="random changes of the images")

    @cached_property
    def _frozen(self) -> NamePatterns:
        from .name_patterns import NamePatterns  # few specs freeze anything

        return NamePatterns(self.freeze)

    def freezes(self, name: str) -> bool:
        """Whether a tensor, or the layer that holds it, is to stay as it is."""
        return bool(self.freeze) and (self._frozen.match(name) or self._frozen.match(name.rpartition(".")[0]))

    def trained(self, graph: Graph) -> Graph:
        """The part of a network that is trained: a final softmax or logsoftmax is part of cross-entropy, a final
        sigmoid of binary cross-entropy."""
        last = graph.by_name.get(graph.outputs[0])  # none when the input itself is put out
        if last is None or last.layer.part_of_loss != self.loss:
            return graph
        return graph.until(last.inputs[0])

    def learned(self, graph: Graph) -> dict[str, Shape]:
        """The tensors that follow their gradients, by name: those of layers that the output hangs on."""
        return {name: shape for name, shape in _weights(graph).items() if not self.freezes(name)}

    def lonely(self, graph: Graph) -> str | None:
        """A layer that goes by the batch, and gets from each example a single value for a channel: of one example it
        could learn nothing. None where there is no such layer."""
        learned = self.learned(graph)
        for step in graph.steps:
            is_learned = any(f"{step.name}.{key}" in learned for key in step.tensors)
            if is_learned and step.layer.normalizes_batch and prod(step.arriving[0][1:]) == 1:
                return step.name
        return None

    @property
    def slots(self) -> tuple[str, ...]:
        """What the optimizer remembers of each weight."""
        if self.optimizer == "sgd":
            return ("momentum",) if self.momentum else ()
        return "mean", "square"

    def issues(self, graph: Graph) -> Iterator[Issue]:
        """What keeps these settings from training a network, or what in them does nothing."""
        yield from self._contradictions()
        yield from self._in_vain()
        yield from self._misfits(graph)

    def _contradictions(self) -> Iterator[Issue]:
        if self.validation == 1:
            yield Issue(
                "E305",
                "one example says nothing about the rest",
                "validation",
                why="a number below 1 is a share of the examples, a whole number counts them",
                help="`validation: 1/10`, or 0 to hold nothing out",
            )
        if self.nesterov and self.momentum == 0 and self.optimizer == "sgd":
            yield Issue(
                "E305", "`nesterov` needs a momentum", "nesterov", why="`momentum` is 0", help="`momentum: 0.9`"
            )
        if self.warmup and self.schedule == "one-cycle":
            why = "its rate rises over the first 30% of the steps by itself"
            yield Issue("E305", "`one-cycle` takes no `warmup`", "warmup", why=why, help="leave `warmup` out")
        elif self.warmup >= self.epochs:
            why = f"{self.warmup:g} epochs of warm-up, {self.epochs} in all"
            yield Issue(
                "E305", "the rate never gets to its height", "warmup", why=why, help=f"`warmup` < {self.epochs}"
            )
        if self.patience is not None and self.validation == 0 and self.validation_data is None:
            why = "`validation: 0` holds no examples out, so there is no validation loss"
            yield Issue("E305", "`patience` has nothing to go by", "patience", why=why, help="`validation: 1/10`")

    def _in_vain(self) -> Iterator[Issue]:
        """Keys that were written and change nothing."""
        for key, chosen, fields in _USES:
            value = getattr(self, key)
            for field in sorted(self.model_fields_set.intersection(fields)):
                if not value.startswith(chosen):
                    help = f"leave it out, or `{key}: {chosen}`"
                    yield Issue("W301", f"`{field}` does nothing here", field, why=f"`{key}` is {value}", help=help)
        if self.schedule == "step" and self.every >= self.epochs:
            why = f"a step every {self.every} epochs, {self.epochs} in all"
            yield Issue("W301", "the rate never changes", "schedule", why=why, help=f"`every` < {self.epochs}")

    def _misfits(self, graph: Graph) -> Iterator[Issue]:
        layers = {name.rpartition(".")[0] for name in graph.tensors}
        if idle := self.freeze and self._frozen.idle((*graph.tensors, *layers)):
            said = listed([f"`{clipped(pattern)}`" for pattern in idle], NAMED)
            why = "no layer and no tensor is called so"
            help = "`cnnspec summary` shows the names"
            yield Issue("E306", f"{said} freeze{'s' * (len(idle) == 1)} nothing", "freeze", why=why, help=help)
        if len(graph.outputs) > 1:
            why = f"`outputs` names {len(graph.outputs)}; a loss is made of one"
            yield Issue("E306", "a network of several outputs cannot be trained", why=why, help="name one output")
            return
        trained = self.trained(graph)
        if not _weights(trained):
            why = "no layer that the output hangs on holds a weight"
            yield Issue("E306", "the network has nothing to learn", why=why, help="add a `conv`")
            return
        if not self.learned(trained):
            why = "all weights that the output hangs on are frozen"
            yield Issue("E306", "nothing is left to learn", "freeze", why=why, help="freeze fewer layers")
        if self.batch == 1 and (name := self.lonely(trained)):
            why = f"`{name}` gets one value for each channel, which is its own mean: nothing is left of it"
            message = "batch norm has nothing to go by in batches of 1"
            yield Issue("E306", message, "batch", why=why, help="`batch: 2` or more")
        shape = graph.shape(graph.outputs[0])
        yield from self.augment.issues(graph.input, shape)
        if self.loss == "cross_entropy" and shape[0] < 2:
            what = f"the output is {times(shape)}" + (" (C x H x W)" if is_image(shape) else "")
            help = "an output of depth 2 or more, or `loss: mse`"
            yield Issue(
                "E306", "cross_entropy needs a score for each of two classes or more", "loss", why=what, help=help
            )
        elif isinstance(self.class_weights, tuple) and len(self.class_weights) != shape[0]:
            why = f"there are {len(self.class_weights)} weights, and {shape[0]} classes"
            message = "`class_weights` needs a number for each class"
            yield Issue("E306", message, "class_weights", why=why, help=f"{shape[0]} numbers, or `balanced`")
        yield from self._last_layer(graph)

    def _last_layer(self, graph: Graph) -> Iterator[Issue]:
        """What the loss has against the layer that the network ends in."""
        last = graph.by_name.get(graph.outputs[0])
        if last is None:
            return
        wants, kind = last.layer.part_of_loss, last.layer.kind
        if self.loss == "binary_cross_entropy" and wants not in ("", self.loss):
            message = "binary_cross_entropy judges each output by itself"
            why = f"the network ends in `{kind}`, where they add up to 1"
            yield Issue("E306", message, "loss", why=why, help=f"`sigmoid` in the place of `{kind}`")
        if self.loss == "cross_entropy":
            scores = graph.by_name.get(last.inputs[0]) if wants == self.loss else last
            if scores is not None and scores.layer.reach:
                yield self._reach(scores.layer)

    def _reach(self, layer: Layer) -> Issue:
        """W302 for scores that are not of any size."""
        kind = layer.kind
        help = f"leave `{kind}` out"
        if layer.part_of_loss == "binary_cross_entropy":
            help = f"`softmax` in the place of `{kind}`; for several labels at once `loss: binary_cross_entropy`"
        why = f"they come from `{kind}`, so that each is {layer.reach}"
        return Issue("W302", "`cross_entropy` takes scores of any size", "loss", why=why, help=help)


def _weights(graph: Graph) -> dict[str, Shape]:
    """The tensors that could be learned, by name: those of layers that no output hangs on could not."""
    return {name: t.shape for name, t in graph.until(*graph.outputs).tensors.items() if not t.buffer}


_USES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("loss", "cross_entropy", ("smoothing", "class_weights")),
    ("optimizer", "sgd", ("momentum", "nesterov")),
    ("optimizer", "adam", ("betas", "eps")),
    ("schedule", "step", ("every", "factor")),
)
"""Which settings only some choice of another one uses; `adam` is the beginning of `adamw` too."""
