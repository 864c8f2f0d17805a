// Each rule finds what was planted, at its line, and leaves alone what is allowed.
#include "tests/tidy/scanner.h"

#include <gtest/gtest.h>

namespace wanmi::tidy {
namespace {

std::vector<int> LinesOf(const Findings& findings) {
  std::vector<int> lines;
  for (const auto& finding : findings) lines.push_back(finding.line);
  return lines;
}
using Lines = std::vector<int>;

Lines Includes(const std::string& path, const std::string& included) {
  return LinesOf(CheckIncludes(Source(path, "// x\n#include \"" + included + "\"\n")));
}

TEST(Includes, OfAServiceReachNoStoreAndNoNetwork) {
  for (const char* header :
       {"rocksdb/db.h", "grpcpp/grpcpp.h", "grpc/grpc.h", "prometheus/counter.h",
        "librdkafka/rdkafka.h", "wanmi/intake/v1/intake.grpc.pb.h", "runtime/host.h",
        "store/store.h", "journal/journal.h", "vault/vault.h", "testkit/rule_case.h"}) {
    EXPECT_EQ(Includes("services/intake/domain.cc", header), Lines{2}) << header;
    EXPECT_EQ(Includes("services/city/main.cc", header), Lines{}) << header;
    EXPECT_EQ(Includes("services/cli/main.cc", header), Lines{}) << header;
  }
  for (const char* header : {"base/status.h", "rules/decision.h", "geo/point.h", "calendar/clock.h",
                             "wanmi/intake/v1/intake.pb.h", "vector"}) {
    EXPECT_EQ(Includes("services/intake/domain.cc", header), Lines{}) << header;
  }
  EXPECT_EQ(Includes("services/intake/domain_test.cc", "testkit/rule_case.h"), Lines{});
  EXPECT_EQ(Includes("services/intake/domain_test.cc", "rocksdb/db.h"), Lines{2});
}

TEST(Includes, OfAServiceAreItsOwn) {
  EXPECT_EQ(Includes("services/intake/policy.cc", "services/intake/domain.h"), Lines{});
  EXPECT_EQ(Includes("services/intake/policy.cc", "services/dispatch/domain.h"), Lines{2});
  EXPECT_EQ(Includes("services/intake/policy.cc", "wanmi/dispatch/v1/dispatch.pb.h"), Lines{});
  EXPECT_EQ(Includes("services/city/main.cc", "services/dispatch/service.h"), Lines{});
  EXPECT_EQ(Includes("tests/sim/city_sim.cc", "services/dispatch/service.h"), Lines{});
}

TEST(Includes, OfALibraryGoOneWay) {
  for (const char* library : {"base", "geo", "calendar", "rules"}) {
    const std::string path = std::string("libs/") + library + "/a.cc";
    for (const char* above : {"runtime/host.h", "store/store.h", "journal/journal.h",
                              "vault/vault.h", "testkit/rule_case.h", "services/intake/domain.h"}) {
      EXPECT_EQ(Includes(path, above), Lines{2}) << library << " " << above;
    }
    EXPECT_EQ(Includes(path, "base/status.h"), Lines{});
    EXPECT_EQ(Includes(path, std::string(library) + "/b.h"), Lines{});
  }
  EXPECT_EQ(Includes("libs/base/a.cc", "geo/point.h"), Lines{2});
  EXPECT_EQ(Includes("libs/vault/a.cc", "rocksdb/db.h"), Lines{});
  EXPECT_EQ(Includes("libs/runtime/host.cc", "journal/journal.h"), Lines{});
  EXPECT_EQ(Includes("libs/runtime/host.cc", "server/server.h"), Lines{2});
  EXPECT_EQ(Includes("libs/server/server.cc", "runtime/host.h"), Lines{});
  EXPECT_EQ(Includes("libs/runtime/host.cc", "testkit/rule_case.h"), Lines{2});
  EXPECT_EQ(Includes("libs/runtime/host.cc", "services/intake/service.h"), Lines{2});
  EXPECT_EQ(Includes("libs/runtime/host_test.cc", "testkit/sample_city.h"), Lines{});
}

std::string FunctionOf(int lines) {
  std::string text = "int Long(int a) {\n";
  for (int i = 0; i < lines - 2; ++i) text += "  a += 1;\n";
  return text + "}\n";
}

TEST(Sizes, OfFunctionsAreBounded) {
  EXPECT_EQ(LinesOf(CheckSizes(Source("libs/a/a.cc", FunctionOf(70)))), Lines{});
  const auto found = CheckSizes(Source("libs/a/a.cc", "\n\n" + FunctionOf(71)));
  ASSERT_EQ(LinesOf(found), Lines{3});
  EXPECT_NE(found[0].ToString().find("libs/a/a.cc:3: Long"), std::string::npos);
  EXPECT_EQ(
      CheckSizes(Source("libs/a/a.cc", "namespace a {\nclass B {\n" + FunctionOf(71) + "};\n}\n"))
          .size(),
      1u);
}

TEST(Sizes, OfFilesAndLinesAreBounded) {
  EXPECT_EQ(LinesOf(CheckSizes(Source("a.h", std::string(500, '\n')))), Lines{});
  EXPECT_EQ(LinesOf(CheckSizes(Source("a.h", std::string(501, '\n')))), Lines{0});
  EXPECT_EQ(LinesOf(CheckSizes(Source("a.h", "\n" + std::string(111, 'x')))), Lines{2});
  EXPECT_EQ(LinesOf(CheckSizes(Source("a.proto", std::string(111, 'x')))), Lines{1});
  std::string chinese;
  for (int i = 0; i < 110; ++i) chinese += "万";
  EXPECT_EQ(LinesOf(CheckSizes(Source("a.h", chinese))), Lines{}) << "columns, not bytes";
}

TEST(Words, ThatSayNothingAreFound) {
  const auto lines = [](const std::string& text) {
    return LinesOf(CheckWords(Source("libs/a/a.cc", text)));
  };
  EXPECT_EQ(lines("// x\nclass KeyManager {};\n"), Lines{2});
  EXPECT_EQ(lines("int event_processor = 1;\n"), Lines{1});
  EXPECT_EQ(lines("void ParseHelper();\n"), Lines{1});
  EXPECT_EQ(lines("namespace util {\n}\n"), Lines{1});
  EXPECT_EQ(lines("struct CaseInfo {};\nclass RowData;\nenum class EventHandler {};\n"),
            (Lines{1, 2, 3}));
  EXPECT_EQ(lines("auto n = bytes.data();\nint info = 1;\nstruct Handlers {};\n"), Lines{});
  EXPECT_EQ(lines("google::protobuf::util::JsonStringToMessage(a, &b);\n"), Lines{});
  EXPECT_EQ(lines("// the manager of a company\nf(\"helper\");\n#include <utility>\n"), Lines{});
  EXPECT_EQ(LinesOf(CheckWords(Source("proto/a.proto", "message CaseInfo {\n}\n"))), Lines{1});
  EXPECT_EQ(LinesOf(CheckWords(Source("libs/a/file_util.cc", ""))), Lines{0});
}

TEST(Calls, OfClocksChanceAndEnvironmentAreFound) {
  for (const char* call :
       {"std::chrono::system_clock::now()", "std::chrono::steady_clock::now()",
        "steady_clock::now()", "std::rand()", "rand()", "std::getenv(\"HOME\")", "getenv(\"HOME\")",
        "std::random_device seed", "std::this_thread::sleep_for(a)", "usleep(3)"}) {
    const std::string text = std::string("\nauto a = ") + call + ";\n";
    EXPECT_EQ(LinesOf(CheckCalls(Source("services/intake/domain.cc", text))), Lines{2}) << call;
    const bool measures = text.find("steady_clock") != std::string::npos;
    EXPECT_EQ(LinesOf(CheckCalls(Source("libs/journal/a_test.cc", text))),
              measures ? Lines{} : Lines{2})
        << call;
    for (const char* allowed :
         {"libs/base/time.cc", "libs/base/log.cc", "libs/runtime/host.cc", "libs/testkit/a.cc",
          "services/city/main.cc", "services/cli/main.cc", "tests/e2e/a.cc"}) {
      EXPECT_EQ(LinesOf(CheckCalls(Source(allowed, text))), Lines{}) << allowed;
    }
  }
  EXPECT_EQ(
      LinesOf(CheckCalls(Source("libs/geo/a.cc", "int a = Strand(b) + c.rand();  // rand()\n"))),
      Lines{});
}

TEST(Comments, AreAboveEachHeaderAndNoListOfWishes) {
  EXPECT_EQ(LinesOf(CheckComments(Source("a.h", "#pragma once\n"))), Lines{1});
  EXPECT_EQ(LinesOf(CheckComments(Source("a.h", ""))), Lines{1});
  EXPECT_EQ(LinesOf(CheckComments(Source("a.h", "// A: what it is.\n#pragma once\n"))), Lines{});
  EXPECT_EQ(LinesOf(CheckComments(Source("a.cc", "#include <a>\n"))), Lines{});
  const std::string wish = std::string("int a;\nint b;  // TO") + "DO: c\n/* FIX" + "ME */\n";
  EXPECT_EQ(LinesOf(CheckComments(Source("a.cc", wish))), (Lines{2, 3}));
}

TEST(FileSet, IsTheSameForEachService) {
  const std::set<std::string> whole = {
      "README.md", "CMakeLists.txt", "state.proto", "domain.h",  "domain.cc",  "views.h",
      "views.cc",  "api.h",          "api.cc",      "service.h", "service.cc", "domain_test.cc"};
  EXPECT_TRUE(CheckFileSet("intake", whole).empty());
  for (const auto& file : whole) {
    auto files = whole;
    files.erase(file);
    EXPECT_EQ(CheckFileSet("intake", files).size(), 1u) << file;
  }
}

TEST(Check, AppliesEveryRule) {
  const Source bad("libs/geo/bad.h",
                   "#include \"runtime/host.h\"\nclass A_Info {};\nint a = rand();\n" +
                       std::string(111, ' ') + "\n");
  EXPECT_EQ(Check(bad).size(), 5u);
}

}  // namespace
}  // namespace wanmi::tidy
