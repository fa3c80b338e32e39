"""What the batch job does not need is not loaded."""

import subprocess
import sys


def test_the_batch_job_starts_without_metrics():
    script = (
        "import sys\nfrom aisle.prediction import PredictSettings, predict\n"
        "assert not [name for name in sys.modules if name.startswith('aisle.evaluation')]\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
