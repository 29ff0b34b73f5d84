// Says hello. The caller sees what is printed when it asks for the output.
module.exports = (params, context) => {
  console.log('Hello from JavaScript! My parameters are', params);
  return { message: 'Hello from JavaScript!', params };
};
