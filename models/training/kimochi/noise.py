"""Makes a training batch out of clean clips: noise, loudness, microphone, voice and pauses, all on the log-mel spectrogram.

Working there costs a fraction of working on the waveform, so a clip sounds different each time it is heard.
`None` in place of a clip is a stretch without speech.
"""

import math
import random
from dataclasses import dataclass

import torch
from torch.nn import functional as F

BINS = 80
DIGITAL_SILENCE = -10.0     # log10 of power
NOTHING = -20.0             # log10 of a power that adds nothing to anything
# A long stretch of white noise, [frames, 80], to take pieces from.
_FLICKER = torch.empty(20_000, BINS).exponential_(generator=torch.Generator().manual_seed(0)).clamp_(min=1e-3).log10_()


@dataclass
class Batch:
    mel: torch.Tensor            # log10 of power until `normalised`, [batch, 80, frames]
    offsets: list[int]           # first frame of speech
    lengths: list[int]           # frames of speech
    ends: list[int]              # frames until the recording stops, and padding begins


def plain_batch(clips):
    """For checks while training: a little silence around, nothing else."""
    return _normalised(_assemble(clips, [5] * len(clips), [20] * len(clips), slack=8))


def noisy_batch(clips, least_snr_db, lead_in):
    """`lead_in`: every clip starts with some background alone, from which a longer wait can be made."""
    longest_wait = random.randint(0, 200 if random.random() < 0.2 else 60)
    longest_tail = random.randint(0, 300 if random.random() < 0.12 else 100)
    tails = [random.choice([0, random.randint(0, longest_tail)]) for _ in clips]
    batch = _assemble(clips, [_wait(clip, longest_wait, lead_in) for clip in clips], tails, slack=random.randint(8, 48))

    silent = torch.tensor([clip is None for clip in clips])
    speech_level = _level(batch)
    noise_level = speech_level - torch.empty(len(clips)).uniform_(least_snr_db / 10, 4.5)
    noise_level = torch.where(silent, torch.empty(len(clips)).uniform_(-9, 0.5), noise_level)
    noise_level = torch.where(torch.rand(len(clips)) < 0.15, NOTHING, noise_level)

    mel = _through_microphone(_other_voice(batch.mel))
    noise = _noise(*mel.shape[::2], noise_level)
    for sound, clip in zip(noise, clips):
        if random.random() < (0.35 if clip is None else 0.04):
            _add_hum(sound)
    recorded = torch.arange(mel.shape[2]) < torch.tensor(batch.ends)[:, None]
    mel = _add_powers(mel, torch.where(recorded[:, None], noise, NOTHING))
    gain = torch.empty(len(clips)).uniform_(-2.2, 0.6)
    batch.mel = (mel + gain[:, None, None]).clamp(min=DIGITAL_SILENCE)

    hiding_level = torch.where(noise_level == NOTHING, speech_level - 3, noise_level) + gain
    for i, clip in enumerate(clips):
        if clip is not None and random.random() < 0.5:
            _hide_parts(batch.mel[i, :, :batch.ends[i]], max(hiding_level[i].item(), DIGITAL_SILENCE))
    return _normalised(batch)


def _wait(clip, longest, lead_in):
    if clip is None:
        return 0
    if lead_in:
        return random.randint(24, 60)
    return random.choice([0, random.randint(0, 15), random.randint(0, longest)])


def _assemble(clips, offsets, tails, slack):
    lengths = [random.randint(60, 300) if clip is None else clip.log_mel.shape[1] for clip in clips]
    ends = [offset + length + tail for offset, length, tail in zip(offsets, lengths, tails)]
    frames = max(ends) + slack
    mel = torch.full((len(clips), BINS, frames + frames % 2), DIGITAL_SILENCE)
    for row, clip, offset, length in zip(mel, clips, offsets, lengths):
        if clip is not None:
            row[:, offset:offset + length] = torch.from_numpy(clip.log_mel)
    return Batch(mel, offsets, lengths, ends)


def _normalised(batch):
    """As Whisper does it."""
    mel = torch.maximum(batch.mel, batch.mel.amax((1, 2), keepdim=True) - 8.0)
    return Batch((mel + 4.0) / 4.0, batch.offsets, batch.lengths, batch.ends)


def _level(batch):
    """Log10 of the mean power while speaking."""
    return torch.log10((10**batch.mel).sum((1, 2)) / (BINS * torch.tensor(batch.lengths)))


def _other_voice(mel):
    """A vocal tract of another length: the frequencies stretched by up to 7 %, for six clips of ten."""
    stretch = torch.empty(len(mel)).uniform_(0.95, 1.07)
    stretch[torch.rand(len(mel)) < 0.4] = 1.0
    position = (torch.arange(BINS) / stretch[:, None]).clamp(max=BINS - 1)
    below = position.floor().long()
    share = (position - below)[..., None]

    def at(bins):
        return torch.gather(mel, 1, bins[..., None].expand(-1, -1, mel.shape[2]))

    return at(below) * (1 - share) + at((below + 1).clamp(max=BINS - 1)) * share


def _through_microphone(mel):
    """A tilt and a ripple over the frequencies."""
    f = torch.linspace(0, 1, BINS)
    tilt = _uniform(mel, -1.2, 1.2) * (f - 0.5)
    ripple = torch.randn(len(mel), 1) * 0.25 * torch.cos(math.pi * (f * _uniform(mel, 0.5, 4) + _uniform(mel, 0, 2)))
    return mel + (tilt + ripple)[..., None]


def _noise(count, frames, level):
    """Noise of a random smooth spectrum, which swells and fades a little."""
    f = torch.linspace(0, 1, BINS)
    rows = torch.empty(count)
    spectrum = (_uniform(rows, -2.5, 0.7) * f
                + torch.randn(count, 1) * 0.4 * torch.cos(math.pi * (f * _uniform(rows, 1, 5) + _uniform(rows, 0, 1))))
    spectrum = spectrum - torch.log10((10**spectrum).mean(1, keepdim=True))
    flicker = _FLICKER[torch.randint(len(_FLICKER) - frames, (count, 1)) + torch.arange(frames)].transpose(1, 2)
    flicker = flicker * torch.empty(count, 1, 1).uniform_(0.5, 1.0)
    swell = torch.randn(count, 1, frames // 20 + 2) * torch.empty(count, 1, 1).uniform_(0, 0.5)
    swell = F.interpolate(swell, size=frames, mode="linear", align_corners=True)
    return level[:, None, None] + spectrum[..., None] + flicker + swell


def _add_hum(noise):
    """One to three steady tones."""
    for _ in range(random.randint(1, 3)):
        distance = (torch.arange(BINS) - random.uniform(0, 60)) / random.uniform(0.7, 2.0)
        noise += (random.uniform(0.5, 3.0) * torch.exp(-0.5 * distance**2))[:, None]


def _add_powers(a, b):
    return torch.logaddexp(a * math.log(10), b * math.log(10)) / math.log(10)


def _hide_parts(mel, level):
    """Up to two bands of frequencies and two moments, as in SpecAugment."""
    for axis in (0, 1):
        for _ in range(random.randint(0, 2)):
            width = random.randint(1, 9)
            start = random.randint(0, max(1, mel.shape[axis] - width))
            mel.narrow(axis, start, min(width, mel.shape[axis] - start)).fill_(level)


def _uniform(rows, low, high):
    return torch.empty(len(rows), 1).uniform_(low, high)
