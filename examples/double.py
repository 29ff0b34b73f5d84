"""Doubles n."""


def handler(params, context):
    n = params["n"] if isinstance(params, dict) else params
    return int(n) * 2
