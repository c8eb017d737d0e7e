"""Keep the garbage collector away from what lives as long as the run."""

import gc


def pytest_collection_finish() -> None:
    """Set aside modules and collected tests: walking through all of them took a fifth of a second a time."""
    gc.collect()
    gc.freeze()
