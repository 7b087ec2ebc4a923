"""What the decoder shall say for each clip, and how far from it the network is.

A clip without speech has no single right answer: <|nospeech|>, <|endoftext|> and, with timestamps off, the empty
token all leave an empty transcript. A time between two timestamp tokens is nearly as right a few tokens off.
So a target is a distribution over a few tokens.
"""

import random
from dataclasses import dataclass, field

import torch
from torch.nn import functional as F

from . import vocabulary as v

IGNORED = -100
BLUR = torch.arange(-4, 5)      # timestamp tokens of 0.02 s
BLUR_WEIGHTS = torch.softmax(-0.5 * (BLUR / 1.5) ** 2, 0)


@dataclass
class Targets:
    inputs: torch.Tensor                           # [batch, length], places in the used vocabulary
    outputs: torch.Tensor                          # [batch, length], the one right token, or IGNORED
    spread: list[tuple] = field(default_factory=list)   # (row, position, tokens [9], weights [9])


def build(clips, starts, lengths, timestamps):
    """`starts` and `lengths` of the speech are in frames of 0.01 s."""
    rows = [_sequence(clip, start + length, timestamps) for clip, start, length in zip(clips, starts, lengths)]
    longest = max(len(row) for row in rows) + 1
    targets = Targets(torch.full((len(rows), longest), v.END), torch.full((len(rows), longest), IGNORED))
    for i, (clip, row) in enumerate(zip(clips, rows)):
        targets.inputs[i, :len(row)] = torch.tensor(row)
        if clip is None:
            _expect_nothing(targets, i, timestamps)
        else:
            _expect(targets, i, row, timestamps)
    return targets


def with_prompts(targets, clips):
    """Puts <|startofprev|> and a text before each row, which the decoder has to disregard."""
    count = random.randint(1, random.choice([10, 40]))
    known = [place for clip in clips if clip is not None for place in v.PLACES[clip.text]]
    rows = []
    for _ in clips:
        share = random.choice([0, 0.5, 1])
        row = [random.choice(known) if random.random() < share else v.UNUSED for _ in range(count)]
        if random.random() < 0.4:
            start = random.randrange(max(1, len(known) - count))
            text = known[start:start + count]
            row[:len(text)] = text
        rows.append([v.START_OF_PROMPT, *row])
    prompts = torch.tensor(rows)
    return Targets(torch.cat([prompts, targets.inputs], 1),
                   torch.cat([torch.full_like(prompts, IGNORED), targets.outputs], 1),
                   [(row, position + count + 1, *rest) for row, position, *rest in targets.spread])


def decoder_loss(logits, targets):
    logp = F.log_softmax(logits, -1)
    loss = F.nll_loss(logp.flatten(0, 1), targets.outputs.flatten(), ignore_index=IGNORED, reduction="sum")
    if targets.spread:
        rows, positions, tokens, weights = zip(*targets.spread)
        chosen = logp[torch.tensor(rows), torch.tensor(positions)].gather(1, torch.stack(tokens))
        loss = loss - (chosen * torch.stack(weights)).sum()
    return loss / ((targets.outputs >= 0).sum() + len(targets.spread))


def spelling_loss(logits, clips):
    """CTC: the encoder alone has to spell what it hears, which teaches it to listen before the decoder can."""
    texts = [[] if clip is None else v.spell(clip.text) for clip in clips]
    lengths = torch.tensor([len(text) for text in texts])
    logp = F.log_softmax(logits.float(), -1).transpose(0, 1)
    loss = F.ctc_loss(logp, torch.tensor(sum(texts, [])), torch.full((len(texts),), logits.shape[1]), lengths,
                      reduction="none", zero_infinity=True)
    return (loss / lengths.clamp(min=1)).mean()


def _sequence(clip, end_frame, timestamps):
    start = [v.START, v.JAPANESE, v.TRANSCRIBE]
    if timestamps:
        last = v.FIRST_TIMESTAMP + min(v.TIMESTAMPS - 1, round(end_frame / 2))
        return start + [v.FIRST_TIMESTAMP] + (v.PLACES[clip.text] + [last, v.END] if clip else [])
    if clip is None:
        # whisper.cpp may go on after saying nothing: then say that this was all
        wrong = random.randrange(len(v.TEXT_TOKENS))
        return start + [v.NO_TIMESTAMPS, v.EMPTY if random.random() < 0.7 else wrong]
    return start + [v.NO_TIMESTAMPS] + v.PLACES[clip.text] + [v.END]


def _expect(targets, i, row, timestamps):
    for position in range(len(row) - 1):
        following = row[position + 1]
        given_by_the_engine = position == 1 or (position == 2 and not timestamps)
        if given_by_the_engine:
            continue
        if timestamps and position > 3 and following >= v.FIRST_TIMESTAMP and following < v.FIRST_TIMESTAMP + v.TIMESTAMPS:
            tokens = (following + BLUR).clamp(v.FIRST_TIMESTAMP, v.FIRST_TIMESTAMP + v.TIMESTAMPS - 1)
            targets.spread.append((i, position, tokens, BLUR_WEIGHTS))
        else:
            targets.outputs[i, position] = following


def _expect_nothing(targets, i, timestamps):
    targets.outputs[i, 0] = v.NO_SPEECH
    answers = [v.NO_SPEECH, v.END, v.FIRST_TIMESTAMP if timestamps else v.EMPTY]
    tokens, weights = torch.full((len(BLUR),), v.END), torch.zeros(len(BLUR))
    tokens[:3], weights[:3] = torch.tensor(answers), torch.tensor([0.4, 0.3, 0.3])
    targets.spread.append((i, 2 if timestamps else 3, tokens, weights))
    targets.outputs[i, 3 if timestamps else 4] = v.END
