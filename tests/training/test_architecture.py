from __future__ import annotations

import pytest

from digits.errors import UsageError
from digits.training.architecture import Layer, architecture, dense
from digits.training.recipe import Recipe

NETWORK = "conv16x3 pool conv32x5 pool 128-64"
CONVOLUTIONAL = architecture(NETWORK, "ink")


def test_a_list_of_widths_is_dense_layers() -> None:
    notebook = architecture("784-128-64", "rgba")
    assert notebook == dense(3136, 784, 128, 64, 10)
    assert (notebook.widths, notebook.parameters) == ((3136, 784, 128, 64, 10), 2_568_794)
    assert not notebook.convolutional


def test_every_layer_knows_what_it_receives_and_gives() -> None:
    assert CONVOLUTIONAL.layers == (
        Layer((28, 28, 1), (14, 14, 16), (3, 3, 1, 16), pools=1),
        Layer((14, 14, 16), (7, 7, 32), (5, 5, 16, 32), pools=1),
        Layer((7, 7, 32), (128,), (1568, 128)),
        Layer((128,), (64,), (128, 64)),
        Layer((64,), (10,), (64, 10)),
    )
    assert CONVOLUTIONAL.widths == (784, 3136, 1568, 128, 64, 10)
    assert CONVOLUTIONAL.convolutional


def test_parameters_and_products_are_counted_by_hand() -> None:
    parameters = (9 + 1) * 16 + (25 * 16 + 1) * 32 + (1568 + 1) * 128 + (128 + 1) * 64 + (64 + 1) * 10
    assert CONVOLUTIONAL.parameters == parameters
    assert Recipe(framework="pytorch", dataset="none", pixels="ink", network=NETWORK).parameters == parameters
    products = [28 * 28 * 16 * 9, 14 * 14 * 32 * 25 * 16, 1568 * 128, 128 * 64, 640]
    assert [layer.products for layer in CONVOLUTIONAL.layers] == products
    assert CONVOLUTIONAL.layers[1].fans == (25 * 16, 25 * 32)


def test_an_odd_row_is_left_out_by_a_pool() -> None:
    found = architecture("conv2x1 pool pool conv4x1 pool pool", "ink")
    assert [(layer.given, layer.pools) for layer in found.layers] == [((7, 7, 2), 2), ((1, 1, 4), 2), ((10,), 0)]


def test_the_ten_logits_follow_pictures_too() -> None:
    assert architecture("conv4x3", "ink").widths == (784, 3136, 10)


def test_dense_inputs_can_be_left_out_and_pictures_cannot() -> None:
    assert dense(784, 32, 10).narrowed(614) == dense(614, 32, 10)
    assert CONVOLUTIONAL.narrowed(784) is CONVOLUTIONAL
    with pytest.raises(UsageError, match="A convolution needs whole pictures: expected 784 inputs, received 614"):
        CONVOLUTIONAL.narrowed(614)


@pytest.mark.parametrize(
    ("network", "pixels", "message"),
    [
        ("", "ink", "The network cannot be read: expected widths like 784-128-64, or conv16x3 pool"),
        (None, "ink", "The network cannot be read: .* received None"),
        (["128"], "ink", "The network cannot be read"),
        ("conv16x3  pool", "ink", "The network cannot be read: .* received 'conv16x3  pool'"),
        ("conv16 pool", "ink", "The network cannot be read"),
        ("128 conv16x3", "ink", "The network cannot be read"),
        ("conv16x3 128 pool", "ink", "The network cannot be read"),
        ("conv16x3 128 64", "ink", "The network cannot be read"),
        ("conv16x3 128-", "ink", "The network cannot be read"),
        ("pool 128", "ink", "The network cannot be read"),
        ("conv16x3 pool 128", "rgba", "A convolution looks at ink alone: expected the pixels ink, received .* rgba"),
        ("conv0x3", "ink", "A convolution is out of bounds: expected 1 to 512 channels, received conv0x3"),
        ("conv513x3", "ink", "A convolution is out of bounds"),
        ("conv16x4", "ink", "A kernel is out of bounds: expected an odd side from 1 to 15, received conv16x4"),
        ("conv16x17", "ink", "A kernel is out of bounds"),
        ("conv2x1 pool pool pool pool pool", "ink", "nothing left to pool: expected a picture of at least 2×2"),
        ("conv2x1 9000", "ink", "A layer is out of bounds: expected 1 to 8192 units"),
        ("-".join(["8"] * 17), "ink", "The network has too many layers: expected at most 16"),
        ("conv512x3 8192", "ink", "The network is too large: expected at most 1,073,741,824 parameters"),
    ],
)
def test_what_is_no_network_is_refused_by_name(network: str, pixels: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        architecture(network, pixels)


def test_the_largest_networks_of_dense_layers_are_as_large_as_ever() -> None:
    assert architecture("-".join(["8192"] * 16), "rgba").parameters > 1_000_000_000
