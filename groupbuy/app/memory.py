"""What a long-lived process has loaded, kept out of the garbage collector's way."""

import gc


def keep_loaded() -> None:
    """Set aside what is loaded by now, since it lives as long as the process.

    Whoever had to wait while the collector walked through all of it waited a fifth of a second; and the
    walk copies the pages of memory that forked workers share.
    """
    gc.collect()
    gc.freeze()
