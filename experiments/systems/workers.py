"""Processes that share an array of weights and update it without waiting for each other, as Hogwild's do."""

import multiprocessing
import time
from multiprocessing.shared_memory import SharedMemory
from multiprocessing.synchronize import Barrier, Lock
from typing import NamedTuple

import numpy as np

from ..declaring.number import Number

SIZE = 4000  # weights, each on a parabola of curvature 1
PAUSE = 2e-4  # seconds, mean of the time that a worker computes
TRACE = 64  # staleness counted one by one; what is later counts as this
WARM = 0.2  # share of the updates before the variance is looked at
SNAPSHOTS = 20


class Walked(NamedTuple):
    """Variance of the weights over the noise's, and how many updates came after 0, 1, ... others, (TRACE,)."""

    variance: Number
    histogram: np.ndarray


def walked(count: int, *, updates: int, rate: float, seed: int) -> Walked:
    """Steps w ← w - a w_read + ξ by so many processes, each of which reads, computes for a while, and writes late.

    Args:
        count: of processes.
        updates: of all of them together.
        rate: a.
        seed: of the noise and the times; which process comes first is the machine's choice.

    Returns:
        A ``Walked``; its error is that over weights, each a chain of its own under the same delays.
    """
    context = multiprocessing.get_context("spawn")
    memory = SharedMemory(create=True, size=8 * (SIZE + 1))
    try:
        shared = np.ndarray(SIZE + 1, np.float64, memory.buf)
        random = np.random.default_rng(seed)
        shared[:SIZE], shared[SIZE] = random.normal(size=SIZE) / np.sqrt(2 * rate), 0
        del shared
        lock, gate, answers = context.Lock(), context.Barrier(count), context.SimpleQueue()
        begun = [
            context.Process(target=_work, args=(memory.name, lock, gate, answers, updates, rate, seed + 1000 * (n + 1)))
            for n in range(count)
        ]
        for process in begun:
            process.start()
        found = [answers.get() for _ in begun]
        for process in begun:
            process.join()
    finally:
        memory.close()
        memory.unlink()
    squares = np.concatenate([one for one, _ in found]).mean(axis=0)
    variance = Number(float(squares.mean()), float(squares.std(ddof=1) / np.sqrt(SIZE)))
    return Walked(variance, np.sum([late for _, late in found], axis=0))


def _work(
    name: str, lock: Lock, gate: Barrier, answers: "multiprocessing.SimpleQueue", updates: int, rate: float, seed: int
) -> None:  # type: ignore[type-arg]
    """One process: squares of the weights at some of its updates, and the histogram of what came between."""
    memory = SharedMemory(name=name)
    shared = np.ndarray(SIZE + 1, np.float64, memory.buf)
    random, late, squares = np.random.default_rng(seed), np.zeros(TRACE), []
    every = max(1, updates // SNAPSHOTS)
    gate.wait()
    while True:
        with lock:  # a read of weights and count that belong together
            seen, old = shared[SIZE], shared[:SIZE].copy()
        time.sleep(random.exponential(PAUSE))
        move = random.normal(size=SIZE) - rate * old
        with lock:
            number = shared[SIZE]
            if number >= updates:
                break
            shared[:SIZE] += move
            shared[SIZE] = number + 1
            if number > WARM * updates and int(number) % every == 0:
                squares.append(shared[:SIZE].copy() ** 2)
        if number > WARM * updates:
            late[min(int(number - seen), TRACE - 1)] += 1
    answers.put((np.array(squares).reshape(-1, SIZE), late))
    del shared
    memory.close()
