"""Training of the networks on generated anatomy, and the release of trained weights."""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Threads that wait by spinning make a step ten times slower where other work shares the cores.
# The variable counts only if it is set before torch is imported.
