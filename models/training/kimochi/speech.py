"""Makes speech from text: Open JTalk (voice "Mei") and espeak-ng, with a random but repeatable manner of speaking."""

import importlib.util
import math
import os
import subprocess
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import fftconvolve, resample_poly

SAMPLE_RATE = 16_000
LONGEST_SECONDS = 5.4
DICTIONARY = os.environ.get("OPEN_JTALK_DICTIONARY", "/var/lib/mecab/dic/open-jtalk/naist-jdic")
ESPEAK_VOICES = ["ja", "ja+f2", "ja+f3", "ja+f4", "ja+f5", "ja+m3"]


def open_jtalk(spoken, wav, *, rate, pitch, timbre, extra=()):
    """Samples and their rate. `pitch` is in semitones above the voice's own, `timbre` the all-pass constant."""
    subprocess.run(["open_jtalk", "-x", DICTIONARY, "-m", _mei(), "-r", f"{rate:.3f}", "-fm", f"{pitch:.2f}",
                    "-a", f"{timbre:.3f}", *extra, "-ow", wav],
                   input=spoken.encode(), check=True, stdout=subprocess.DEVNULL)
    return soundfile.read(wav, dtype="float32")


def random_open_jtalk(spoken, wav, rng):
    rate = rng.uniform(0.85, 1.35)
    pitch = rng.uniform(0, 8) if rng.random() < 0.75 else rng.uniform(-4, 0)
    timbre = rng.uniform(0.46, 0.62)
    liveliness = ["-jm", f"{rng.uniform(0.7, 1.3):.2f}", "-jf", f"{rng.uniform(0.5, 1.8):.2f}"]
    return open_jtalk(spoken, wav, rate=rate, pitch=pitch, timbre=timbre, extra=liveliness)


def random_espeak(text, wav, rng):
    """espeak-ng reads no kanji, and は always as "ha"."""
    command = ["espeak-ng", "-v", rng.choice(ESPEAK_VOICES), "-s", str(rng.randint(120, 180)),
               "-p", str(rng.randint(40, 90)), "-w", wav, text.replace("きょうは", "きょうわ")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return soundfile.read(wav, dtype="float32")


def variants(samples, rate, count, widest, rng, noise):
    """`count` versions of one rendering at 16 kHz, of different vocal-tract length; some in a small room."""
    samples = trim(samples, rate)
    for i in range(count):
        size = rng.uniform(0.92, 1.12) if i or widest else rng.uniform(0.97, 1.05)
        version = resample(samples, rate, size)
        if rng.random() < 0.35:
            version = _in_a_room(version, rng, noise)
        version = version / (np.abs(version).max() + 1e-9) * 0.5
        if len(version) <= LONGEST_SECONDS * SAMPLE_RATE:
            yield version


def trim(samples, rate):
    """Without the silence around the speech."""
    level = np.abs(samples)
    loud = np.where(level > 0.01 * (level.max() + 1e-9))[0]
    return samples[max(0, loud[0] - int(0.02 * rate)): loud[-1] + int(0.04 * rate)]


def resample(samples, rate, size=1.0):
    """To 16 kHz, and `size` times higher and faster, formants too."""
    down = round(rate * size / 100) * 100
    divisor = math.gcd(SAMPLE_RATE, down)
    return resample_poly(samples, SAMPLE_RATE // divisor, down // divisor).astype(np.float32)


def _in_a_room(samples, rng, noise):
    length = int(SAMPLE_RATE * rng.uniform(0.08, 0.3))
    decay = np.exp(-np.arange(length) / length * rng.uniform(4, 8)).astype(np.float32)
    echo = noise.standard_normal(length).astype(np.float32) * decay
    echo *= rng.uniform(0.05, 0.25) / np.sqrt((echo**2).sum())
    echo[0] = 1
    return fftconvolve(samples, echo).astype(np.float32)


def _mei():
    """The voice comes with the Python package pyopenjtalk; the package itself is not loaded."""
    package = importlib.util.find_spec("pyopenjtalk")
    return str(Path(package.origin).parent / "htsvoice" / "mei_normal.htsvoice")
