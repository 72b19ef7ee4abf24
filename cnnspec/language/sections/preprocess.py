"""The `preprocess` section of a spec: how an image file becomes the spec's input.

Only whole-number geometry and checks stand here, so that a spec, and an image by its header, can be checked
without NumPy or Pillow; `cnnspec.inputs.images` carries the steps out. Sizes are (H, W) in pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from ...diagnostics import Issue
from ...diagnostics.wording import quantity
from ...graph.layer import STRICT, Count
from ...graph.shape import Shape, is_image, times

# The bounds keep (255 x scale - mean) / std far inside float32.
Level = Annotated[float, Field(ge=-1e6, le=1e6)]
Spread = Annotated[float, Field(ge=1e-6, le=1e6)]


class Step(NamedTuple):
    """One change of size: to `size`, by cutting at `corner` (top, left), or by resizing when that is None."""

    text: str
    size: tuple[int, int]
    corner: tuple[int, int] | None = None


class Preprocess(BaseModel):
    """From image to input, in the order of the fields. All of them are optional."""

    model_config = ConfigDict(**STRICT, allow_inf_nan=False)

    mode: Literal["gray", "rgb", "bgr"] | None = Field(
        None,
        description="Channels and their order. By default as the input's depth asks: gray for C = 1, rgb for "
        "C = 3. Colour turns gray by ITU-R 601 luma; gray turns into colour by three equal channels.",
    )
    crop_fraction: float | None = Field(
        None,
        gt=0,
        le=1,
        description="Cut a square out of the centre: this fraction of the short side, rounded down.",
    )
    resize: Count | tuple[Count, Count] | None = Field(
        None,
        description="A number: the short side becomes this, the long side keeps the proportion (rounded "
        "down). `[H, W]`: exactly this size, whatever the proportion was.",
    )
    filter: Literal["nearest", "bilinear", "bicubic"] = Field(
        "bilinear",
        description="How `resize` mixes pixels. bilinear and bicubic widen when they shrink an image "
        "(antialiasing), as in Pillow.",
    )
    crop: Count | tuple[Count, Count] | None = Field(
        None,
        description="Cut the centre out: `[H, W]`, or a number for a square. Nothing is added to an image "
        "that is smaller.",
    )
    invert: bool = Field(False, description="Replace x by 255 - x, for dark ink on light paper.")
    scale: float = Field(
        1.0,
        gt=0,
        le=1e6,
        description="Multiply by this. Pixels arrive as 0 to 255; `1/255` makes that 0 to 1.",
    )
    mean: Level | tuple[Level, ...] = Field(
        0.0, description="Subtract this after `scale`: one number, or one a channel in the order of `mode`."
    )
    std: Spread | tuple[Spread, ...] = Field(
        1.0, description="Divide by this after `mean`: one number, or one a channel in the order of `mode`."
    )

    def channels(self, C: int) -> int:
        """Channels of the tensor made for an input of depth `C`: 1 for gray, 3 for rgb and bgr."""
        return 1 if (self.mode == "gray" if self.mode else C == 1) else 3

    def size(self, height: int, width: int) -> tuple[int, int]:
        """(H, W) that an image of `height` x `width` pixels ends up with."""
        return ((height, width), *(step.size for step in self.steps(height, width)))[-1]

    def changes(self, height: int, width: int) -> bool:
        """Whether an image of `height` x `width` pixels is cut or resized at all."""
        return any(step.size != (height, width) for step in self.steps(height, width))

    def steps(self, height: int, width: int) -> Iterator[Step]:
        """The changes of size for an image of `height` x `width` pixels, in order.

        `crop_fraction` cuts as the preprocessing published with EfficientNet does, the odd pixel at the top
        left; `resize` and `crop` round as torchvision does. A `crop` larger than the image keeps the image.
        """
        if self.crop_fraction is not None:
            # Without the allowance 0.29 x 100 would be 28.999..., an error of binary fractions.
            side = max(1, int(self.crop_fraction * min(height, width) + 1e-6))
            corner = (height - side + 1) // 2, (width - side + 1) // 2
            height = width = side
            yield Step(f"crop_fraction: {self.crop_fraction:g}", (height, width), corner)
        if self.resize is not None:
            short = min(height, width)
            if isinstance(self.resize, int):
                height, width = self.resize * height // short, self.resize * width // short
            else:
                height, width = self.resize
            yield Step(_written("resize", self.resize), (height, width))
        if self.crop is not None:
            H, W = map(min, _pair(self.crop), (height, width))
            yield Step(_written("crop", self.crop), (H, W), (round((height - H) / 2), round((width - W) / 2)))

    def issues(self, input: Shape) -> Iterator[Issue]:
        """What keeps every image whatsoever from becoming such an input."""
        if not is_image(input):
            message = f"an image cannot become a vector of {input[0]}"
            why = "`input` has no H and W, so it takes arrays and tables of numbers as they are"
            help = "leave `preprocess` out; or let `input` be an image, with `flatten` as the first layer"
            yield Issue("E304", message, why=why, help=help)
            return
        C, H, W = input
        yield from self._depth_issues(C)
        yield from self._size_issues(H, W)

    def _depth_issues(self, C: int) -> Iterator[Issue]:
        made = self.channels(C)
        given = f"`mode: {self.mode}`" if self.mode else "an image in colour"
        if made != C:
            yield Issue(
                "E304",
                f"an image cannot become an input of depth {C}",
                "mode" if self.mode else "",
                why=f"{given} has C = {made}; the input has C = {C}",
                help={1: "`mode: gray`", 3: "`mode: rgb`"}.get(C, "an image has C = 1 or C = 3; give arrays instead"),
            )
        for field, values in (("mean", self.mean), ("std", self.std)):
            if isinstance(values, tuple) and len(values) != C:
                yield Issue(
                    "E304",
                    f"`{field}` has {len(values)} values for {quantity(C, 'channel')}",
                    field,
                    why=f"{len(values)} != C = {C}",
                    help=f"one number for all channels, or a list of {C}",
                )

    def _size_issues(self, H: int, W: int) -> Iterator[Issue]:
        if self.crop is not None and _pair(self.crop) != (H, W):
            yield Issue(
                "E304",
                f"`{_written('crop', self.crop)}` never gives the input's size",
                "crop",
                why=f"it cuts out at most {times(_pair(self.crop))} (H x W); the input is {H}x{W}",
                help=f"`{_written('crop', (H, W))}`",
            )
        elif self.resize is not None:
            made, wanted, what = (
                ((self.resize,), (min(H, W),), "a short side of ")
                if isinstance(self.resize, int)
                else (self.resize, (H, W), "")
            )
            if made != wanted if self.crop is None else any(m < w for m, w in zip(made, wanted, strict=True)):
                yield Issue(
                    "E304",
                    f"`{_written('resize', self.resize)}` never gives the input's size",
                    "resize",
                    why=f"it makes {what}{times(made)}; the input has {what}{times(wanted)}",
                    help=f"`{_written('resize', wanted if len(wanted) == 2 else wanted[0])}`",
                )

    def advice(self, height: int, width: int, H: int, W: int) -> str:
        """What to write so that an image of `height` x `width` pixels becomes `H` x `W`."""
        if self.crop_fraction is not None:
            height, width = next(self.steps(height, width)).size
        short = min(height, width)
        cover = max(-(-H * short // height), -(-W * short // width))
        return (
            f"`resize: [{H}, {W}]` stretches it; `resize: {cover}` with `{_written('crop', (H, W))}` "
            "keeps its proportions and takes the middle"
        )


def _pair(size: int | tuple[int, int]) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else size


def _written(field: str, size: int | tuple[int, int]) -> str:
    """A field as in the spec. For `crop` alone, one number means the same as two equal ones."""
    if field == "crop" and _pair(size)[0] == _pair(size)[1]:
        size = _pair(size)[0]
    return f"{field}: {size if isinstance(size, int) else list(size)}"
