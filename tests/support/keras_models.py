"""Models that Keras has made: all of them in one process, as it takes seconds to be there.

`python keras_models.py FOLDER` writes each as NAME.keras and NAME.h5, and as NAME.npz an input and what Keras makes of
it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


def written(folder: Path) -> None:
    """All models, in a folder."""
    environment = os.environ | {"KERAS_BACKEND": "torch"}
    subprocess.run([sys.executable, __file__, str(folder)], env=environment, check=True, capture_output=True)


def in_a_row(*layers: Any, size: tuple[int, ...] = (8, 6, 3)) -> Any:
    import keras

    return keras.Sequential([keras.Input(size), *layers])


def convolutions(L: Any) -> Any:
    """Distinct sizes on every axis, so that no wrong order passes."""
    return in_a_row(
        L.Conv2D(4, (3, 5), strides=2, padding="same", activation="relu", name="stem"),
        L.DepthwiseConv2D((2, 3), depth_multiplier=2, padding="same"),
        L.SeparableConv2D(5, 3, padding="same", dilation_rate=2, activation="silu"),
        L.Conv2D(6, 1, groups=1, use_bias=False),
        L.Conv2D(8, 3, groups=2, padding="same", activation="hard_sigmoid"),
        L.Conv2DTranspose(3, (2, 3), strides=2, padding="same"),
        L.Conv2DTranspose(2, (2, 3), strides=(3, 2), activation="tanh"),
        size=(17, 12, 3),
    )


def norms(L: Any) -> Any:
    return in_a_row(
        L.Rescaling(1 / 127.5, offset=-1),
        L.Normalization(mean=[0.1, 0.2, 0.3], variance=[0.5, 0.6, 0.7]),
        L.BatchNormalization(),
        L.BatchNormalization(scale=False, epsilon=1e-4, momentum=0.9),
        L.BatchNormalization(center=False),
        L.BatchNormalization(center=False, scale=False),
        L.LayerNormalization(),
        L.Conv2D(4, 1),
        L.GroupNormalization(2),
        L.LayerNormalization(center=False, scale=False),
        L.PReLU(shared_axes=[1, 2]),
    )


def windows(L: Any) -> Any:
    return in_a_row(
        L.ZeroPadding2D(((1, 2), (3, 0))),
        L.MaxPooling2D(3, strides=2, padding="same"),
        L.AveragePooling2D(3, strides=1, padding="same"),
        L.AveragePooling2D(2, strides=2, padding="same"),
        L.UpSampling2D((2, 3)),
        L.UpSampling2D(2, interpolation="bilinear"),
        L.Cropping2D(((1, 0), (2, 1))),
        L.MaxPooling2D(2),
        L.AveragePooling2D(1),
        L.MaxPooling2D(1, strides=2),
        size=(15, 13, 2),
    )


def unrolled(L: Any) -> Any:
    """A vector in the order H, W, C, read by neurons, by norms and by a join."""
    import keras

    given = keras.Input((4, 3, 5))
    left = L.BatchNormalization()(L.ReLU()(L.Flatten()(given)))
    right = L.Flatten()(L.Conv2D(2, 1)(given))
    return keras.Model(given, L.Dense(7)(L.Dropout(0.2)(L.Concatenate()([L.Dense(3)(left), right]))))


def moved(L: Any) -> Any:
    """Values that are given out in Keras's order."""
    import keras

    given = keras.Input((4, 3, 5))
    outputs = [
        L.Flatten()(given),
        L.Reshape((3, 4, 5))(given),
        L.Permute((3, 1, 2))(given),
        L.Concatenate(axis=1)([given, given]),
        L.GlobalAveragePooling2D()(given),
        L.Reshape((2, 5, 6))(L.Flatten()(given)),
    ]
    return keras.Model(given, outputs)


def gated(L: Any) -> Any:
    import keras

    given = keras.Input((8, 6, 4))
    x = L.Conv2D(4, 3, padding="same", name="block_1_conv")(given)
    gate = L.Reshape((1, 1, 4))(L.GlobalAveragePooling2D()(x))
    gate = L.Conv2D(4, 1, activation="sigmoid", name="block_1_gate")(L.Conv2D(2, 1, activation="relu")(gate))
    x = L.Add()([L.Multiply()([x, gate]), given])
    x = L.Subtract()([x, L.Average()([given, x, x])])
    x = L.Maximum()([x, L.Minimum()([given, x])])
    x = L.ReLU(6.0)(x + 3.0) * (1 / 6)
    return keras.Model(given, L.Softmax()(L.LeakyReLU(negative_slope=0.1)(x)))


def nested(L: Any) -> Any:
    """Models in models, of which one is used twice."""
    import keras

    inner = in_a_row(L.Conv2D(3, 3, padding="same", name="deep"), L.BatchNormalization(), L.RandomFlip())
    given = keras.Input((8, 6, 3))
    unit = keras.Model(given, L.Add()([inner(given), given]), name="unit")
    outer = keras.Input((8, 6, 3), name="image")
    return keras.Model(outer, L.Dense(4, activation="softmax")(L.GlobalMaxPooling2D()(unit(unit(outer)))))


def channels_first(L: Any) -> Any:
    """Images as C, H, W, distinct on every axis; rows that are joined, and an image that is unrolled as it lies."""
    import keras

    first: dict[str, Any] = {"data_format": "channels_first"}
    given = keras.Input((3, 9, 7))
    x = L.Conv2D(4, (3, 2), strides=(2, 1), padding="same", activation="relu", **first)(given)
    x = L.BatchNormalization(axis=1)(x)
    x = L.ZeroPadding2D(((1, 0), (0, 2)), **first)(x)
    x = L.Cropping2D(((0, 1), (1, 0)), **first)(L.UpSampling2D((1, 2), **first)(x))
    x = L.Concatenate(axis=1)([L.MaxPooling2D(2, **first)(x), L.AveragePooling2D(2, padding="valid", **first)(x)])
    x = L.Concatenate(axis=-2)([x, x])
    weights = L.Reshape((8, 1, 1))(L.Dense(8, activation="sigmoid")(L.GlobalAveragePooling2D(**first)(x)))
    x = L.PReLU(shared_axes=[2, 3])(L.Multiply()([x, weights]))
    lying = L.Dense(5)(L.Flatten()(x))
    turned = L.Dense(6)(L.Flatten(**first)(L.Softmax(axis=1)(x)))
    return keras.Model(given, [lying, turned, L.Permute((2, 3, 1))(x), L.GlobalMaxPooling2D(**first)(x)])


def signal_first(L: Any) -> Any:
    first: dict[str, Any] = {"data_format": "channels_first"}
    return in_a_row(
        L.Conv1D(4, 3, activation="elu", **first),
        L.BatchNormalization(axis=1),
        L.MaxPooling1D(2, **first),
        L.Permute((2, 1)),
        size=(2, 12),
    )


def repeated(L: Any) -> Any:
    """Vectors as signals, joined and turned."""
    import keras

    given = keras.Input((6,))
    left, right = L.RepeatVector(3)(L.Dense(4)(given)), L.RepeatVector(3)(L.Dense(4)(given))
    outputs = [L.Concatenate(axis=axis)([left, right]) for axis in (1, 2)]
    return keras.Model(given, [*outputs, L.Permute((2, 1))(left), L.RepeatVector(1)(given)])


def signal(L: Any) -> Any:
    return in_a_row(
        L.Conv1D(4, 3, padding="same", activation="elu"),
        L.MaxPooling1D(2),
        L.SeparableConv1D(3, 3),
        L.Flatten(),
        L.Dense(5, activation="gelu"),
        size=(12, 2),
    )


def features(L: Any) -> Any:
    """Over vectors."""
    return in_a_row(
        L.Dense(6, activation="relu"),
        L.BatchNormalization(),
        L.Dropout(0.5),
        L.Dense(3, activation="softmax"),
        size=(7,),
    )


MODELS: dict[str, Callable[[Any], Any]] = {
    make.__name__: make
    for make in (
        *(convolutions, norms, windows, unrolled, moved, gated, nested),
        *(signal, channels_first, signal_first, repeated, features),
    )
}


def main(folder: Path) -> None:
    import keras

    keras.utils.set_random_seed(0)
    for name, make in MODELS.items():
        model = make(keras.layers)
        random = np.random.default_rng(0)
        model.set_weights([random.uniform(0.5, 1.5, array.shape) for array in model.get_weights()])
        x = random.standard_normal((2, *model.input_shape[1:])).astype("f4")
        made = model(x, training=False)
        outputs = [keras.ops.convert_to_numpy(each) for each in (made if isinstance(made, list) else [made])]
        np.savez(folder / f"{name}.npz", x, *outputs)
        for suffix in ("keras", "h5"):
            model.save(folder / f"{name}.{suffix}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
