"""A pool on a Dask cluster, for a site that outgrows one machine: `build --scheduler tcp://…`.

Every worker runs its orders in processes of its own, with the limits of a local pool. Builder and workers see the
project, its scratch folder and equal packages under the same paths, as on a shared file system; workers that hold
another version of what runs or draws refuse, since the store would take their results for ours.
"""

from __future__ import annotations

import multiprocessing
import platform
import sys
import threading
from concurrent.futures import Future
from functools import lru_cache
from typing import Any

from distributed import Client

from llmnotes.site.cache.store import code_digest, digest, package_digest
from llmnotes.site.snippets.order import Order, Outcome
from llmnotes.site.snippets.pool import LocalPool, explain_end
from llmnotes.site.text.problem import Problem, SiteError

PATIENCE_S = 10
# As this process has loaded it: a worker that was started before an edit still holds what was there then.
VERSION = digest(
    code_digest(),
    [sys.platform, platform.machine(), platform.python_version()],
    [package_digest(name) for name in ("numpy", "matplotlib")],
)
REFUSED = (0, "was sent to workers with other packages, or another llmnotes", "restart the workers of the cluster")
_making = threading.Lock()


class ClusterPool:
    """Sends orders to the workers of a cluster.

    Args:
        address: Of its scheduler, as tcp://host:8786.
        memory_bytes: Address space of each process, where the system can limit it.

    Raises:
        SiteError: If there is no scheduler.
    """

    def __init__(self, address: str, memory_bytes: int) -> None:
        self._memory_bytes = memory_bytes
        try:
            self._client = Client(address, timeout=PATIENCE_S, set_as_default=False)
        except (OSError, ValueError) as error:
            said = str(error).splitlines()[0] if str(error) else type(error).__name__
            remedy = "start it with `dask scheduler`, or build without --scheduler"
            raise SiteError([Problem(f"scheduler {address}", 0, f"does not answer ({said})", remedy)]) from None

    def submit(self, order: Order) -> Future[Outcome]:
        """Run an order; its future never raises."""
        done: Future[Outcome] = Future()

        def finish(task: Any) -> None:
            error = task.exception() if task.status == "error" else None
            if task.status == "finished":
                done.set_result(task.result())
            else:
                done.set_result(explain_end(order, error or RuntimeError("the cluster gave it up")))

        self._client.submit(run_there, order, self._memory_bytes, VERSION, pure=False).add_done_callback(finish)
        return done

    def close(self) -> None:
        """Leave the cluster, whose workers go on."""
        self._client.close()


def run_there(order: Order, memory_bytes: int, version: str) -> Outcome:
    """Run an order on a worker of the cluster."""
    if version != VERSION:
        return Outcome(failures=(REFUSED,))
    with _making:
        pool = _pool_of_worker(memory_bytes)
    return pool.submit(order).result()


@lru_cache(maxsize=1)
def _pool_of_worker(memory_bytes: int) -> LocalPool:
    """Return the processes of this worker, kept from order to order."""
    from distributed import get_worker

    # Dask marks its workers as daemons, which may have no children; ours end with their parent, however it ends.
    vars(multiprocessing.current_process())["_config"]["daemon"] = False
    return LocalPool(get_worker().state.nthreads, memory_bytes)
