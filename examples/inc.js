// Adds one to n. Declared with n:Int as input and output, it can be chained.
module.exports = (params, context) => {
  // A call from the command line gives text; a chain without a signature gives
  // the bare number that the step before returned.
  const n = Number(typeof params === 'object' && params !== null ? params.n : params);
  if (!Number.isInteger(n)) throw new TypeError('n must be a whole number');
  return n + 1;
};
