"""Computes the n-th Fibonacci number the slow way, to keep a CPU busy."""


def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def handler(params, context):
    n = int(params["n"])
    if not 0 <= n <= 35:
        raise ValueError("n must be between 0 and 35")
    return fibonacci(n)
