// Tells code from texts and comments, and finds where functions end.
#include "tests/tidy/source.h"

#include <gtest/gtest.h>

namespace wanmi::tidy {
namespace {

std::string CodeOf(const std::string& text) {
  std::string all;
  const Source source("a.cc", text);
  for (const auto& line : source.code()) all += line + "\n";
  return all;
}

TEST(Source, BlanksCommentsAndLiterals) {
  const std::string code = CodeOf(
      "int a = 1'000; // out1\n"
      "char c = 'o'; char q = '\\''; const char* s = \"out2 \\\" out3\"; /* out4\n"
      "out5 */ int b;\n"
      "auto r = R\"x(out6 \" )\" out7)x\"; int d;\n"
      "#define OUT8 { \\\n"
      "  out9\n"
      "int e;\n");
  EXPECT_EQ(code.find("out"), std::string::npos) << code;
  EXPECT_EQ(code.find("OUT"), std::string::npos) << code;
  for (const char* kept : {"int a = 1'000;", "int b;", "int d;", "int e;"}) {
    EXPECT_NE(code.find(kept), std::string::npos) << kept;
  }
}

TEST(Source, KeepsCommentsApart) {
  const Source source("a.cc", "int a;  // one\nconst char* s = \"// two\";\n");
  EXPECT_NE(source.comments()[0].find("one"), std::string::npos);
  EXPECT_EQ(source.comments()[1].find("two"), std::string::npos);
}

TEST(Source, FindsIncludesWithTheirLines) {
  const Source source("a.cc",
                      "// x\n#include <vector>\n\n  #include \"base/time.h\"\n// #include <no>\n");
  ASSERT_EQ(source.includes().size(), 2u);
  EXPECT_EQ(source.includes()[0].path, "vector");
  EXPECT_EQ(source.includes()[1].path, "base/time.h");
  EXPECT_EQ(source.includes()[1].line, 4);
}

TEST(Source, FindsFunctionsAndTheirLengths) {
  const Source source("a.cc",
                      "namespace a {\n"
                      "struct Point { int x; };\n"
                      "class Thing : public Base {\n"
                      "  int Short() const { return 1; }\n"
                      "};\n"
                      "const std::map<int, int> kTable = {\n"
                      "    {1, 2},\n"
                      "};\n"
                      "int Long(int a,\n"
                      "         int b) {\n"
                      "  for (int i = 0; i < a; ++i) {\n"
                      "    if (i) { b += 1; }\n"
                      "  }\n"
                      "  return b;\n"
                      "}\n"
                      "}  // namespace a\n");
  const auto functions = source.Functions();
  ASSERT_EQ(functions.size(), 2u);
  EXPECT_EQ(functions[0].name, "Short");
  EXPECT_EQ(functions[0].length(), 1);
  EXPECT_EQ(functions[1].name, "Long");
  EXPECT_EQ(functions[1].first_line, 9);
  EXPECT_EQ(functions[1].length(), 7);
}

TEST(PartsOf, SplitsBothSpellings) {
  using Parts = std::vector<std::string>;
  EXPECT_EQ(PartsOf("FileDataUtil"), (Parts{"file", "data", "util"}));
  EXPECT_EQ(PartsOf("file_data_util.cc"), (Parts{"file", "data", "util", "cc"}));
  EXPECT_EQ(PartsOf("HTTPHandler"), (Parts{"http", "handler"}));
  EXPECT_EQ(PartsOf("utility"), (Parts{"utility"}));
  EXPECT_EQ(PartsOf("kCellMax_"), (Parts{"k", "cell", "max"}));
}

}  // namespace
}  // namespace wanmi::tidy
