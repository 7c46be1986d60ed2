"""Trains the reader that stands beside the rules, from dispatches with their labels, and writes its weights.

python -m benchmarks.train_reader MARKED... [--gold FILE...] --encoder DIR [--folds N] [--write DIR]

The encoder it begins with is all-MiniLM-L6-v2 (Apache-2.0), of which the first layers are kept. PyTorch is needed to train
(`pip install 'frontcast[train]'`), not to read.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
import torch

from benchmarks.reader.examples import Example, from_gold, from_marked, kept_pieces, vocabulary_of
from benchmarks.reader.fitting import Plan, mean_of, train, weights_of
from benchmarks.reader.folds import cross_validate, keep_record
from benchmarks.reader.net import Net, pretrained
from benchmarks.reader.weights import write
from frontcast.observe.reports import ReportReader
from frontcast.observe.reports.pieces import Pieces
from frontcast.observe.reports.weighing import Thresholds
from frontcast.verify.marked import read_marked_folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("marked", type=Path, nargs="+", help="folders of marked dispatches")
    parser.add_argument("--gold", type=Path, nargs="*", default=[], help="files of labels, each text beside it")
    parser.add_argument("--encoder", type=Path, required=True, help="folder of all-MiniLM-L6-v2 as it is published")
    parser.add_argument("--pieces", type=int, default=14000, help="how many of its most frequent pieces are kept")
    parser.add_argument("--layers", type=int, default=Plan.layers)
    parser.add_argument("--frozen", type=int, default=Plan.frozen, help="layers that are kept as they came")
    parser.add_argument("--epochs", type=int, default=Plan.epochs)
    parser.add_argument(
        "--runs", type=int, default=1, help="trainings, with other chance each, whose weights are averaged"
    )
    parser.add_argument("--batch", type=int, default=Plan.batch)
    parser.add_argument("--rate", type=float, default=Plan.rate)
    parser.add_argument("--folds", type=int, default=0, help="cross-validate over documents in so many parts first")
    parser.add_argument("--thresholds", help="alone,agreed,second,other,other_kept; left out, chosen by the folds")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default=Plan.device, help="that PyTorch computes on, such as cuda")
    parser.add_argument("--parts", type=int, help="only so many of the folds")
    parser.add_argument("--processes", type=int, default=1, help="that cross-validate at a time")
    parser.add_argument("--record", type=Path, help="keep what cross-validation found in this file")
    parser.add_argument("--write", type=Path, help="folder to write the reader into")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    vocabulary = vocabulary_of(options.encoder / "tokenizer.json")
    words = [vocabulary[number] for number in kept_pieces(vocabulary, options.pieces)]
    start, pieces, rules = pretrained(options.encoder, words), Pieces(words), ReportReader()
    marked = [one for folder in options.marked for one in read_marked_folder(folder)]
    examples = [found for one in marked if (found := from_marked(one, rules, pieces)) is not None]
    more = [found for gold in options.gold for found in from_gold(gold, rules, pieces)]
    plan = Plan(
        layers=options.layers,
        frozen=options.frozen,
        epochs=options.epochs,
        batch=options.batch,
        rate=options.rate,
        device=options.device,
    )
    print(f"{len(examples)} marked dispatches and {len(more)} labelled otherwise", flush=True)

    def learn(given: Sequence[Example]) -> Net:
        return mean_of([train(given, replace(plan, seed=seed), start, say) for seed in range(options.runs)])

    at = Thresholds(*map(float, options.thresholds.split(","))) if options.thresholds else Thresholds()
    if options.folds:
        parts = options.parts or options.folds
        best, runs, read = cross_validate(
            examples, more, options.folds, learn, parts, options.processes, options.layers
        )
        at = at if options.thresholds else best
        print(f"best: {best}", flush=True)
        if options.record:
            keep_record(options.record, read, len(examples), options.layers, runs)
    if options.write:
        net = learn([*examples, *more])
        write(weights_of(net), words, options.write, plan.frozen, {"thresholds": np.array(astuple(at))})
        print(f"written into {options.write}: {at}")


def say(epoch: int, loss: float, seconds: float) -> None:
    print(f"epoch {epoch}: loss {loss:.3f}, {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main()
