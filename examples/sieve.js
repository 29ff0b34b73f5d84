// Counts the prime numbers up to n with the sieve of Eratosthenes.
module.exports = (params, context) => {
  const n = Number(params.n);
  if (!Number.isInteger(n) || n < 0 || n > 1e7) throw new RangeError('n must be a whole number up to 10000000');
  const composite = new Uint8Array(n + 1);
  let count = 0;
  let largest = null;
  for (let i = 2; i <= n; i++) {
    if (composite[i]) continue;
    count++;
    largest = i;
    for (let k = i * i; k <= n; k += i) composite[k] = 1;
  }
  return { count, largest };
};
