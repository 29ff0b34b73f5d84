"""Returns the lines of a text that match a regular expression."""

import re


def handler(params, context):
    pattern = re.compile(params["pattern"])
    return [line for line in params["text"].splitlines() if pattern.search(line)]
