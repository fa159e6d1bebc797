"""Beam search: the likeliest sentences that a model of the next token can continue.

It decides as transformers 4.33 does without sampling and without early stopping, which is what the reference's
captions depend on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

NextToken = Callable[[Tensor, Tensor], Tensor]
"""``(rows, length)`` int64 ids and ``(rows,)`` int64 origins -> ``(rows, vocabulary)`` logits of the next token.

Row ``r`` is what was row ``origins[r]`` in the call before, and one token more; a model can so keep what it has
computed. The rows of a sentence that has come to its end are not there any more. In the first call every row is its own
origin.
"""


@dataclass(frozen=True)
class Hypothesis:
    """A way to continue the prompt.

    Attributes:
        ids: the prompt and what follows, without the end token.
        score: sum of the log-probabilities, the end token's included, divided by the number of ids.
    """

    ids: tuple[int, ...]
    score: float


class Search:
    """The search for one sentence.

    Attributes:
        open: the sentences that go on, best first.
        sums: their log-probabilities.
        closed: those that came to their end, in order of time; at most ``beams``.
        is_done: whether no open sentence can get among the closed ones any more.
    """

    def __init__(self, prompt: Sequence[int], beams: int) -> None:
        self.beams = beams
        self.open = [tuple(prompt)] * beams
        self.sums = [0.0, *[-1e9] * (beams - 1)]  # copies of the prompt may not take each other's places
        self.closed: list[Hypothesis] = []
        self.is_done = False

    def advance(self, candidates: Sequence[tuple[float, int, int]], end: int) -> list[int]:
        """Take ``(sum, beam, token)`` of the likeliest continuations, best first; returns the beams that go on.

        An end token closes its sentence only among the first candidates; from the rest it is dropped.
        """
        going_on = []
        for rank, (total, beam, token) in enumerate(candidates):
            if token != end:
                going_on.append((total, beam, token))
            elif rank < self.beams:
                self._close(self.open[beam], total)
            if len(going_on) == self.beams:
                break
        self.sums = [total for total, _, _ in going_on]
        self.open = [(*self.open[beam], token) for _, beam, token in going_on]
        attainable = candidates[0][0] / len(self.open[0])
        self.is_done = len(self.closed) == self.beams and self._worst().score >= attainable
        return [beam for _, beam, _ in going_on]

    def best(self) -> Hypothesis:
        """The highest score, and of equals the last; what is open counts as it is, unless the search is done."""
        if not self.is_done:
            for ids, total in zip(self.open, self.sums, strict=True):
                self._close(ids, total)
        return max(reversed(self.closed), key=lambda hypothesis: hypothesis.score)

    def _worst(self) -> Hypothesis:
        return min(self.closed, key=lambda hypothesis: hypothesis.score)

    def _close(self, ids: tuple[int, ...], total: float) -> None:
        hypothesis = Hypothesis(ids, total / len(ids))
        if len(self.closed) == self.beams:
            if hypothesis.score <= self._worst().score:
                return
            self.closed.remove(self._worst())
        self.closed.append(hypothesis)


def beam_search(
    next_token: NextToken,
    prompt: Sequence[int],
    sentences: int,
    *,
    beams: int,
    min_length: int,
    max_length: int,
    end: int,
    device: torch.device,
) -> list[Hypothesis]:
    """The likeliest continuation of the prompt, for several sentences that do not influence each other.

    Args:
        next_token: the model; sentence ``i`` begins with the rows ``i * beams`` to ``(i + 1) * beams - 1``.
        prompt: ids that every sentence begins with.
        sentences: how many to search for.
        beams: how many open ones each search keeps.
        min_length: none ends before it has so many ids, the prompt counted.
        max_length: none gets longer than that, the prompt counted.
        end: id of the end token.
        device: where the model wants its ids.
    """
    searches = [Search(prompt, beams) for _ in range(sentences)]
    running = searches
    origins = list(range(sentences * beams))
    for length in range(len(prompt), max_length):
        ids = torch.tensor([ids for search in running for ids in search.open], device=device)
        scores = next_token(ids, torch.tensor(origins, device=device)).log_softmax(-1)
        if length < min_length:
            scores[:, end] = -torch.inf
        sums = torch.tensor([total for search in running for total in search.sums], device=device)
        vocabulary = scores.shape[1]
        best = (scores + sums[:, None]).view(len(running), -1).topk(2 * beams)
        origins = []
        for place, (search, totals, chosen) in enumerate(
            zip(running, best.values.tolist(), best.indices.tolist(), strict=True)
        ):
            candidates = [(total, *divmod(index, vocabulary)) for total, index in zip(totals, chosen, strict=True)]
            going_on = search.advance(candidates, end)
            origins += [] if search.is_done else [place * beams + beam for beam in going_on]
        running = [search for search in running if not search.is_done]
        if not running:
            break
    return [search.best() for search in searches]
