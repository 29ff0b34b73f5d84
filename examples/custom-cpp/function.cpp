// A function in C++. The executor of serverledge/base runs CUSTOM_CMD once per
// call: it finds the parameters, as JSON, in the file that PARAMS_FILE names,
// and writes its result, as JSON, to the one that RESULT_FILE names.
//
// It counts the bytes, digits and letters of the parameters' text.

#include <cctype>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

int main() {
  const char *params = std::getenv("PARAMS_FILE");
  const char *result = std::getenv("RESULT_FILE");
  if (params == nullptr || result == nullptr) {
    std::cerr << "PARAMS_FILE and RESULT_FILE must be set\n";
    return 1;
  }
  std::ifstream in(params, std::ios::binary);
  if (!in) {
    std::cerr << "cannot read " << params << "\n";
    return 1;
  }
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  long digits = 0, letters = 0;
  for (unsigned char c : text) {
    digits += std::isdigit(c) != 0;
    letters += std::isalpha(c) != 0;
  }
  std::cout << "counted " << text.size() << " bytes\n";
  std::ofstream out(result, std::ios::binary);
  out << "{\"bytes\": " << text.size() << ", \"digits\": " << digits << ", \"letters\": " << letters << "}\n";
  return out.flush() ? 0 : 1;
}
