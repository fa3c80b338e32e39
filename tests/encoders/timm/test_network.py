"""A network with its weights."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from aisle.core.errors import AisleError
from aisle.encoders.timm.network import bare_network, network_with_weights, weights_of
from aisle.encoders.timm.settings import TimmSettings
from aisle.encoders.timm.torchvision_operators import define_missing_operators

SMALL = "test_efficientnet"


def weights_file(path: Path, *, change: dict[str, torch.Tensor] | None = None, leave_out: str = "") -> Path:
    """A file of weights as timm saves them, classifier included, all ones."""
    define_missing_operators()
    import timm

    weights = {
        name: torch.ones_like(tensor) for name, tensor in timm.create_model(SMALL).state_dict().items()
    }
    save_file({n: t for n, t in (weights | (change or {})).items() if n != leave_out}, path)
    return path


class TestAnArchitecture:
    def test_that_timm_does_not_have_is_an_error_with_near_names(self) -> None:
        with pytest.raises(
            AisleError, match=r"has no architecture 'mobilenet2_100'; did you mean mobilenetv2_100"
        ):
            bare_network(TimmSettings(architecture="mobilenet2_100"))

    def test_with_arguments_that_it_does_not_take_is_an_error(self) -> None:
        with pytest.raises(
            AisleError, match=r"test_vit cannot be made with model_args \{'legs': 4\}: .*legs"
        ):
            bare_network(TimmSettings(architecture="test_vit", model_args={"legs": 4}))


class TestRandomWeights:
    def test_are_always_alike_and_leave_torchs_own_generator_alone(self) -> None:
        torch.manual_seed(1)
        first = weights_of(network_with_weights(TimmSettings(architecture=SMALL, weights="none")))
        after_first = torch.rand(1)
        torch.manual_seed(1)
        assert torch.rand(1) == after_first
        second = weights_of(network_with_weights(TimmSettings(architecture=SMALL, weights="none")))
        assert first.keys() == second.keys()
        assert all(torch.equal(first[name], second[name]) for name in first)


class TestAWeightsFile:
    def test_is_taken_and_its_classifier_left_aside(self, tmp_path: Path) -> None:
        settings = TimmSettings(architecture=SMALL, weights=str(weights_file(tmp_path / "w.safetensors")))
        weights = weights_of(network_with_weights(settings))
        assert all(bool((tensor == 1).all()) for tensor in weights.values())
        assert not any(name.startswith("classifier") for name in weights)

    def test_in_half_precision_is_taken_as_single(self, tmp_path: Path) -> None:
        stem = bare_network(TimmSettings(architecture=SMALL)).state_dict()["conv_stem.weight"]
        path = weights_file(tmp_path / "w.safetensors", change={"conv_stem.weight": stem.half()})
        network = network_with_weights(TimmSettings(architecture=SMALL, weights=str(path)))
        assert {tensor.dtype for tensor in weights_of(network).values()} == {torch.float32}

    def test_that_is_not_there_is_an_error_with_the_remedy(self, tmp_path: Path) -> None:
        message = (
            r"no such weights file; give the weights with --set image\.weights=FILE .*image\.weights=none"
        )
        with pytest.raises(AisleError, match=message):
            network_with_weights(TimmSettings(architecture=SMALL, weights=str(tmp_path / "w.safetensors")))

    @pytest.mark.parametrize("content", [b"", b"\x80\x04pickle", b"\xff" * 100])
    def test_that_is_no_safetensors_is_an_error(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "w.pth"
        path.write_bytes(content)
        with pytest.raises(AisleError, match=r"w\.pth: is no safetensors file"):
            network_with_weights(TimmSettings(architecture=SMALL, weights=str(path)))

    def test_of_another_architecture_is_an_error_that_names_a_few_weights(self, tmp_path: Path) -> None:
        path = weights_file(tmp_path / "w.safetensors")
        message = (
            r"w\.safetensors: does not fit test_resnet: it comes without .*, .*, .* and \d+ more, "
            r"with unknown .*, .*, .* and \d+ more"
        )
        with pytest.raises(AisleError, match=message):
            network_with_weights(TimmSettings(architecture="test_resnet", weights=str(path)))

    def test_with_one_weight_missing_too_many_or_of_another_shape_is_an_error(self, tmp_path: Path) -> None:
        change = {"extra.weight": torch.ones(1), "bn1.weight": torch.ones(3)}
        path = weights_file(tmp_path / "w.safetensors", change=change, leave_out="bn1.bias")
        message = (
            r"it comes without bn1\.bias, with unknown extra\.weight, with other shapes of bn1\.weight; name"
        )
        with pytest.raises(AisleError, match=message):
            network_with_weights(TimmSettings(architecture=SMALL, weights=str(path)))


HUB = """
import time
from aisle.core.errors import AisleError
from aisle.encoders.timm.network import bare_network, network_with_weights, weights_of
from aisle.encoders.timm.settings import TimmSettings

settings = TimmSettings(architecture="test_efficientnet")
bare_network(settings)  # what is imported takes its time
import huggingface_hub
started = time.monotonic()
try:
    weights = weights_of(network_with_weights(settings))
    print(all(bool((tensor == 1).all()) for tensor in weights.values()))
except AisleError as error:
    print(time.monotonic() - started)
    print(error)
"""


def with_hub(home: Path, **more: str) -> list[str]:
    """Make a network in a fresh process whose hub is a port of this machine that nobody listens at."""
    environment = os.environ | {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(home)} | more
    result = subprocess.run(
        [sys.executable, "-c", HUB], env=environment, capture_output=True, text=True, check=True
    )
    return result.stdout.splitlines()


class TestTheHub:
    @pytest.mark.parametrize("more", [{}, {"HF_HUB_OFFLINE": "1"}])
    def test_that_cannot_be_reached_is_an_error_within_seconds_with_the_remedy(
        self, tmp_path: Path, more: dict[str, str]
    ) -> None:
        seconds, message = with_hub(tmp_path, **more)
        assert float(seconds) < 5
        assert message.startswith("the weights of timm/test_efficientnet.r160_in1k could not be downloaded (")
        assert "--set image.weights=FILE (safetensors), or --set image.weights=none" in message

    def test_is_not_asked_for_weights_that_it_gave_before(self, tmp_path: Path) -> None:
        kept = tmp_path / "hub" / "models--timm--test_efficientnet.r160_in1k"
        (kept / "refs").mkdir(parents=True)
        (kept / "refs" / "main").write_text("0" * 40)
        (kept / "snapshots" / ("0" * 40)).mkdir(parents=True)
        weights_file(kept / "snapshots" / ("0" * 40) / "model.safetensors")
        assert with_hub(tmp_path) == ["True"]
