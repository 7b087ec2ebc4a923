"""Writes a model file for whisper.cpp: ggml's format, matrices quantised to q5_0 (5.5 bits a weight)."""

import base64
import struct
from pathlib import Path

import numpy as np
import whisper
from whisper.audio import mel_filters

from .network import DIMENSIONS

MAGIC = 0x67676D6C
FILE_OF_Q5_0 = 2008              # quantisation format 2, file type 8
F32, F16, Q5_0 = 0, 1, 6         # ggml's tensor types
KEPT_WHOLE = {"encoder.conv1.bias", "encoder.conv2.bias", "encoder.positional_embedding", "decoder.positional_embedding"}
BLOCK = 32


def export(network, path):
    with open(path, "wb") as file:
        file.write(_header())
        file.write(_mel_filters())
        file.write(_tokens())
        for name, values in network.whisper_state().items():
            file.write(_tensor(name, values.float().numpy()))


def q5_0(values):
    """Blocks of 32 weights: a 16-bit scale, the fifth bits, the lower four bits of each."""
    blocks = values.reshape(-1, BLOCK).astype(np.float32)
    largest = blocks[np.arange(len(blocks)), np.abs(blocks).argmax(1)]
    scale = largest / -16
    inverse = np.divide(1, scale, out=np.zeros_like(scale), where=scale != 0)
    quants = np.clip((blocks * inverse[:, None] + 16.5).astype(np.int32), 0, 31).astype(np.uint8)
    fifth_bits = np.packbits(quants >> 4, axis=1, bitorder="little")
    lower_bits = (quants[:, :BLOCK // 2] & 0xF) | ((quants[:, BLOCK // 2:] & 0xF) << 4)
    return np.concatenate([scale.astype("<f2").view(np.uint8).reshape(-1, 2), fifth_bits, lower_bits], 1).tobytes()


def _header():
    d = DIMENSIONS
    return struct.pack("<12i", MAGIC, d.n_vocab, d.n_audio_ctx, d.n_audio_state, d.n_audio_head, d.n_audio_layer,
                       d.n_text_ctx, d.n_text_state, d.n_text_head, d.n_text_layer, d.n_mels, FILE_OF_Q5_0)


def _mel_filters():
    filters = mel_filters("cpu", DIMENSIONS.n_mels).numpy().astype("<f4")
    return struct.pack("<2i", *filters.shape) + filters.tobytes()


def _tokens():
    lines = (Path(whisper.__file__).parent / "assets" / "multilingual.tiktoken").read_text().splitlines()
    tokens = [base64.b64decode(line.split()[0]) for line in lines if line]
    return struct.pack("<i", len(tokens)) + b"".join(struct.pack("<i", len(token)) + token for token in tokens)


def _tensor(name, values):
    if name in {"encoder.conv1.bias", "encoder.conv2.bias"}:
        values = values.reshape(-1, 1)
    if values.ndim < 2 or name in KEPT_WHOLE:
        kind, data = F32, values.astype("<f4").tobytes()
    elif values.ndim == 2:
        kind, data = Q5_0, q5_0(values)
    else:
        kind, data = F16, values.astype("<f2").tobytes()
    encoded = name.encode()
    return (struct.pack("<3i", values.ndim, len(encoded), kind) + struct.pack(f"<{values.ndim}i", *values.shape[::-1])
            + encoded + data)
