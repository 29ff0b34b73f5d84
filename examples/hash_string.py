"""Computes the SHA-256 of a text."""

import hashlib


def handler(params, context):
    return hashlib.sha256(str(params["text"]).encode()).hexdigest()
