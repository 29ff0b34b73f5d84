// Counts how often each word stands in a text.
module.exports = (params, context) => {
  const counts = Object.create(null);
  for (const word of String(params.text).toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
    counts[word] = (counts[word] ?? 0) + 1;
  }
  return counts;
};
