"""Sleeps for some seconds (n, one by default), to hold an instance."""

import time


def handler(params, context):
    seconds = float(params.get("n", 1))
    if not 0 <= seconds <= 600:
        raise ValueError("n must be between 0 and 600 seconds")
    time.sleep(seconds)
    return {"slept": seconds}
