"""Batch norms folded into the convolutions before them, for speed."""

import copy
from typing import Any, cast

import torch
from torch import nn

_TOLERANCE = 1e-4


def folded(network: nn.Module, example: torch.Tensor) -> nn.Module:
    """Give a network in evaluation mode that computes the same with fewer steps.

    Which batch norm follows which convolution is seen from a trial run. Where the result does not agree to
    1e-4 of its size (a network that uses its layers in ways of its own), the network is given back as it was.

    Args:
        network: in evaluation mode; it is not changed.
        example: what the network takes.
    """
    twin = copy.deepcopy(network)
    with torch.no_grad():
        expected = network(example)
        pairs = _pairs(twin, example)
        if not pairs:
            return network
        for convolution, norm in pairs:
            _fold(convolution, norm)
        _replace(twin, {norm: _rest(norm) for _, norm in pairs})
        difference = (twin(example) - expected).abs().max()
    agrees = bool(difference <= _TOLERANCE * expected.abs().max())
    return twin if agrees else network


def _pairs(network: nn.Module, example: torch.Tensor) -> list[tuple[nn.Conv2d, nn.BatchNorm2d]]:
    """Run the network and see which batch norms take what a convolution has just given."""
    from timm.layers.conv2d_same import Conv2dSame
    from timm.layers.norm_act import BatchNormAct2d

    last: dict[str, Any] = {}
    pairs: list[tuple[nn.Conv2d, nn.BatchNorm2d]] = []

    def after_convolution(module: nn.Module, _: Any, output: torch.Tensor) -> None:
        last["module"], last["output"] = module, output

    def before_norm(module: nn.Module, inputs: tuple[Any, ...]) -> None:
        if inputs[0] is last.get("output"):
            pairs.append((last["module"], module))  # type: ignore[arg-type]

    hooks: list[Any] = []
    for module in network.modules():
        if type(module) in (nn.Conv2d, Conv2dSame):
            hooks.append(module.register_forward_hook(after_convolution))
        elif type(module) in (nn.BatchNorm2d, BatchNormAct2d):
            hooks.append(module.register_forward_pre_hook(before_norm))
    network(example)
    for hook in hooks:
        hook.remove()
    return [(c, n) for c, n in pairs if _is_unique(pairs, c) and n.affine and n.track_running_stats]


def _is_unique(pairs: list[tuple[nn.Conv2d, nn.BatchNorm2d]], convolution: nn.Conv2d) -> bool:
    return sum(other is convolution for other, _ in pairs) == 1


def _fold(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> None:
    """Let the convolution do what it and the batch norm did."""
    mean, variance = cast(torch.Tensor, norm.running_mean), cast(torch.Tensor, norm.running_var)
    scale = norm.weight / torch.sqrt(variance + norm.eps)
    bias = torch.zeros_like(mean) if convolution.bias is None else convolution.bias
    convolution.weight = nn.Parameter(convolution.weight * scale.view(-1, 1, 1, 1), requires_grad=False)
    convolution.bias = nn.Parameter((bias - mean) * scale + norm.bias, requires_grad=False)


def _rest(norm: nn.BatchNorm2d) -> nn.Module:
    """What is left of a batch norm that was folded: timm's holds the activation too."""
    from timm.layers.norm_act import BatchNormAct2d

    return nn.Sequential(norm.drop, norm.act) if isinstance(norm, BatchNormAct2d) else nn.Identity()


def _replace(network: nn.Module, successors: dict[nn.Module, nn.Module]) -> None:
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if child in successors:
                setattr(module, name, successors[child])
