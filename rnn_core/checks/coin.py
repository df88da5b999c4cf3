"""A part of a case that an answer calls: it goes to where the answer runs."""

import numpy as np


class Coin:
    """A `draw` that notes the probabilities it is given; what it draws was decided beforehand."""

    def __init__(self, path):
        self.path, self.given = list(path), []

    def __call__(self, probs):
        self.given.append(np.array(probs, dtype=np.float64).ravel())
        return self.path[(len(self.given) - 1) % len(self.path)]

    def plain(self):
        """What `check` reads of it after the call."""
        return {"given": self.given}
