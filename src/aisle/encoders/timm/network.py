"""A network of timm with its weights: from the hub, a file or a model directory, or drawn at random."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from aisle.core.errors import AisleError
from aisle.encoders.timm.settings import TimmSettings
from aisle.encoders.timm.torchvision_operators import define_missing_operators

_REMEDY = "give the weights with --set image.weights=FILE (safetensors), or --set image.weights=none for none"
_HUB_TIMEOUT_S = 5.0
_N_NAMED = 3
_UNUSED = "num_batches_tracked"


def network_with_weights(settings: TimmSettings) -> nn.Module:
    """Make a network, without its classifier, in evaluation mode, with the weights that the settings name.

    Raises:
        AisleError: no such architecture, arguments that it does not take, or weights that are not to be had
            or do not fit.
    """
    network = bare_network(settings)
    if settings.weights == "hub":
        path = _from_hub(settings, network)
        return _create(settings, pretrained=True, pretrained_cfg_overlay={"file": str(path)})
    if settings.weights != "none":
        take_weights(network, _read_file(Path(settings.weights)), settings.weights, settings)
    return network


def bare_network(settings: TimmSettings) -> nn.Module:
    """Make a network in evaluation mode with random weights, the same at every call.

    Raises:
        AisleError: no such architecture, or arguments that it does not take.
    """
    define_missing_operators()
    import timm

    name = settings.architecture
    if not timm.is_model(name):
        near = difflib.get_close_matches(name, timm.list_models(), n=_N_NAMED)
        hint = f"did you mean {' or '.join(near)}?" if near else "timm.list_models() lists all"
        raise AisleError(f"timm {timm.__version__} has no architecture '{name}'; {hint}")
    return _create(settings, pretrained=False)


def _create(settings: TimmSettings, **how: Any) -> nn.Module:
    import timm

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        try:
            network = timm.create_model(settings.architecture, num_classes=0, **settings.model_args, **how)
        except (TypeError, ValueError, AssertionError, RuntimeError) as error:
            raise AisleError(
                f"{settings.architecture} cannot be made with model_args {dict(settings.model_args)}: {error}"
            ) from error
    return network.eval().requires_grad_(requires_grad=False)


def take_weights(
    network: nn.Module, weights: Mapping[str, torch.Tensor], source: str, settings: TimmSettings
) -> None:
    """Put weights into a network; those of a classifier are left aside.

    Raises:
        AisleError: the names or the shapes are not the network's.
    """
    own = {name: tensor for name, tensor in network.state_dict().items() if not name.endswith(_UNUSED)}
    classifiers = _classifiers(network)
    given = {
        name: tensor
        for name, tensor in weights.items()
        if not name.endswith(_UNUSED) and not name.startswith(classifiers)
    }
    faults = [
        _named("without", own.keys() - given.keys()),
        _named("with unknown", given.keys() - own.keys()),
        _named(
            "with other shapes of", {n for n in own.keys() & given.keys() if own[n].shape != given[n].shape}
        ),
    ]
    if any(faults):
        arguments = f" with {dict(settings.model_args)}" if settings.model_args else ""
        raise AisleError(
            f"{source}: does not fit {settings.architecture}{arguments}: it comes "
            f"{', '.join(fault for fault in faults if fault)}; name the architecture that the weights are of"
        )
    network.load_state_dict({name: tensor.float() for name, tensor in given.items()}, strict=False)


def weights_of(network: nn.Module) -> dict[str, torch.Tensor]:
    """The weights that a network computes with, by name."""
    return {name: tensor for name, tensor in network.state_dict().items() if not name.endswith(_UNUSED)}


def _classifiers(network: nn.Module) -> tuple[str, ...]:
    """How the names of a classifier's weights begin."""
    names: Any = getattr(network, "pretrained_cfg", {}).get("classifier") or ()
    return tuple(f"{name}." for name in ([names] if isinstance(names, str) else names))


def _named(what: str, names: set[str]) -> str:
    """List a few of the names; empty for none."""
    few = sorted(names)[:_N_NAMED]
    more = f" and {len(names) - len(few)} more" if len(names) > len(few) else ""
    return f"{what} {', '.join(few)}{more}" if few else ""


def _read_file(path: Path) -> dict[str, torch.Tensor]:
    if not path.is_file():
        raise AisleError(f"{path}: no such weights file; {_REMEDY}")
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise AisleError(f"{path}: is no safetensors file ({error}); {_REMEDY}") from error


def _from_hub(settings: TimmSettings, network: nn.Module) -> Path:
    """Find the weights in the hub's cache, or download them; give up within seconds where that fails."""
    import huggingface_hub as hub

    repository = getattr(network, "pretrained_cfg", {}).get("hf_hub_id")
    if not repository:
        raise AisleError(f"timm names no weights on the hub for {settings.architecture}; {_REMEDY}")
    kept = hub.try_to_load_from_cache(repository, "model.safetensors")
    if isinstance(kept, str):
        return Path(kept)
    try:
        url = hub.hf_hub_url(repository, "model.safetensors")
        hub.get_hf_file_metadata(
            url, timeout=_HUB_TIMEOUT_S
        )  # at once, where the download would try for a minute
        return Path(hub.hf_hub_download(repository, "model.safetensors"))
    except Exception as error:  # of whatever library the hub's version uses
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise AisleError(
            f"the weights of {repository} could not be downloaded ({reason}); {_REMEDY}"
        ) from error
