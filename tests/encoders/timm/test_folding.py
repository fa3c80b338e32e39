"""Batch norms folded into convolutions."""

import pytest
import torch
from torch import nn

from aisle.encoders.timm.folding import folded
from aisle.encoders.timm.network import bare_network
from aisle.encoders.timm.settings import TimmSettings


def settled(network: nn.Module) -> nn.Module:
    """Give the batch norms statistics and weights as training would."""
    generator = torch.Generator().manual_seed(1)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.weight.data, module.running_var, module.running_mean, module.bias.data):
                tensor.copy_(torch.rand(tensor.shape, generator=generator) + 0.5)
    return network.eval()


def norms(network: nn.Module) -> int:
    return sum(isinstance(module, nn.BatchNorm2d) for module in network.modules())


EXAMPLE = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)) - 0.5


@pytest.mark.parametrize(
    "settings",
    [
        TimmSettings(architecture="test_efficientnet"),
        TimmSettings(architecture="test_efficientnet", model_args={"pad_type": "same"}),
        TimmSettings(architecture="test_resnet"),
        TimmSettings(architecture="test_byobnet"),
    ],
)
def test_a_folded_network_has_no_batch_norm_left_and_computes_the_same(settings: TimmSettings) -> None:
    network = settled(bare_network(settings))
    done = folded(network, EXAMPLE)
    assert norms(network) > 0 == norms(done)
    with torch.no_grad():
        other = torch.rand(3, 3, 64, 64, generator=torch.Generator().manual_seed(5))
        assert torch.allclose(done(other), network(other), rtol=1e-4, atol=1e-5)


def test_a_network_without_batch_norms_stays_as_it_is() -> None:
    network = bare_network(TimmSettings(architecture="test_convnext"))
    assert folded(network, EXAMPLE) is network


class Twice(nn.Module):
    """Uses what its convolution gives beside the batch norm, so that folding would change the result."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm2d(4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.convolution(x)
        return (self.norm(x) + x).mean((2, 3))


class Shared(Twice):
    """Uses its convolution for two batch norms."""

    def __init__(self) -> None:
        super().__init__()
        self.other = nn.BatchNorm2d(4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (self.norm(self.convolution(x)) + self.other(self.convolution(x))).mean((2, 3))


@pytest.mark.parametrize("kind", [Twice, Shared])
def test_a_network_that_uses_its_layers_in_ways_of_its_own_stays_as_it_is(kind: type[nn.Module]) -> None:
    torch.manual_seed(0)
    network = settled(kind())
    assert folded(network, EXAMPLE) is network
