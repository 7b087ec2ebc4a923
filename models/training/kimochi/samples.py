"""The sample recordings for tests and demos: six held-out sentences, noise, silence, and one as a browser sends it."""

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from . import grammar, speech
from .recognise import Recogniser, covering_window

# key of the sentence, semitones above the voice's own pitch, rate
CHILDREN = [("T02-00-00", 4.0, 1.00), ("T08-33-08", 5.5, 0.95), ("T05-31-02", 3.0, 1.10),
            ("T09-46-01", 6.0, 1.00), ("T04-26-04", 5.0, 1.05), ("T11-25-03", 2.0, 0.92)]


def make(folder):
    folder.mkdir(parents=True, exist_ok=True)
    sentences = {sentence.key: sentence for sentence in grammar.sentences() if grammar.is_held_out(sentence)}
    index = []
    for number, (key, pitch, rate) in enumerate(CHILDREN, 1):
        sentence = sentences[key]
        entry = {"file": f"kimochi_{number}.wav", "text": sentence.text, "key": key, "heldout_combination": True,
                 "pitch_semitones": pitch, "rate": rate, "tts": sentence.spoken}
        index.append(_write(folder, entry, _say(sentence, pitch, rate, seed=number)))

    webm = folder / "kimochi_1.webm"
    subprocess.run(["ffmpeg", "-y", "-loglevel", "error", "-i", folder / "kimochi_1.wav", "-c:a", "libopus",
                    "-b:a", "32k", "-ar", "48000", "-ac", "1", webm], check=True)
    index.append(index[0] | {"file": webm.name, "note": "kimochi_1.wav as WebM/Opus 32 kbit/s, made with ffmpeg"})

    three_seconds = 3 * speech.SAMPLE_RATE
    noise = np.random.default_rng(99).standard_normal(three_seconds) * 0.01
    index.append(_write(folder, {"file": "silence.wav", "text": ""}, np.zeros(three_seconds)))
    index.append(_write(folder, {"file": "noise.wav", "text": "", "note": "white noise, -40 dBFS rms"}, noise))
    (folder / "samples.json").write_text(json.dumps(index, ensure_ascii=False, indent=1) + "\n")


def check(folder, model):
    """The samples that the model gets wrong, as the transcribe function would decode them."""
    recogniser = Recogniser(model)
    wrong = []
    for entry in json.loads((folder / "samples.json").read_text()):
        samples = _decode(folder / entry["file"])
        heard = recogniser.text(samples, audio_ctx=covering_window(samples))
        if heard != entry["text"]:
            wrong.append(entry | {"heard": heard})
    return wrong


def _say(sentence, pitch, rate, seed):
    with tempfile.TemporaryDirectory() as scratch:
        wav = str(Path(scratch) / "speech.wav")
        samples, original_rate = speech.open_jtalk(sentence.spoken, wav, rate=rate, pitch=pitch, timbre=0.53)
    samples = speech.resample(speech.trim(samples, original_rate), original_rate)
    samples = samples / np.abs(samples).max() * 0.45
    before, after = int(0.4 * speech.SAMPLE_RATE), int(0.6 * speech.SAMPLE_RATE)
    samples = np.concatenate([np.zeros(before), samples, np.zeros(after)])
    return samples + np.random.default_rng(seed).standard_normal(len(samples)) * 0.001


def _write(folder, entry, samples):
    soundfile.write(folder / entry["file"], samples.astype(np.float32), speech.SAMPLE_RATE, subtype="PCM_16")
    return entry | {"seconds": round(len(samples) / speech.SAMPLE_RATE, 2)}


def _decode(path):
    command = ["ffmpeg", "-loglevel", "error", "-i", path, "-f", "f32le", "-ac", "1", "-ar", "16000", "-"]
    return np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, np.float32)
