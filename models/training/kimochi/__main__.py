"""From nothing to an evaluated model: `python -m kimochi --work FOLDER`.

Speech and training, which take an hour, are kept in the working folder and go on where they were after an
interruption. The model file, the samples and the evaluation, which take minutes, are made anew each time.
"""

import argparse
from pathlib import Path

from . import corpus, evaluate, ggml, samples, train

MODEL = "ggml-kimochi-q5_0.bin"


def main():
    options = argparse.ArgumentParser(prog="kimochi", description=__doc__.splitlines()[0])
    options.add_argument("--work", type=Path, default=Path("work"), help="where everything is kept (default: work)")
    options.add_argument("--steps", type=int, default=train.STEPS, help=f"of training (default: {train.STEPS})")
    options.add_argument("--evaluate", type=Path, metavar="MODEL", help="make nothing, only evaluate this model file")
    chosen = options.parse_args()
    work = chosen.work
    work.mkdir(parents=True, exist_ok=True)

    corpus.render(work / "corpus")
    if chosen.evaluate:
        _evaluate(chosen.evaluate, work, report=work / f"evaluation-of-{chosen.evaluate.stem}.json")
        return
    train.train(work / "corpus", work / "network.pt", chosen.steps)
    ggml.export(train.load(work / "network.pt"), work / MODEL)
    _evaluate(work / MODEL, work, report=work / "evaluation.json")


def _evaluate(model, work, report):
    evaluate.write(evaluate.evaluate(model, work / "corpus"), report)
    print(report.read_text())
    samples.make(work / "samples")
    if wrong := samples.check(work / "samples", model):
        raise SystemExit(f"{len(wrong)} samples come out wrong, so this model is not fit to ship: {wrong}")
    print("all samples come out right")


if __name__ == "__main__":
    main()
