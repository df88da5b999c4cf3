"""The engine ``--engine torch``: the same model, trained by PyTorch, on one machine or on several.

Started by ``torchrun --nproc-per-node=P -m rnn_core train FILE --engine torch`` it is P processes
(ranks) with one model.  Each reads its share of the N streams, carries its own states, and
`DistributedDataParallel` adds up the gradients, so that every rank takes the step that one process
with all N streams would take.  Rank 0 alone prints and writes.
"""

import datetime
import os
import re

import numpy as np
import torch
import torch.distributed as dist
from torch.nn.functional import cross_entropy

from ..loss import perplexity
from ..rnn import on_each
from ..torch import from_torch, to_torch

__all__ = ["PATIENCE", "TorchEngine", "joined"]

PATIENCE = 120.0  # seconds that a rank waits for the others; UNROLLED_PATIENCE changes it


class joined:
    """Inside ``with joined():`` this process is one of the group that torchrun started, if any.

    Every rank has to come within `PATIENCE`; ``UNROLLED_PATIENCE`` holds other seconds.
    """

    def __enter__(self):
        self.rank = int(os.environ.get("RANK", 0))
        self.group = "WORLD_SIZE" in os.environ and int(os.environ["WORLD_SIZE"]) > 1
        if self.group:
            patience = float(os.environ.get("UNROLLED_PATIENCE", PATIENCE))
            backend = "nccl" if torch.cuda.is_available() else "gloo"
            with _told():
                dist.init_process_group(backend, timeout=datetime.timedelta(seconds=patience))
        return self

    def __exit__(self, kind, error, trace):
        if self.group and kind is None:
            with _told():
                dist.barrier()  # rank 0 is still measuring and writing
            dist.destroy_process_group()


class _told:
    """Turns PyTorch's errors about the group into one sentence."""

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None and issubclass(kind, RuntimeError):
            said = re.sub(r"^\[[^]]*\] *", "", str(error).splitlines()[0])  # no file and line
            raise OSError(
                f"every rank should answer in time, got {said[:120]}: one "
                f"was stopped, is too slow, or cannot be reached. If an epoch has saved a model, "
                f"`resume` goes on from it"
            ) from error


class TorchEngine:
    """Moves the weights with PyTorch; see `rnn_core.text.run.Engine` for the methods.

    Parameters
    ----------
    model : RNNLM
        Its arrays follow the module's when `loss` or `weights` is called.
    blocks : list of (inputs, targets)
        Arrays of ids (N, T): all N streams, on every rank.
    lr, max_norm : float

    Raises
    ------
    ValueError
        If there are fewer streams than ranks.
    """

    def __init__(self, model, blocks, lr, max_norm):
        self.model, self.max_norm = model, max_norm
        self.rank, self.ranks = (dist.get_rank(), dist.get_world_size()) if _grouped() else (0, 1)
        here = int(os.environ.get("LOCAL_RANK", 0))
        self.device = torch.device("cuda", here) if torch.cuda.is_available() else "cpu"
        if self.ranks > 1:
            torch.set_num_threads(max(1, (os.cpu_count() or 1) // self.ranks))
        self.module = to_torch(model, self.device)
        self.whole = self.module
        if self.ranks > 1:
            with _told():
                self.whole = torch.nn.parallel.DistributedDataParallel(self.module)
        self.blocks = [self._share(*block) for block in blocks]
        self.optimizer = torch.optim.Adam(
            [p for p in self.module.parameters() if p.requires_grad], lr=lr
        )

    def _share(self, inputs, targets):
        """The streams of this rank, and what part of the block's tokens they are."""
        N = len(inputs)
        if N < self.ranks:
            raise ValueError(
                f"--batch should give every rank a stream, got {N} streams (a short text has "
                f"fewer) for {self.ranks} ranks: start fewer processes"
            )
        mine = np.array_split(np.arange(N), self.ranks)[self.rank]
        ids = (
            torch.tensor(np.ascontiguousarray(a[mine]), dtype=torch.long) for a in (inputs, targets)
        )
        return *(a.to(self.device) for a in ids), len(mine) / N, targets.size

    def epoch(self, on_step):
        """Read the text once; `on_step(step, loss)` after each update.  Its perplexity."""
        state, total, tokens, stopped = None, 0.0, 0, 0.0
        for step, (inputs, targets, share, size) in enumerate(self.blocks, 1):
            logits, state = self.whole(inputs, state)
            state = on_each(torch.Tensor.detach, state)  # keep h, drop the cache
            mean = cross_entropy(logits.flatten(0, 1), targets.flatten())
            self.optimizer.zero_grad(set_to_none=True)
            with _told():
                (mean * share * self.ranks).backward()  # the mean over ranks is that over tokens
            said = torch.stack([mean.detach() * share, mean.new_tensor(stopped)])
            if self.ranks > 1:
                with _told():
                    dist.all_reduce(said)
            loss, stopped = said.tolist()
            if not np.isfinite(loss):
                raise ValueError(
                    f"the loss should be finite, got {loss}: lower the learning rate (--lr), or "
                    f"clip sooner (--clip)"
                )
            if stopped:  # some rank was asked to; all of them leave at the same step
                raise KeyboardInterrupt
            self._clip()
            self.optimizer.step()
            total, tokens = total + loss * size, tokens + size
            try:
                on_step(step, loss)
            except KeyboardInterrupt:
                if self.ranks == 1:
                    raise
                stopped = 1.0
        if stopped:
            raise KeyboardInterrupt
        return perplexity(total / tokens)

    def _clip(self):
        grads = [p.grad for p in self.module.parameters() if p.grad is not None]
        norm = torch.linalg.vector_norm(
            torch.stack([torch.linalg.vector_norm(grad) for grad in grads])
        )
        if self.max_norm is not None and norm > self.max_norm:
            for grad in grads:
                grad.mul_(self.max_norm / norm)

    def loss(self, ids):
        """The model's loss now, on a text read once from a state of zeros."""
        from .run import held_out

        self._carry_over()
        loss = torch.tensor(held_out(self.model, ids), dtype=torch.float64, device=self.device)
        if self.ranks > 1:
            with _told():
                dist.broadcast(loss, 0)  # what is best is decided once, not on each machine
        return loss.item()

    def weights(self):
        """A copy of the weights now."""
        self._carry_over()
        return {name: p.copy() for name, p in self.model.params.items()}

    def _carry_over(self):
        for name, p in from_torch(self.module).params.items():
            self.model.params[name][...] = p

    @property
    def lr(self):
        return self.optimizer.param_groups[0]["lr"]

    def halve(self):
        """Halve the learning rate."""
        for group in self.optimizer.param_groups:
            group["lr"] /= 2


def _grouped():
    return dist.is_available() and dist.is_initialized()
