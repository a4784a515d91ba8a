"""Convert Resemblyzer's voice encoder to ONNX, as `voice_encoder.onnx` of the built-in diarizer.

    pip download --no-deps Resemblyzer==0.1.4 && pip install onnx==1.23.2
    python samples/make_voice_encoder.py Resemblyzer-0.1.4-py3-none-any.whl

The wheel contains the weights as a pickle that is made for torch. This script reads it without
torch and without executing anything from it. It keeps the encoder as 16-bit floats and leaves out
the state of the training: 2.8 of 17 MB remain.
"""

from __future__ import annotations

import hashlib
import pickle
import sys
import zipfile
from collections import OrderedDict
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

WHEEL = "8f12eb2f1a9982d32e8db7856de754709b59c93a77bcf0ff536584b619a9dd1f"
OUTPUT = Path(__file__).parent.parent / "lambdas/lifestream/engines/diarization/voice_encoder.onnx"
HEADERS = 3
"""Pickles before the one with the model: a magic number, a version, the machine."""
LAYERS, BANDS, SIZE = 3, 40, 256
Weights = dict[str, NDArray[np.float32]]


def main(wheel: Path) -> None:
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != WHEEL:
        raise SystemExit(f"{wheel} is not the wheel that was converted")
    with zipfile.ZipFile(wheel) as archive:
        weights = read_weights(BytesIO(archive.read("resemblyzer/pretrained.pt")))
    model = encoder(weights)
    onnx.checker.check_model(model)
    onnx.save(model, str(OUTPUT))


class Reader(pickle.Unpickler):
    """Unpickler that supports the names that weights need, and rejects all others."""

    def find_class(self, module: str, name: str) -> Any:
        match module, name:
            case "collections", "OrderedDict":
                return OrderedDict
            case "torch._utils", "_rebuild_tensor_v2":
                return lambda storage, offset, shape, *_: (storage, offset, shape)
            case "torch", "FloatStorage" | "LongStorage":
                return {"FloatStorage": "<f4", "LongStorage": "<i8"}[name]
        raise pickle.UnpicklingError(f"{module}.{name} is not part of a model")

    def persistent_load(self, pid: Any) -> Any:
        _, kind, key, *_ = pid
        return kind, key


def read_weights(file: BytesIO) -> Weights:
    for _ in range(HEADERS):
        Reader(file).load()
    checkpoint, keys = Reader(file).load(), Reader(file).load()
    model = checkpoint["model_state"]
    kinds = {key: kind for (kind, key), _, _ in [*model.values(), *tensors(checkpoint)]}
    storages = {key: read_storage(file, kinds[key]) for key in keys}
    return {
        name: storages[key][offset : offset + int(np.prod(shape))].reshape(shape)
        for name, ((_, key), offset, shape) in model.items()
    }


def tensors(part: Any) -> list[Any]:
    """Return all tensors, the optimizer's included, because their bytes are between the model's."""
    match part:
        case ((str(), str()), int(), tuple()):
            return [part]
        case dict():
            return [found for value in part.values() for found in tensors(value)]
        case list():
            return [found for value in part for found in tensors(value)]
    return []


def read_storage(file: BytesIO, kind: str) -> NDArray[Any]:
    count = int.from_bytes(file.read(8), "little")
    return np.frombuffer(file.read(count * np.dtype(kind).itemsize), kind)


def encoder(weights: Weights) -> onnx.ModelProto:
    """Build the encoder: mel energies (clips, frames, 40) → non-negative vectors (clips, 256)."""
    nodes = [helper.make_node("Transpose", ["mel"], ["layer0"], perm=[1, 0, 2])]
    initializers = [numpy_helper.from_array(np.array([1]), "directions")]

    def stored(name: str, values: NDArray[np.float32]) -> str:
        initializers.append(numpy_helper.from_array(values.astype(np.float16), f"{name}_16"))
        nodes.append(helper.make_node("Cast", [f"{name}_16"], [name], to=TensorProto.FLOAT))
        return name

    for i in range(LAYERS):
        inputs = [
            stored(f"input{i}", gates(weights[f"lstm.weight_ih_l{i}"])[None]),
            stored(f"hidden{i}", gates(weights[f"lstm.weight_hh_l{i}"])[None]),
            stored(f"bias{i}", biases(weights, i)[None]),
        ]
        outputs = [f"sequence{i}", f"last{i}"]
        nodes.append(helper.make_node("LSTM", [f"layer{i}", *inputs], outputs, hidden_size=SIZE))
        squeezed = ["sequence" + str(i), "directions"]
        nodes.append(helper.make_node("Squeeze", squeezed, [f"layer{i + 1}"]))
    first = numpy_helper.from_array(np.array([0]), "first")
    initializers.append(first)
    projection = stored("projection", weights["linear.weight"].T)
    shift = stored("shift", weights["linear.bias"])
    nodes += [
        helper.make_node("Squeeze", [f"last{LAYERS - 1}", "first"], ["heard"]),
        helper.make_node("MatMul", ["heard", projection], ["projected"]),
        helper.make_node("Add", ["projected", shift], ["shifted"]),
        helper.make_node("Relu", ["shifted"], ["voice"]),
    ]
    graph = helper.make_graph(
        nodes,
        "voice_encoder",
        [helper.make_tensor_value_info("mel", TensorProto.FLOAT, ["clips", "frames", BANDS])],
        [helper.make_tensor_value_info("voice", TensorProto.FLOAT, ["clips", SIZE])],
        initializers,
        doc_string="Resemblyzer 0.1.4, Apache License 2.0, github.com/resemble-ai/Resemblyzer",
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def gates(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Reorder torch's gates (input, forget, cell, output) as ONNX's (input, output, forget,
    cell)."""
    enter, forget, cell, leave = np.split(values, 4)
    return np.concatenate([enter, leave, forget, cell])


def biases(weights: Weights, layer: int) -> NDArray[np.float32]:
    return np.concatenate([gates(weights[f"lstm.bias_{kind}_l{layer}"]) for kind in ("ih", "hh")])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
