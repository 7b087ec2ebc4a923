"""Runs a model file through whisper.cpp, the engine of the transcribe function, with the settings used there."""

import math

import numpy as np
from pywhispercpp.model import Model

from .speech import SAMPLE_RATE

WHOLE_WINDOW = 0
_SAMPLES_PER_POSITION = SAMPLE_RATE // 50
# The Python wheel keeps parameters from call to call, so every call names all of them.
_PARAMETERS = dict(language="ja", n_threads=1, print_progress=False, no_timestamps=True, single_segment=True,
                   suppress_blank=True, audio_ctx=WHOLE_WINDOW)


class Recogniser:
    def __init__(self, path):
        self.model = Model(str(path), redirect_whispercpp_logs_to=None, n_threads=1, print_progress=False)

    def text(self, samples, **parameters):
        segments = self.model.transcribe(samples.astype(np.float32), **_PARAMETERS | parameters)
        return "".join(segment.text for segment in segments).strip()


def covering_window(samples):
    """The smallest multiple of 256 positions of 0.02 s that holds the clip."""
    return min(1500, 256 * math.ceil(len(samples) / _SAMPLES_PER_POSITION / 256))
