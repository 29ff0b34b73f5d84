// Does nothing, to measure what a call costs.
module.exports = () => ({});
