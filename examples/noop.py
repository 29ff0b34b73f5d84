"""Does nothing, to measure what a call costs."""


def handler(params, context):
    return {}
