"""Measures a model file through whisper.cpp, on clips that were not used for training."""

import hashlib
import importlib.metadata
import json
import time

import numpy as np

from . import corpus
from .recognise import WHOLE_WINDOW, Recogniser
from .speech import SAMPLE_RATE

FEELING_STEMS = ["うれし", "かなし", "こわい", "こわか", "おこって", "おこった", "くやし", "はずかし", "あんしん", "びっくり",
                 "さみし", "たのし", "ふあん", "どきどき", "いや", "もやもや"]
SHORT_WINDOW = 512
TIMESTAMPS = dict(no_timestamps=False, single_segment=False)


def evaluate(model, corpus_folder):
    clips = corpus.load(corpus_folder, corpus.HELD_OUT, corpus.HELD_OUT_ESPEAK, corpus.PHRASES)
    clips = {split: sorted(of_split, key=lambda clip: clip.key) for split, of_split in clips.items()}
    held_out, espeak, phrases = clips[corpus.HELD_OUT], clips[corpus.HELD_OUT_ESPEAK], clips[corpus.PHRASES]
    some = held_out[::5]
    recogniser = Recogniser(model)

    speech = {
        "held out, clean": _score(recogniser, held_out),
        "held out, clean, audio_ctx 512": _score(recogniser, held_out, audio_ctx=SHORT_WINDOW),
        "held out, clean, timestamps": _score(recogniser, held_out, **TIMESTAMPS),
        "held out, SNR 20 dB": _score(recogniser, held_out, snr_db=20),
        "held out, SNR 20 dB, audio_ctx 512": _score(recogniser, held_out, snr_db=20, audio_ctx=SHORT_WINDOW),
        "held out, SNR 10 dB": _score(recogniser, held_out, snr_db=10),
        "held out, SNR 10 dB, audio_ctx 512": _score(recogniser, held_out, snr_db=10, audio_ctx=SHORT_WINDOW),
        "phrases (texts known from training)": _score(recogniser, phrases),
        "held out, espeak-ng": _score(recogniser, espeak),
        "every 5th held out, 1.5 s before and 2 s after": _score(recogniser, some, around=(1.5, 2.0)),
        "every 5th held out, 3 s before and after": _score(recogniser, some, around=(3.0, 3.0)),
    }
    return {
        "model": {"sha256": hashlib.sha256(model.read_bytes()).hexdigest(), "bytes": model.stat().st_size},
        "engine": f"pywhispercpp {importlib.metadata.version('pywhispercpp')}, greedy, language ja, 1 thread",
        "speech": speech,
        "no_speech": {
            "whole window": _silences(recogniser, audio_ctx=WHOLE_WINDOW),
            "audio_ctx 512": _silences(recogniser, audio_ctx=SHORT_WINDOW),
            "timestamps": _silences(recogniser, **TIMESTAMPS),
        },
    }


def write(report, path):
    path.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n")


def _score(recogniser, clips, snr_db=None, around=None, **parameters):
    """Error rates over the letters; 。 and 、 do not count."""
    edits = letters = exact = feelings = 0
    mistakes, seconds = [], 0.0
    for seed, clip in enumerate(clips):
        recording = _recording(_surrounded(clip, around), seed, snr_db)
        started = time.perf_counter()
        heard = _letters(recogniser.text(recording, **parameters))
        seconds += time.perf_counter() - started

        wanted = _letters(clip.text)
        edits += _edits(heard, wanted)
        letters += len(wanted)
        exact += heard == wanted
        feelings += all(stem in heard for stem in FEELING_STEMS if stem in wanted)
        if heard != wanted and len(mistakes) < 5:
            mistakes.append({"wanted": clip.text, "heard": heard})
    count = len(clips)
    return {"clips": count, "character_error_rate": round(edits / letters, 4), "exact": round(exact / count, 4),
            "feeling_right": round(feelings / count, 4), "seconds_per_clip": round(seconds / count, 3), "mistakes": mistakes}


def _surrounded(clip, around):
    samples = clip.audio / 32768
    if around is None:
        return samples
    before, after = (int(seconds * SAMPLE_RATE) for seconds in around)
    samples = np.concatenate([np.zeros(before), samples, np.zeros(after)])
    return samples + np.random.default_rng(3).standard_normal(len(samples)) * 0.002


def _recording(samples, seed, snr_db):
    """0.1 to 0.4 s of silence around, a random level, half white and half pink noise, 16 bits."""
    rng = np.random.default_rng(seed)
    before, after = (np.zeros(int(SAMPLE_RATE * rng.uniform(0.1, 0.4))) for _ in range(2))
    gain = rng.uniform(0.3, 1.4)
    recording = np.concatenate([before, samples, after]) * gain
    if snr_db is not None:
        level = gain * np.sqrt((samples**2).mean()) * 10 ** (-snr_db / 20)
        recording = recording + _white_and_pink(len(recording), rng) * level
    return np.round(np.clip(recording, -1, 1) * 32767) / 32768


def _white_and_pink(length, rng):
    white = rng.standard_normal(length)
    spectrum = np.fft.rfft(white)
    pink = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1.0)), length)
    noise = white / white.std() * 0.5 + pink / pink.std()
    return noise / noise.std()


def _silences(recogniser, **parameters):
    """How many recordings without speech give an empty transcript."""
    rng = np.random.default_rng(5)

    def white(level, turn):
        return rng.standard_normal(SAMPLE_RATE * (2 + turn % 4)) * level

    def brown(turn):
        walk = np.cumsum(white(1, turn))
        return (walk - walk.mean()) / walk.std() * 0.03

    def hum():
        seconds = np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE
        return 0.05 * np.sin(2 * np.pi * 100 * seconds) + rng.standard_normal(len(seconds)) * 0.002

    recordings = {
        "digital silence": [np.zeros(2 * SAMPLE_RATE)],
        "white noise, -60 dBFS": [white(0.001, turn) for turn in range(8)],
        "white noise, -40 dBFS": [white(0.01, turn) for turn in range(8)],
        "white noise, -20 dBFS": [white(0.1, turn) for turn in range(8)],
        "brown noise, -30 dBFS": [brown(turn) for turn in range(8)],
        "hum of 100 Hz": [hum() for _ in range(8)],
    }
    empty = {kind: sum(recogniser.text(recording, **parameters) == "" for recording in of_kind)
             for kind, of_kind in recordings.items()}
    return {"recordings": sum(map(len, recordings.values())), "empty": sum(empty.values()), "empty_by_kind": empty}


def _letters(text):
    return text.replace("。", "").replace("、", "").strip()


def _edits(heard, wanted):
    """Levenshtein distance."""
    row = list(range(len(wanted) + 1))
    for i, letter in enumerate(heard, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(wanted, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (letter != other))
    return row[-1]
