"""The encoder of images."""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from aisle.core.errors import AisleError
from aisle.core.schemas import PRODUCT_SCHEMA
from aisle.encoders.product_vectors import product_vectors
from aisle.encoders.timm.encoder import TimmEncoder, build, fields_of, restore
from aisle.encoders.timm.network import bare_network
from aisle.encoders.timm.settings import TimmSettings
from aisle.images.hashes import hash_of
from aisle.images.source import InlineImages

SETTINGS: dict[str, Any] = {"architecture": "test_resnet", "weights": "none", "size": 32}


def picture(seed: int, size: tuple[int, int] = (40, 30)) -> bytes:
    """A different picture for each number."""
    file = BytesIO()
    noise = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    Image.fromarray(noise).resize(size).save(file, "PNG")
    return file.getvalue()


def products(*images: list[bytes]) -> tuple[pa.RecordBatch, InlineImages]:
    """Products that are nothing but their images; no bytes mean an image that was not found."""
    rows = [
        [
            {"link": "", "sha256": hash_of(data), "status": "ok"}
            if data
            else {"link": "x.jpg", "sha256": "", "status": "missing"}
            for data in of_product
        ]
        for of_product in images
    ]
    batch = pa.RecordBatch.from_pylist(
        [dict.fromkeys(PRODUCT_SCHEMA.names, "") | {"images": row} for row in rows], schema=PRODUCT_SCHEMA
    )
    return batch, InlineImages({hash_of(data): data for of_product in images for data in of_product})


def vectors_of(encoder: TimmEncoder, *images: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    batch, source = products(*images)
    return product_vectors(encoder, batch, source, None)


@pytest.fixture(scope="module")
def encoder() -> TimmEncoder:
    return build(SETTINGS)


class TestVectors:
    def test_are_what_the_network_gives_for_the_pixels_less_mean_over_std(self) -> None:
        colours: dict[str, Any] = {"mean": [0.1, 0.2, 0.3], "std": [0.5, 0.6, 0.7]}
        encoder = build({**SETTINGS, **colours})
        image = Image.open(BytesIO(picture(0))).resize((32, 32), Image.Resampling.BICUBIC)
        pixels = torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1)[None] / 255
        mean, std = (torch.tensor(colours[name]).view(1, 3, 1, 1) for name in ("mean", "std"))
        network = bare_network(TimmSettings(architecture="test_resnet"))
        expected = network((pixels - mean) / std).numpy()
        vectors, present = vectors_of(encoder, [picture(0)])
        assert present.all()
        assert vectors.dtype == np.float32
        assert vectors == pytest.approx(expected, rel=1e-3, abs=1e-5)

    def test_of_a_product_are_the_mean_over_its_present_images(self, encoder: TimmEncoder) -> None:
        a, b = picture(1), picture(2)
        vectors, present = vectors_of(encoder, [a], [b], [a, b], [a, b"", b"broken", b], [a, a, b])
        assert present.all()
        assert vectors[2] == pytest.approx((vectors[0] + vectors[1]) / 2, abs=1e-3)
        assert (vectors[3] == vectors[2]).all()
        assert vectors[4] == pytest.approx((2 * vectors[0] + vectors[1]) / 3, abs=1e-3)

    def test_are_absent_where_no_image_is_present(self, encoder: TimmEncoder) -> None:
        vectors, present = vectors_of(encoder, [], [b""], [b"broken"], [picture(1)[:50]], [picture(1)])
        assert present.tolist() == [False] * 4 + [True]
        assert not vectors[:4].any()

    def test_are_absent_where_there_is_no_source_and_where_there_are_no_products(
        self, encoder: TimmEncoder
    ) -> None:
        batch, _ = products([picture(1)], [])
        vectors, present = product_vectors(encoder, batch, None, None)
        assert (vectors.shape, present.tolist()) == ((2, encoder.n_dims), [False, False])
        assert vectors_of(encoder)[0].shape == (0, encoder.n_dims)

    def test_are_the_same_bytes_each_time_and_with_any_number_of_cores(self, encoder: TimmEncoder) -> None:
        prepared = [encoder.prepare_item(picture(seed)) for seed in range(11)]
        items = [item for item in prepared if item is not None]
        assert len(items) == 11
        cores = torch.get_num_threads()
        found = []
        try:
            for n in (1, 2, 2, 3):
                torch.set_num_threads(n)
                found.append(build(SETTINGS).forward_items(items).tobytes())
        finally:
            torch.set_num_threads(cores)
        assert len(set(found)) == 1

    def test_are_standardised_once_fitted_and_zero_where_absent(self, encoder: TimmEncoder) -> None:
        encoder = build(SETTINGS)
        images = [[picture(seed)] for seed in range(8)]
        raw, present = vectors_of(encoder, *images)
        encoder.fit_standardiser(raw.astype(np.float16), present)
        vectors, present = vectors_of(encoder, *images, [])
        assert vectors[:8].mean(axis=0) == pytest.approx(0, abs=0.01)
        assert np.median(vectors[:8].std(axis=0)) == pytest.approx(1, abs=0.01)
        assert not vectors[8].any()
        assert (encoder.standardise(raw) == vectors[:8]).all()


class TestWhatIsKept:
    def test_settings_and_tensors_make_the_same_encoder_again_without_hub_or_file(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / "weights.safetensors"
        save_file(bare_network(TimmSettings(architecture="test_resnet")).state_dict(), path)
        built = build({**SETTINGS, "weights": str(path), "fit": "crop", "model_args": {"in_chans": 3}})
        path.unlink()
        raw, present = vectors_of(built, [picture(1)], [picture(2)])
        built.fit_standardiser(raw, present)
        assert built.settings()["weights"] == "weights.safetensors"
        again = restore(built.settings(), built.tensors())
        assert again.fingerprint() == built.fingerprint()
        assert again.settings() == built.settings()
        images = [[picture(seed)] for seed in range(5)]
        assert (vectors_of(again, *images)[0] == vectors_of(built, *images)[0]).all()

    def test_weights_from_the_hub_are_not_asked_for_again(self, encoder: TimmEncoder) -> None:
        again = restore({**encoder.settings(), "weights": "hub"}, encoder.tensors())
        assert again.fingerprint() == encoder.fingerprint()

    def test_tensors_that_do_not_fit_the_settings_are_an_error(self, encoder: TimmEncoder) -> None:
        settings = {**encoder.settings(), "architecture": "test_efficientnet"}
        with pytest.raises(AisleError, match="the model's image weights: does not fit test_efficientnet"):
            restore(settings, encoder.tensors())

    def test_settings_are_plain_and_complete(self, encoder: TimmEncoder) -> None:
        assert encoder.settings() == {
            "architecture": "test_resnet",
            "weights": "none",
            "model_args": {},
            "mean": [0.5, 0.5, 0.5],
            "std": [0.5, 0.5, 0.5],
            "size": 32,
            "fit": "squash",
            "interpolation": "bicubic",
            "batch": 2,
        }


class TestFingerprint:
    def test_is_the_same_for_what_changes_no_vector(self, encoder: TimmEncoder) -> None:
        assert build({**SETTINGS, "batch": 7}).fingerprint() == encoder.fingerprint()
        fitted = build(SETTINGS)
        fitted.fit_standardiser(np.ones((2, fitted.n_dims), np.float16), np.ones(2, np.bool_))
        assert fitted.fingerprint() == encoder.fingerprint()

    @pytest.mark.parametrize(
        "change",
        [
            {"size": 40},
            {"fit": "crop"},
            {"interpolation": "bilinear"},
            {"mean": [0.5, 0.5, 0.4]},
            {"std": [0.5, 0.5, 0.4]},
            {"architecture": "test_convnext"},
            {"architecture": "test_efficientnet", "model_args": {"pad_type": "same"}},
        ],
    )
    def test_differs_for_what_changes_vectors(self, encoder: TimmEncoder, change: dict[str, Any]) -> None:
        assert build({**SETTINGS, **change}).fingerprint() != encoder.fingerprint()

    def test_differs_for_other_weights(self, encoder: TimmEncoder, tmp_path: Path) -> None:
        weights = bare_network(TimmSettings(architecture="test_resnet")).state_dict()
        weights["conv1.0.weight"][0, 0, 0, 0] += 1e-3
        save_file(weights, tmp_path / "w.safetensors")
        other = build({**SETTINGS, "weights": str(tmp_path / "w.safetensors")})
        assert other.fingerprint() != encoder.fingerprint()


class TestBuilding:
    def test_fails_where_the_network_does_not_take_the_size(self) -> None:
        with pytest.raises(
            AisleError, match=r"test_vit does not take images of 33 px \(.*\); set image.size"
        ):
            build({**SETTINGS, "architecture": "test_vit", "size": 33})

    def test_fails_for_unknown_settings(self) -> None:
        with pytest.raises(AisleError, match=r"no setting image\.weight; did you mean 'weights'"):
            build({**SETTINGS, "weight": "none"})

    def test_is_not_needed_to_know_the_fields(self) -> None:
        assert fields_of({"weights": "hub"}) == ("image",)
        with pytest.raises(AisleError, match="no setting"):
            fields_of({"weight": "hub"})


@pytest.mark.data
def test_the_shared_weights_know_granny_smith_apples(data_folder: Path) -> None:
    path = data_folder.parent / "weights" / "mobilenetv2_100.safetensors"
    colours: dict[str, Any] = {"mean": [0.5] * 3, "std": [0.5] * 3}
    encoder = build({"weights": str(path), "model_args": {"pad_type": "same"}, **colours})
    weights = load_file(path)
    images = sorted((data_folder / "grocery" / "images").glob("*Granny-Smith*"))
    items = [encoder.prepare_item(image.read_bytes()) for image in images]
    logits = (
        encoder.forward_items([item for item in items if item is not None])
        @ weights["classifier.weight"].numpy().T
    )
    classes = (logits + weights["classifier.bias"].numpy()).argmax(axis=1)
    assert (classes == 948).mean() > 0.95
