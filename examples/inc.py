"""Adds one to n. Declared with n:Int as input and output, it can be chained."""


def handler(params, context):
    # A call from the command line gives text; a chain without a signature
    # gives the bare number that the step before returned.
    n = params["n"] if isinstance(params, dict) else params
    return int(n) + 1
