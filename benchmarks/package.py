"""How long the package takes: the second table of the targets, measured on this machine.

    python benchmarks/package.py          # prints the table and writes benchmarks/package.json

Each process is started in turn with an empty interpreter, so that a busy machine slows both; what is compared is
processor time, of which the median of all runs is taken.
"""

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
TARGET = ROOT / "benchmarks" / "package.json"
CONFIG = ROOT / "tests" / "data" / "example-config.json"
N_STARTS, N_RUNS = 15, 200
CONTEXTS = [1000 * number for number in range(1, 21)]
PRECISIONS = (4, 8, 16, 32)


def started(*arguments: str) -> float:
    """Processor seconds of one Python process from start to end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def starts() -> dict[str, list[float]]:
    """An empty interpreter, the import, one answer: in turn."""
    commands = {
        "empty interpreter": ("-c", ""),
        "import llmnotes": ("-c", "import llmnotes"),
        "llmnotes params MODEL": ("-m", "llmnotes", "params", str(CONFIG)),
    }
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(N_STARTS):
        for name, arguments in commands.items():
            taken[name].append(started(*arguments))
    return taken


def repeated(work: Callable[[], object], times: int) -> list[float]:
    """Processor seconds of each of so many runs, after one that is not counted."""
    work()
    taken = []
    for _ in range(times):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return taken


def counted() -> list[float]:
    """One published configuration, read and counted, among those of the registry in turn."""
    import llmnotes as ln
    from llmnotes import registry

    configs = [dict(registry.find(name).config) for name in registry.model_ids()]
    taken = []
    for config in configs:
        taken += repeated(lambda config=config: ln.count_params(ln.from_config(config)), N_RUNS // 50)
    return taken


def grid() -> list[float]:
    """The cache of every registered model at 20 contexts and 4 precisions, files and all."""
    import llmnotes as ln
    from llmnotes import registry

    def work() -> None:
        for name in registry.model_ids():
            model = ln.load_model(name)
            for n_tokens in CONTEXTS:
                for bits in PRECISIONS:
                    ln.kv_cache(model, n_tokens=n_tokens, kv_bits=bits)

    return repeated(work, 5)


def row(name: str, taken: list[float], **target: float) -> dict:
    """One line of the table: n, median and fastest in seconds, and what was aimed at."""
    return {"name": name, "n": len(taken), "median_s": statistics.median(taken), "fastest_s": min(taken), **target}


def main() -> None:
    """Measure, print, record."""
    processes = starts()
    empty = statistics.median(processes["empty interpreter"])
    rows = [
        row("empty interpreter", processes["empty interpreter"]),
        row("import llmnotes", processes["import llmnotes"], target_ratio=1.5),
        row("llmnotes params MODEL", processes["llmnotes params MODEL"], target_ratio=5),
        row("count one model from its configuration", counted(), target_s=0.001),
        row("cache of all models × 20 contexts × 4 precisions", grid(), target_s=1),
    ]
    for line in rows:
        if "target_ratio" in line:
            line["ratio_to_empty"] = line["median_s"] / empty
        aim = f"≤ {line['target_ratio']} ×" if "target_ratio" in line else f"≤ {line.get('target_s', '–')} s"
        ratio = f"{line['ratio_to_empty']:.2f} ×" if "ratio_to_empty" in line else ""
        print(f"{line['name']:52} n {line['n']:4}  median {line['median_s'] * 1000:9.3f} ms  {ratio:8} {aim}")
    record = {
        "date": date.today().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
        "rows": rows,
    }
    TARGET.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
