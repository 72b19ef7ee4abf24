"""What compiled kernels are expected to take, by sizes alone; whether they do, the benchmarks tell."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnnspec.engine.backends import chain
from cnnspec.engine.backends.numba.costs import COSTS, nanoseconds
from cnnspec.engine.passes import Wanted, optimise
from cnnspec.engine.program import Program, program
from cnnspec.spec import load


def operations(name: str) -> Program:
    found = load(name).graph
    return optimise(program(found), Wanted(found.outputs, chain("numba")))


@pytest.mark.parametrize("name", ["lenet5", "mobilenet_v2", "squeezenet1_1", "densenet121"])
def test_a_network_takes_at_least_its_products(name: str) -> None:
    for operation in operations(name):
        assert nanoseconds(operation) > 0
        products = sum(part.layer.macs(*part.arriving) for part in operation.each if part.kernel == "direct")
        assert nanoseconds(operation) >= COSTS.macs(products)


def test_parts_take_what_each_takes() -> None:
    [*joined] = [operation for operation in operations("mobilenet_v2") if operation.parts]
    assert joined
    for operation in joined:
        assert nanoseconds(operation) == sum(nanoseconds(part) for part in operation.parts)


def test_a_dense_layer_takes_what_its_weights_take() -> None:
    [dense] = [operation for operation in operations("mobilenet_v2") if operation.kernel == "dense"]
    assert nanoseconds(dense) == 4 * 1280 * 1000 / COSTS.filter_bytes


@pytest.mark.parametrize(
    ("network", "name", "kernel"),
    [
        ("unet", "bottom.relu2", "block_tiles"),
        ("unet", "dec4.relu1", "block_tiles"),
        ("resnet18", "layer4.1.relu1", "block_tiles"),
        ("unet", "dec3.relu1", "tiles"),  # 256 tiles
        ("resnet18", "layer3.1.relu1", "tiles"),  # filters that the shared cache holds
        ("resnet20_cifar", "layer3.1.relu1", "tiles"),  # filters that a core's own cache holds
    ],
)
def test_large_filters_go_to_their_places_in_the_run_where_few_tiles_need_them(
    network: str, name: str, kernel: str
) -> None:
    [found] = [operation.kernel for operation in operations(network) if operation.name == name]
    assert found == kernel


def test_winograd_takes_less_where_it_is_chosen() -> None:
    chosen = [operation for operation in operations("resnet18") if operation.kernel == "tiles"]
    assert chosen
    for operation in chosen:
        assert nanoseconds(operation) < nanoseconds(replace(operation, kernel="direct"))
