"""How fast the line model runs, against the same model written otherwise: `python -m benchmarks.run`."""

import os

# NumPy reads these when it is first loaded: it gets one thread, as said in the table.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"
