"""Fits as tasks: pure functions of arrays, computed once in any process, and cached.

A task names the fit and carries everything it depends on. Its fingerprint (data, code and versions
of the libraries that fit) is the key of the cached result, and the result is the same from one
process, from several and from a cluster.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module

import numpy as np

from fcm_migration import fingerprint
from fcm_migration.arrays import Floats

FITS_MODULE = "fcm_migration.forecast.models.fits"
CLUSTER_MODULE = "fcm_migration.forecast.models.cluster"


@dataclass(frozen=True)
class Task:
    """One fit: its kind (see ``fits.FITS``), its arrays and its numbers."""

    kind: str
    arrays: tuple[Floats, ...]
    numbers: tuple[float, ...]

    def key(self) -> str:
        """Return the fingerprint of everything the result depends on."""
        digest = hashlib.sha256(f"{code_fingerprint()} {self.kind} {self.numbers!r}".encode())
        for array in self.arrays:
            digest.update(repr(array.shape).encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


Work = tuple[Callable[[Task], Floats], Task]


@cache
def code_fingerprint() -> str:
    """Return the fingerprint of the code that fits and of its libraries.

    The module of the fits is named, not imported: it imports this one. Sending fits to a cluster
    changes no result and names all code that forecasts, so it is left out: another choice of
    models fits nothing again.
    """
    return fingerprint.code(FITS_MODULE, without=(CLUSTER_MODULE,))


def fit_each(work: Sequence[Work]) -> list[Floats]:
    """Return the results of tasks fitted one by one, with one thread of linear algebra."""
    import_module("scipy.linalg")  # loads a BLAS of its own, and only loaded ones are limited
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return [fit(task) for fit, task in work]
