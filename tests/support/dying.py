"""The command, with PyTorch, of which rank 1 is killed in the second epoch."""

import os
import signal
import sys

from rnn_core.text import by_torch, cli


class Dying(by_torch.TorchEngine):
    epochs = 0

    def epoch(self, on_step):
        self.epochs += 1

        def dying(step, loss):
            if self.epochs == 2 and step == 3 and self.rank == 1:
                os.kill(os.getpid(), signal.SIGKILL)
            on_step(step, loss)

        return super().epoch(dying)


if __name__ == "__main__":
    by_torch.TorchEngine = Dying
    sys.exit(cli.main())
