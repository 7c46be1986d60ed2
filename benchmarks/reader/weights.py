"""Writes a trained reader the way it ships: an encoder in eight-bit numbers for ONNX Runtime, with tables and decisions."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from frontcast.observe.reports.encoder import ENCODER, TABLES, VOCABULARY
from frontcast.observe.reports.sheets import CHANNELS

Weights = dict[str, np.ndarray[Any, Any]]
HEADS: Final = 12
EPSILON: Final = 1e-12


def write(weights: Weights, vocabulary: list[str], folder: Path, frozen: int, notes: dict[str, Any]) -> None:
    """Writes all a reader needs into a folder.

    Args:
        weights: of the net, by the names that PyTorch gives them.
        vocabulary: the pieces, in the order of `weights["pieces.weight"]`.
        folder: where to.
        frozen: layers before what the rules found comes in.
        notes: further arrays to keep (thresholds, of what it was made).
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / VOCABULARY).write_text("\n".join(vocabulary) + "\n", "utf-8")
    with tempfile.TemporaryDirectory() as temporary:
        plain = Path(temporary) / "plain.onnx"
        onnx.save(graph(weights, frozen), plain)
        quantize_dynamic(
            plain,
            folder / ENCODER,
            per_channel=True,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["MatMul"],
            extra_options={"DefaultTensorType": TensorProto.FLOAT},
        )
    table = weights["pieces.weight"]
    scale = np.abs(table).max(axis=1, keepdims=True) / 127
    out = {
        "pieces": np.round(table / np.maximum(scale, 1e-9)).astype(np.int8),
        "pieces_scale": scale[:, 0].astype(np.float32),
        "positions": weights["positions.weight"][:256].astype(np.float16),
    }
    for k, name in enumerate(CHANNELS):
        out[f"channel_{name}"] = weights[f"channels.{k}.weight"].astype(np.float16)
    for name, value in weights.items():
        if not name.startswith(("pieces", "positions", "channels", "norm", "layers")):
            out[f"head.{name}"] = value.astype(np.float16)
    np.savez_compressed(folder / TABLES, **out, **notes)


def graph(weights: Weights, frozen: int) -> Any:
    """The encoder in full numbers: inputs "x" (rows, pieces, dimensions), the pieces, "found", as "x", what the rules found,
    and "mask" (rows, pieces), 1 where there is a piece; output "y", as "x"."""
    nodes: list[Any] = []
    constants: dict[str, Any] = {}

    def constant(name: str, value: Any) -> str:
        constants[name] = numpy_helper.from_array(np.ascontiguousarray(value.astype(np.float32)), name)
        return name

    def node(kind: str, inputs: list[str], output: str, domain: str = "", **options: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, [output], name=output, domain=domain, **options))
        return output

    def norm(at: str, name: str, x: str) -> str:
        parts = [constant(f"{at}.{part}", weights[f"{name}.{part}"]) for part in ("weight", "bias")]
        return node("LayerNormalization", [x, *parts], f"{at}.out", axis=-1, epsilon=EPSILON)

    def linear(at: str, weight: Any, bias: Any, x: str) -> str:
        product = node("MatMul", [x, constant(f"{at}.weight", weight.T)], f"{at}.product")
        return node("Add", [product, constant(f"{at}.bias", bias)], f"{at}.sum")

    x = norm("norm", "norm", "x")
    layers = len({name.split(".")[1] for name in weights if name.startswith("layers.")})
    for k in range(layers):
        if k == frozen:
            x = node("Add", [x, "found"], "with_found")
        at = f"layers.{k}"
        names = [f"{at}.{part}" for part in ("query", "key", "value")]
        weight = np.concatenate([weights[f"{name}.weight"] for name in names])
        bias = np.concatenate([weights[f"{name}.bias"] for name in names])
        joined = linear(f"{at}.qkv", weight, bias, x)
        parts = [f"{at}.{part}" for part in "qkv"]
        nodes.append(helper.make_node("Split", [joined], parts, name=f"{at}.split", axis=-1, num_outputs=3))
        attended = node("MultiHeadAttention", [*parts, "", "mask"], f"{at}.attended", "com.microsoft", num_heads=HEADS)
        out = linear(f"{at}.out", weights[f"{at}.out.weight"], weights[f"{at}.out.bias"], attended)
        x = norm(f"{at}.norm1", f"{at}.norm1", node("Add", [x, out], f"{at}.added1"))
        up = linear(f"{at}.up", weights[f"{at}.up.weight"], weights[f"{at}.up.bias"], x)
        wide = node("Gelu", [up], f"{at}.gelu", "com.microsoft")
        down = linear(f"{at}.down", weights[f"{at}.down.weight"], weights[f"{at}.down.bias"], wide)
        x = norm(f"{at}.norm2", f"{at}.norm2", node("Add", [x, down], f"{at}.added2"))
    node("Identity", [x], "y")
    size = weights["norm.weight"].shape[0]
    made = helper.make_graph(
        nodes,
        "reader",
        [
            helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", "pieces", size]),
            helper.make_tensor_value_info("found", TensorProto.FLOAT, ["rows", "pieces", size]),
            helper.make_tensor_value_info("mask", TensorProto.INT32, ["rows", "pieces"]),
        ],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", "pieces", size])],
        list(constants.values()),
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(made, opset_imports=opsets, ir_version=10)
