"""What activations share: their way back is a factor for each value."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..graph.explanation import Explanation, at, number
from ..graph.layer import Family, SavedForBackward
from ..graph.shape import Shape
from ._pointwise import Pointwise

if TYPE_CHECKING:
    from ..graph.array import Array, Mask
    from ..graph.layer import Pullback


class Activation(Pointwise):
    """y = f(x): each output value hangs on the input value at the same place alone.

    Where f has a bend, f' is that of PyTorch: relu'(0) = 0, as if the value lay on the flatter side.
    """

    family: ClassVar[Family] = "activation"
    formula: ClassVar[str]
    """f(x); its other names are the layer's fields."""
    by_output: ClassVar[bool] = False
    """f' follows from y, which the next layer mostly keeps as well; else it is worked out from x."""

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        numbers = {name: getattr(self, name) for name in type(self).model_fields}
        return Explanation(self.formula, {"x": at(0, place)} | {name: number(n) for name, n in numbers.items()})

    def derivative(self, kept: Array) -> Array | Mask:
        """f' by the arriving values, or `by_output` by those produced; a mask where it is either 0 or 1."""
        raise NotImplementedError

    def flat(self, kept: Array) -> Mask | None:
        """Where f stays as it is, by the same values: nothing goes back there, not even what is no number. None where
        `derivative` says it by a mask, or f is flat nowhere."""
        return None

    def vjp(self, x: Array) -> tuple[Array, Pullback]:
        from ..kernels.channels_last import parts
        from ..kernels.training.selection import select

        y = self.forward(x)
        kept = y if self.by_output else x

        def pull(dy: Array) -> tuple[tuple[Array], dict[str, Array]]:
            for part in parts(dy):
                factor, flat = self.derivative(kept[part]), self.flat(kept[part])
                if factor.dtype == bool:
                    select(dy[part], factor)
                    continue
                dy[part] *= factor
                if flat is not None:
                    select(dy[part], ~flat)
            return (dy,), {}

        return y, pull

    def saved_for_backward(self, arriving: Shape) -> SavedForBackward:
        return SavedForBackward(inputs=not self.by_output, output=self.by_output)
