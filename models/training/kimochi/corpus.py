"""The corpus: which sentences are spoken by whom, rendered into shards of log-mel spectrograms.

A shard is written whole or not at all, so an interrupted rendering goes on with the next shard.
"""

import multiprocessing
import os
import pickle
import random
import tempfile
from dataclasses import dataclass

import numpy as np
import torch
from whisper.audio import HOP_LENGTH, N_FFT, mel_filters

from . import grammar, speech

TRAIN = "train"
HELD_OUT = "held_out"                  # combinations never heard in training
HELD_OUT_ESPEAK = "held_out_espeak"    # the same kind, in a voice rarely heard in training
WATCHED = "watched"                    # held out too, looked at while training, so that HELD_OUT is not
PHRASES = "phrases"                    # texts heard in training, in a new manner of speaking
RENDERED = 5290                        # of the sentences to train with, in two variants each
JOBS_PER_SHARD = 300


@dataclass(frozen=True)
class Job:
    sentence: grammar.Sentence
    split: str
    espeak: bool
    variants: int
    seed: int


@dataclass
class Clip:
    key: str
    text: str
    log_mel: np.ndarray            # log10 of the mel power, [80, frames], float16: Whisper's input before its normalisation
    audio: np.ndarray | None       # 16 kHz, int16; only of the clips to evaluate on


def render(folder, workers=2):
    folder.mkdir(parents=True, exist_ok=True)
    todo = [(number, jobs, folder) for number, jobs in enumerate(_shards())
            if not _shard_path(folder, number).exists()]
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        for number in pool.imap_unordered(_render_shard, todo):
            print(f"shard {number} done", flush=True)


def load(folder, *splits):
    """{split: [Clip]}, in a stable order."""
    clips = {split: [] for split in splits}
    for number in range(len(_shards())):
        with open(_shard_path(folder, number), "rb") as file:
            for split, clip in pickle.load(file):
                if split in clips:
                    clips[split].append(clip)
    return clips


def jobs():
    sentences, phrases = grammar.sentences(), grammar.phrases()
    rng = random.Random(7)
    known = [s for s in sentences if not grammar.is_held_out(s)]
    rng.shuffle(known)
    held_out = [s for s in sentences if grammar.is_held_out(s)]
    rng.shuffle(held_out)

    evaluation = [Job(s, HELD_OUT, False, 1, 90_000 + i) for i, s in enumerate(held_out[:300])]
    evaluation += [Job(s, HELD_OUT_ESPEAK, True, 1, 95_000 + i) for i, s in enumerate(held_out[300:350])]
    evaluation += [Job(s, PHRASES, False, 1, 97_000 + i) for i, s in enumerate(rng.sample(phrases, 60))]

    training = [Job(s, TRAIN, False, 2, i) for i, s in enumerate(known[:6400])]
    training += [Job(s, TRAIN, False, 2, 20_000 + 10 * i + turn) for turn in range(4) for i, s in enumerate(phrases)]
    training += [Job(s, TRAIN, True, 2, 40_000 + i) for i, s in enumerate(known[6400:7000])]
    rng.shuffle(training)
    del training[RENDERED:]
    watched = [Job(s, WATCHED, False, 1, 98_000 + i) for i, s in enumerate(held_out[350:398])]
    return evaluation + training + watched


def log_mel(samples):
    """As in Whisper, up to the logarithm."""
    spectrum = torch.stft(torch.from_numpy(samples), N_FFT, HOP_LENGTH, window=torch.hann_window(N_FFT), return_complex=True)
    power = mel_filters("cpu", 80) @ (spectrum[..., :-1].abs() ** 2)
    return torch.log10(power.clamp(min=1e-10)).numpy().astype(np.float16)


def _shards():
    every = jobs()
    return [every[i:i + JOBS_PER_SHARD] for i in range(0, len(every), JOBS_PER_SHARD)]


def _shard_path(folder, number):
    return folder / f"shard_{number:03d}.pkl"


def _render_shard(task):
    number, shard, folder = task
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        clips = [clip for job in shard for clip in _speak(job, os.path.join(scratch, "speech.wav"))]
    unfinished = _shard_path(folder, number).with_suffix(".tmp")
    with open(unfinished, "wb") as file:
        pickle.dump(clips, file)
    unfinished.rename(_shard_path(folder, number))
    return number


def _speak(job, wav):
    rng, noise = random.Random(job.seed), np.random.default_rng(job.seed)
    speak, text = (speech.random_espeak, job.sentence.text) if job.espeak else (speech.random_open_jtalk, job.sentence.spoken)
    samples, rate = speak(text, wav, rng)
    for version in speech.variants(samples, rate, job.variants, job.split == HELD_OUT, rng, noise):
        audio = None if job.split == TRAIN else (version * 32767).astype(np.int16)
        yield job.split, Clip(job.sentence.key, job.sentence.text, log_mel(version), audio)
