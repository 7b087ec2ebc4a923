"""The network: a Whisper with few and narrow layers, in the modules and parameter names of openai-whisper.

The forward pass is our own, for two reasons. It gives logits over the used vocabulary only. And it imitates what
the engine does, at a fraction of the cost: a decoder of whisper.cpp attends to all 1500 positions of a 30 s window,
most of them silence, and its flash attention adds all-zero keys without a mask. Here a few positions stand for all
silence, each with log(how many it stands for) added to its attention score.
"""

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F
from whisper.model import ModelDimensions, Whisper

from . import vocabulary

# Three decoder layers: whisper.cpp takes a decoder of two for a distilled model, and turns timestamps off.
DIMENSIONS = ModelDimensions(
    n_mels=80, n_audio_ctx=1500, n_audio_state=96, n_audio_head=3, n_audio_layer=4,
    n_vocab=51865, n_text_ctx=448, n_text_state=96, n_text_head=3, n_text_layer=3,
)
POSITIONS = DIMENSIONS.n_audio_ctx
# The first feature of each token's embedding is reserved: it gives every unused token the logit -64.
UNUSED_EMBEDDING, UNUSED_BIAS = -8.0, 8.0


@dataclass
class Padding:
    """`count` positions stand for the digital silence from the end of the clip to the end of the window."""

    count: int = 0


@dataclass
class Placement:
    """The clip stands at position `start` of a window of `window` positions.

    Before it, and for `tail` positions after it, its own background noise goes on: taken from the features at
    `before` and `after` ([batch, n] positions in the clip). Then comes digital silence.
    """

    start: int
    window: int
    tail: int
    before: torch.Tensor
    after: torch.Tensor
    silence: int = 32


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        whisper = Whisper(DIMENSIONS)
        self.encoder, self.decoder = whisper.encoder, whisper.decoder
        del self.decoder.token_embedding
        width = DIMENSIONS.n_text_state
        self.heads = DIMENSIONS.n_audio_head
        self.embedding = nn.Parameter(torch.randn(len(vocabulary.USED), width) * 0.08)
        nn.init.normal_(self.decoder.positional_embedding, std=0.02)
        self.spelling = nn.Linear(width, len(vocabulary.CHARACTERS) + 1)     # only to train with CTC, not exported
        not_reserved = torch.ones(width)
        not_reserved[0] = 0
        self.register_buffer("not_reserved", not_reserved)

    def encode(self, mel, surroundings=None, zero_keys=0):
        """Features [batch, positions, width], the score bias of those positions, and how many are the clip's own."""
        x = F.gelu(self.encoder.conv1(mel))
        x = F.gelu(self.encoder.conv2(x)).permute(0, 2, 1)
        length = x.shape[1]
        x, bias = self._surround(x, surroundings or Padding())
        x = x.float()
        for block in self.encoder.blocks:
            x = x + self._attend_to_itself(block.attn, _norm(block.attn_ln, x), bias, zero_keys)
            x = x + block.mlp(_norm(block.mlp_ln, x))
        return _norm(self.encoder.ln_post, x), bias, length

    def decode(self, tokens, features, bias, zero_keys=0):
        """Logits over the used vocabulary; `tokens` are places in it."""
        embedding = self.embedding * self.not_reserved
        unused = torch.zeros(1, embedding.shape[1])
        unused[0, 0] = UNUSED_EMBEDDING
        past_only = torch.full((tokens.shape[1],) * 2, -torch.inf).triu(1)
        x = F.embedding(tokens, torch.cat([embedding, unused])) + self.decoder.positional_embedding[:tokens.shape[1]]
        for block in self.decoder.blocks:
            x = x + self._attend_to_itself(block.attn, _norm(block.attn_ln, x), past_only)
            x = x + self._attend(block.cross_attn, _norm(block.cross_attn_ln, x), features, bias, zero_keys)
            x = x + block.mlp(_norm(block.mlp_ln, x))
        return (_norm(self.decoder.ln, x) @ embedding.t()).float()

    def whisper_state(self):
        """The parameters of an openai-whisper model with the whole vocabulary."""
        state = {f"encoder.{name}": value.detach().clone() for name, value in self.encoder.state_dict().items()}
        state |= {f"decoder.{name}": value.detach().clone() for name, value in self.decoder.state_dict().items()}
        embedding = torch.zeros(DIMENSIONS.n_vocab, DIMENSIONS.n_text_state)
        embedding[:, 0] = UNUSED_EMBEDDING
        embedding[torch.tensor(vocabulary.USED)] = (self.embedding * self.not_reserved).detach()
        state["decoder.token_embedding.weight"] = embedding
        state["decoder.ln.weight"][0] = 0.0
        state["decoder.ln.bias"][0] = UNUSED_BIAS
        Whisper(DIMENSIONS).load_state_dict(state, strict=True)
        return state

    def _surround(self, x, surroundings):
        length = x.shape[1]
        places = self.encoder.positional_embedding.to(x.dtype)
        silence = x[:, -2:-1]

        if isinstance(surroundings, Placement):
            start, end = surroundings.start, surroundings.start + length
            noise_end = end + surroundings.tail
            parts = [(x + places[start:end], 1),
                     _standing_for(_pick(x, surroundings.before), places, 0, start),
                     _standing_for(_pick(x, surroundings.after), places, end, noise_end),
                     _standing_for(silence.expand(-1, surroundings.silence, -1), places, noise_end, surroundings.window)]
        else:
            parts = [(x + places[:length], 1),
                     _standing_for(silence.expand(-1, surroundings.count, -1), places, length, POSITIONS)]
        parts = [(features, weight) for features, weight in parts if features.shape[1]]
        if len(parts) == 1:
            return parts[0][0], None
        bias = torch.cat([torch.full((features.shape[1],), math.log(weight)) for features, weight in parts])
        return torch.cat([features for features, _ in parts], 1), bias.view(1, 1, 1, -1)

    def _attend(self, attention, queries, keys, bias, zero_keys):
        q, = self._project(queries, attention.query)
        k, v = self._project(keys, attention.key, attention.value)
        return self._mix(attention, q, k, v, bias, zero_keys)

    def _attend_to_itself(self, attention, x, bias, zero_keys=0):
        return self._mix(attention, *self._project(x, attention.query, attention.key, attention.value), bias, zero_keys)

    def _project(self, x, *layers):
        """Several linear layers as one, each result as [batch, head, position, feature]."""
        weight = torch.cat([layer.weight for layer in layers])
        bias = torch.cat([weight.new_zeros(len(layer.weight)) if layer.bias is None else layer.bias for layer in layers])
        y = F.linear(x, weight, bias).view(*x.shape[:2], len(layers), self.heads, -1)
        return y.permute(2, 0, 3, 1, 4).unbind(0)

    def _mix(self, attention, q, k, v, bias, zero_keys):
        if zero_keys:
            k, v = F.pad(k, (0, 0, 0, 1)), F.pad(v, (0, 0, 0, 1))
            bias = bias if bias is not None else torch.zeros(1, 1, 1, k.shape[2] - 1)
            bias = F.pad(bias, (0, 1), value=math.log(zero_keys))
        scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
        if bias is not None:
            scores = scores + bias.to(scores.dtype)
        weights = torch.softmax(scores, -1)
        return attention.out((weights @ v).transpose(1, 2).flatten(2))


def _norm(layer, x):
    return F.layer_norm(x, (x.shape[-1],), layer.weight, layer.bias)


def _pick(x, positions):
    return torch.gather(x, 1, positions[..., None].expand(-1, -1, x.shape[-1]))


def _standing_for(features, places, first, end):
    """At most as many features as there are positions, at random ones of them, and how many each stands for."""
    count = min(features.shape[1], max(0, end - first))
    if not count:
        return features[:, :0], 1
    positions = torch.randperm(end - first)[:count] + first
    return features[:, :count] + places[positions], (end - first) / count
