"""The states of what runs the platform: messages, jobs, files and accounts."""

LABELS = {
    "message": {
        "queued": ("Queued", "wait"),
        "accepted": ("Accepted by the mail server", "ok"),
        "printed": ("Only printed, no mail server", "wait"),
        "failed": ("Failed", "bad"),
    },
    "delivery": {
        "queued": ("Not accepted yet", "wait"),
        "accepted": ("Accepted", "ok"),
        "given_up": ("Given up", "bad"),
    },
    "notice": {
        "queued": ("Queued", "wait"),
        "failed": ("Failed, tried again", "wait"),
        "accepted": ("Accepted", "ok"),
        "printed": ("Only on the console", "idle"),
        "given_up": ("Given up", "bad"),
    },
    "run": {
        "done": ("Done", "ok"),
        "failed": ("Failed", "bad"),
    },
    "report_file": {
        "queued": ("Queued", "wait"),
        "making": ("Being made", "info"),
        "done": ("Ready", "ok"),
        "failed": ("Failed", "bad"),
    },
    "job": {
        "queued": ("Queued", "wait"),
        "done": ("Done", "ok"),
        "failed": ("Failed", "bad"),
        "unknown": ("Unknown", "bad"),
    },
    "account": {
        "active": ("Active", "ok"),
        "disabled": ("Disabled", "bad"),
    },
    "shown": {
        "yes": ("Yes", "ok"),
        "no": ("No", "idle"),
    },
}
