"""The process of the clock: tick, watchdog, draining of jobs."""
