"""Great Expectations itself, imported without its telemetry and without its own warning.

This module loads the library (seconds): import it inside functions only.
"""

from __future__ import annotations

import os
import warnings

# read by the library when it is imported; the context's configuration says the same again
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

with warnings.catch_warnings():
    # 1.24 still imports these two, which Python 3.11 calls deprecated
    warnings.filterwarnings(
        "ignore", message=r"module 'sre_(constants|parse)'", category=DeprecationWarning
    )
    import great_expectations

__all__ = ["great_expectations"]
