"""What must hold before an hour of training is worth its electricity."""

import random
import unittest

import numpy as np
import torch
from whisper.model import Whisper

from kimochi import corpus, ggml, grammar, noise, targets, vocabulary
from kimochi.network import DIMENSIONS, POSITIONS, Network, Padding, Placement


class Grammar(unittest.TestCase):
    def test_every_word_of_a_held_out_sentence_is_heard_in_training(self):
        held_out = [s for s in grammar.sentences() if grammar.is_held_out(s)]

        trained = [job.sentence for job in corpus.jobs() if job.split == corpus.TRAIN]

        self.assertEqual(_parts(held_out) - _parts(trained), set())

    def test_no_held_out_sentence_is_trained_on(self):
        trained = [job.sentence for job in corpus.jobs() if job.split == corpus.TRAIN]

        self.assertFalse([s for s in trained if len(s.key.split("-")) == 3 and grammar.is_held_out(s)])

    def test_text_comes_back_from_its_tokens(self):
        for text in vocabulary.TEXTS:
            self.assertEqual(vocabulary.decode(vocabulary.PLACES[text]), text)


class TheNetwork(unittest.TestCase):
    def setUp(self):
        random.seed(0)
        torch.manual_seed(0)
        self.network = Network().eval()

    @torch.no_grad()
    def test_computes_what_openai_whisper_computes(self):
        whisper = Whisper(DIMENSIONS).eval()
        whisper.load_state_dict(self.network.whisper_state())
        mel = torch.randn(1, 80, 2 * POSITIONS)
        places = torch.tensor([[vocabulary.START, vocabulary.JAPANESE, vocabulary.TRANSCRIBE, vocabulary.NO_TIMESTAMPS, 3]])
        tokens = torch.tensor([[vocabulary.USED[place] for place in places[0]]])

        features, bias, _ = self.network.encode(mel)
        logits = self.network.decode(places, features, bias)

        expected = whisper(mel, tokens)
        torch.testing.assert_close(logits, expected[..., torch.tensor(vocabulary.USED)], atol=1e-4, rtol=1e-4)
        self.assertEqual(expected[0, 0, 40_000].item(), -64)

    @torch.no_grad()
    def test_sampled_silence_stands_for_all_of_it(self):
        """With as many positions as there are, sampling is exact."""
        mel = torch.full((1, 80, 2 * POSITIONS), -1.0)
        mel[:, :, :400] = torch.randn(1, 80, 400)

        whole, _, _ = self.network.encode(mel)
        sampled, _, _ = self.network.encode(mel[:, :, :600], Padding(POSITIONS))

        # the last position before the padding sees another neighbour, and passes it on
        torch.testing.assert_close(sampled[:, :190], whole[:, :190], atol=0.05, rtol=0.05)

    @torch.no_grad()
    def test_a_placement_has_a_score_for_every_position(self):
        mel = torch.randn(2, 80, 200)
        background = torch.randint(2, 10, (2, 5))

        features, bias, length = self.network.encode(mel, Placement(50, 300, 20, background, background), zero_keys=36)

        self.assertEqual(length, 100)
        self.assertEqual(features.shape[1], bias.shape[-1])
        self.assertAlmostEqual(bias.exp().sum().item(), 300, delta=0.01)


class Batches(unittest.TestCase):
    def setUp(self):
        random.seed(0)
        torch.manual_seed(0)
        text = vocabulary.TEXTS[0]
        mel = np.random.default_rng(0).uniform(-6, 0, (80, 150)).astype(np.float16)
        self.clips = [corpus.Clip("T01-00-00", text, mel, None), None]

    def test_a_noisy_batch_is_normalised_like_whispers_input(self):
        batch = noise.noisy_batch(self.clips, least_snr_db=4, lead_in=False)

        self.assertTrue(torch.isfinite(batch.mel).all())
        self.assertLessEqual((batch.mel.amax((1, 2)) - batch.mel.amin((1, 2))).max().item(), 2.001)

    def test_each_row_has_as_much_to_say_with_a_prompt_as_without(self):
        wanted = targets.build(self.clips, [5, 0], [150, 150], timestamps=True)

        prompted = targets.with_prompts(wanted, self.clips)

        self.assertEqual((prompted.outputs >= 0).sum(), (wanted.outputs >= 0).sum())
        self.assertEqual(prompted.inputs[0, 0], vocabulary.START_OF_PROMPT)


class ModelFile(unittest.TestCase):
    def test_q5_0_keeps_each_weight_within_a_step(self):
        weights = np.random.default_rng(0).standard_normal((4, 64)).astype(np.float32)

        packed = np.frombuffer(ggml.q5_0(weights), np.uint8).reshape(-1, 22)

        scale = packed[:, :2].copy().view(np.float16).astype(np.float32)
        fifth = np.unpackbits(packed[:, 2:6], axis=1, bitorder="little")
        lower = np.concatenate([packed[:, 6:] & 0xF, packed[:, 6:] >> 4], 1)
        restored = (lower + 16.0 * fifth - 16) * scale
        self.assertLessEqual((np.abs(restored - weights.reshape(-1, 32)) / np.abs(scale)).max(), 1.01)


def _parts(sentences):
    """Which templates, reasons and feelings occur."""
    return {(place, part) for s in sentences for place, part in enumerate(s.key.split("-")) if place or part[0] == "T"}
