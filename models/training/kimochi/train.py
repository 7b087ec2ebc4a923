"""One training run from random parameters, by two processes of one thread each.

Two processes are faster here than two threads, and on a busy machine much faster: they wait for each other once per
step instead of once per operation. Each step draws its random numbers from a seed of its own, so a run that was
interrupted goes on from its last checkpoint as if nothing had happened.
"""

import random
import tempfile
import time
from dataclasses import dataclass

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from . import corpus, noise, targets, vocabulary
from .network import POSITIONS, Network, Padding, Placement

SEED = 1
STEPS = 7_000
PROCESSES = 2
BATCH = 32                       # clips with speech, over all processes
PEAK_RATE, WARM_UP, COOL_DOWN = 2e-3, 300, 0.4
CHECKPOINT_EVERY, WATCH_EVERY, LOG_EVERY = 250, 500, 50


@dataclass
class Difficulty:
    """What is asked of the network, from clean speech at the start of a clip to everything."""

    least_snr_db: float
    silence: bool
    lead_in: float               # share of the batches whose speech starts anywhere in the 30 s
    prompt: float                # share of the batches with a prompt
    spelling: float              # weight of the CTC loss

    @classmethod
    def at(cls, step):
        later = step >= 1500
        return cls(least_snr_db=20 - 16 * min(1, step / 2000), silence=step >= 500,
                   lead_in=0.5 if later else 0, prompt=0.15 if later else 0, spelling=1.0 if step < 2000 else 0.3)


def learning_rate(step, steps):
    """Up, level, and down to nothing over the last part."""
    return PEAK_RATE * min((step + 1) / WARM_UP, 1, (steps - step) / (COOL_DOWN * steps))


def train(corpus_folder, checkpoint, steps):
    """Leaves the finished network in `checkpoint`; does nothing if it is there already."""
    if checkpoint.exists() and torch.load(checkpoint, map_location="cpu")["step"] >= steps:
        return
    with tempfile.TemporaryDirectory() as meeting_point:
        mp.spawn(_work, (corpus_folder, checkpoint, steps, f"file://{meeting_point}/store"), nprocs=PROCESSES)


def load(checkpoint):
    network = Network()
    network.load_state_dict(torch.load(checkpoint, map_location="cpu")["network"])
    return network.eval()


def _work(rank, corpus_folder, checkpoint, steps, meeting_point):
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=meeting_point, rank=rank, world_size=PROCESSES)
    torch.manual_seed(SEED)
    network = Network()
    optimizer = _optimizer(network)
    step = _resume(checkpoint, network, optimizer)
    clips = corpus.load(corpus_folder, corpus.TRAIN, corpus.WATCHED)
    per_epoch = len(clips[corpus.TRAIN]) // BATCH
    sums, since = np.zeros(3), time.monotonic()
    epoch, batches = None, []

    while step < steps:
        if epoch != step // per_epoch:
            epoch = step // per_epoch
            batches = _batches(clips[corpus.TRAIN], epoch)
        _reseed(step, rank)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, steps)
        share = batches[step % per_epoch][rank::PROCESSES]
        sums += [*_learn(network, optimizer, share, Difficulty.at(step)), len(share)]
        step += 1

        if rank == 0 and step % LOG_EVERY == 0:
            speed = sums[2] * PROCESSES / (time.monotonic() - since)
            print(f"step {step}/{steps} decoder {sums[0] / LOG_EVERY:.3f} spelling {sums[1] / LOG_EVERY:.3f} {speed:.0f} clips/s",
                  flush=True)
            sums, since = np.zeros(3), time.monotonic()
        if rank == 0 and (step % WATCH_EVERY == 0 or step == steps):
            print(f"step {step} watched clips right: {_watch(network, clips[corpus.WATCHED]):.1%}", flush=True)
        if rank == 0 and (step % CHECKPOINT_EVERY == 0 or step == steps):
            _save(checkpoint, network, optimizer, step)
    dist.destroy_process_group()


def _learn(network, optimizer, clips, difficulty):
    clips = clips + [None] * (len(clips) // 14 if difficulty.silence else 0)
    lead_in = random.random() < difficulty.lead_in
    batch = noise.noisy_batch(clips, difficulty.least_snr_db, lead_in)
    surroundings = _placement(clips, batch) if lead_in else Padding(random.choice([0, 0, 16, 32, 48]))
    start = surroundings.start if lead_in else 0
    zero_keys = random.choice([0, _zero_keys(surroundings)])

    within_the_known_times = start + batch.mel.shape[2] // 2 <= 440
    timestamps = within_the_known_times and random.random() < 0.4
    wanted = targets.build(clips, [offset + 2 * start for offset in batch.offsets], batch.lengths, timestamps)
    if random.random() < difficulty.prompt:
        wanted = targets.with_prompts(wanted, clips)

    features, bias, length = network.encode(batch.mel, surroundings, zero_keys)
    logits = network.decode(wanted.inputs, features, bias, zero_keys)
    spelled = network.spelling(features[:, :length])
    decoder, spelling = targets.decoder_loss(logits, wanted), targets.spelling_loss(spelled, clips)
    optimizer.zero_grad()
    (decoder + difficulty.spelling * spelling).backward()
    _average_gradients(network)
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()
    return decoder.item(), spelling.item()


def _placement(clips, batch):
    """Somewhere in a window of up to 30 s, more often near its beginning."""
    length = batch.mel.shape[2] // 2
    start = min(random.randint(1, 150) if random.random() < 0.5 else random.randint(150, 700), POSITIONS - length - 1)
    window = POSITIONS if random.random() < 0.6 else random.randint(start + length + 1, POSITIONS)
    tail = random.choice([0, random.randint(0, min(200, window - start - length))])

    def background(count):
        last = [25 if clip is None else max(3, offset // 2 - 3) for clip, offset in zip(clips, batch.offsets)]
        return torch.tensor([[random.randint(2, end) for _ in range(count)] for end in last])

    return Placement(start, window, tail, background(40), background(16))


def _zero_keys(surroundings):
    """The engine rounds the number of keys up to a multiple of 256: 1500 to 1536, anything else to more."""
    if isinstance(surroundings, Padding) and not surroundings.count:
        return random.randint(1, 255)
    return 36


def _average_gradients(network):
    parameters = [p for p in network.parameters() if p.grad is not None]
    together = torch.cat([p.grad.flatten() for p in parameters])
    dist.all_reduce(together)
    for p, grad in zip(parameters, together.div_(PROCESSES).split([p.numel() for p in parameters])):
        p.grad.copy_(grad.view_as(p))


def _optimizer(network):
    matrices = [p for p in network.parameters() if p.dim() >= 2]
    others = [p for p in network.parameters() if p.dim() < 2]
    return torch.optim.AdamW([{"params": matrices, "weight_decay": 0.02}, {"params": others, "weight_decay": 0.0}],
                             lr=PEAK_RATE, betas=(0.9, 0.98), fused=True)


def _batches(clips, epoch):
    """Clips of about one length, so that little is padding."""
    rng = random.Random(f"{SEED} {epoch}")
    order = rng.sample(range(len(clips)), len(clips))
    batches = []
    for i in range(0, len(order), 20 * BATCH):
        alike = sorted(order[i:i + 20 * BATCH], key=lambda clip: clips[clip].log_mel.shape[1])
        batches += [[clips[i] for i in alike[j:j + BATCH]] for j in range(0, len(alike) - BATCH + 1, BATCH)]
    rng.shuffle(batches)
    return batches


def _reseed(step, rank):
    seed = (SEED * 1_000_003 + step) * PROCESSES + rank
    random.seed(seed)
    torch.manual_seed(seed)


@torch.no_grad()
def _watch(network, clips):
    """Share of clips transcribed exactly, in the full 30 s window."""
    features, bias, _ = network.encode(noise.plain_batch(clips).mel, Padding(48))
    tokens = torch.tensor([[vocabulary.START, vocabulary.JAPANESE, vocabulary.TRANSCRIBE, vocabulary.NO_TIMESTAMPS]] * len(clips))
    for _ in range(34):
        best = network.decode(tokens, features, bias)[:, -1].argmax(-1)
        tokens = torch.cat([tokens, best[:, None]], 1)
    said = [row[:row.index(vocabulary.END)] if vocabulary.END in row else row for row in tokens[:, 4:].tolist()]
    return sum(vocabulary.decode(row) == clip.text for row, clip in zip(said, clips)) / len(clips)


def _save(checkpoint, network, optimizer, step):
    unfinished = checkpoint.with_suffix(".tmp")
    torch.save({"step": step, "network": network.state_dict(), "optimizer": optimizer.state_dict()}, unfinished)
    unfinished.rename(checkpoint)


def _resume(checkpoint, network, optimizer):
    if not checkpoint.exists():
        return 0
    saved = torch.load(checkpoint, map_location="cpu")
    network.load_state_dict(saved["network"])
    optimizer.load_state_dict(saved["optimizer"])
    return saved["step"]
