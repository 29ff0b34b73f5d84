"""Returns the sentences of a text (one by default) that say most of it.

A sentence is worth the mean frequency of its words in the whole text; short
words say little and do not count.
"""

import re
from collections import Counter


def words(text):
    return [word for word in re.findall(r"\w+", text.lower()) if len(word) > 3]


def handler(params, context):
    text = str(params["text"]).strip()
    wanted = max(1, int(params.get("sentences", 1)))
    frequency = Counter(words(text))
    sentences = re.split(r"(?<=[.!?])\s+", text)

    def worth(i):
        found = words(sentences[i])
        return sum(frequency[word] for word in found) / len(found) if found else 0.0

    best = sorted(range(len(sentences)), key=worth, reverse=True)[:wanted]
    return " ".join(sentences[i] for i in sorted(best))
