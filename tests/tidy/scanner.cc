#include "tests/tidy/scanner.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <string_view>

namespace wanmi::tidy {
namespace {

constexpr int kFileLinesMax = 500;
constexpr int kFunctionLinesMax = 70;
constexpr size_t kColumnsMax = 110;

using Names = std::set<std::string, std::less<>>;

bool IsCpp(std::string_view path) { return path.ends_with(".h") || path.ends_with(".cc"); }
bool IsTest(std::string_view path) {
  return path.starts_with("tests/") || path.ends_with("_test.cc") || path.ends_with("_test.h");
}

// "services/intake/domain.cc", 1 → "intake"
std::string_view PartOfPath(std::string_view path, int index) {
  for (; index > 0; --index) {
    const size_t slash = path.find('/');
    if (slash == std::string_view::npos) return {};
    path.remove_prefix(slash + 1);
  }
  return path.substr(0, path.find('/'));
}

// Which of our libraries a library may include, besides itself. What is not named here may include
// all but the testkit.
const std::map<std::string, Names, std::less<>>& Below() {
  static const std::map<std::string, Names, std::less<>> below = {
      {"base", {}},
      {"geo", {"base"}},
      {"calendar", {"base"}},
      {"rules", {"base", "geo", "calendar"}},
      {"rocks", {"base"}},
      {"kafka", {"base"}},
      {"journal", {"base", "rocks", "kafka"}},
      {"store", {"base", "rocks"}},
      {"vault", {"base", "rocks", "kafka"}},
      {"runtime", {"base", "geo", "calendar", "rules", "journal", "store", "vault"}},
      {"server", {"base", "geo", "calendar", "rules", "journal", "store", "vault", "runtime"}},
  };
  return below;
}

const Names& RuleLibraries() {
  static const Names names = {"base", "geo", "calendar", "rules"};
  return names;
}

bool IsOutsideWorld(std::string_view path) {
  constexpr std::array<std::string_view, 5> kPrefixes = {"rocksdb/", "grpc/", "grpcpp/",
                                                         "prometheus/", "librdkafka/"};
  return path.ends_with(".grpc.pb.h") ||
         std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](std::string_view prefix) { return path.starts_with(prefix); });
}

bool IsOurLibrary(std::string_view name) { return name == "testkit" || Below().contains(name); }

std::string CheckLibraryInclude(const Source& source, std::string_view library,
                                std::string_view included) {
  if (included == "services") {
    return "a library may not know a service; move what both need into a library, or take it as an "
           "argument";
  }
  if (!IsOurLibrary(included) || included == library || IsTest(source.path())) return {};
  const auto below = Below().find(library);
  if (below == Below().end() || below->second.contains(included)) return {};
  return fmt::format("libs/{} may not include libs/{}; turn the dependency round or pass a value",
                     library, included);
}

std::string CheckServiceInclude(const Source& source, std::string_view service,
                                std::string_view path) {
  if (!ShapedServices().contains(std::string(service))) return {};
  const std::string_view first = PartOfPath(path, 0);
  if (IsOutsideWorld(path)) {
    return "a service's files are pure and may not reach a store, the network or the metrics; let "
           "the runtime do it, and give the rule a value";
  }
  if (first == "services" && PartOfPath(path, 1) != service) {
    return "a service may not include another one's header; use its messages";
  }
  const bool for_tests = first == "testkit" && IsTest(source.path());
  if (IsOurLibrary(first) && !RuleLibraries().contains(first) && !for_tests) {
    return fmt::format("a service may not include libs/{}; use base, geo, calendar and rules",
                       first);
  }
  return {};
}

size_t ColumnsOf(std::string_view line) {
  size_t columns = 0;
  for (const char c : line) columns += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return columns;
}

const Names& BannedWords() {
  static const Names words = {"manager", "processor", "helper", "helpers", "util", "utils"};
  return words;
}

// Whether real time, the environment or chance may be asked for here.
bool MayAskTheWorld(std::string_view path) {
  constexpr std::array<std::string_view, 13> kPlaces = {
      "libs/kafka/",    "libs/journal/kafka_", "libs/vault/kafka_", "libs/base/time.",
      "libs/base/log.", "libs/runtime/",       "libs/server/",      "libs/testkit/",
      "services/city/", "services/cli/",       "services/gateway/", "services/province/",
      "tests/"};
  return std::any_of(kPlaces.begin(), kPlaces.end(),
                     [&](std::string_view place) { return path.starts_with(place); });
}

struct Call {
  std::string_view text;
  std::string_view instead;
};
constexpr std::string_view kMeasuring = "steady_clock::now";
constexpr std::array<Call, 9> kCalls = {{
    {"system_clock::now", "use base::Clock, or Context.now in a rule"},
    {kMeasuring, "use base::Clock::Steady"},
    {"high_resolution_clock", "use base::Clock::Steady"},
    {"rand(", "derive it from an id, so that a replay gives the same"},
    {"random_device", "derive it from an id, so that a replay gives the same"},
    {"getenv(", "make it a field of the configuration"},
    {"this_thread::sleep", "step, and move the clock"},
    {"usleep(", "step, and move the clock"},
    {"nanosleep(", "step, and move the clock"},
}};

bool Calls(std::string_view code, std::string_view call) {
  for (size_t at = code.find(call); at != std::string_view::npos; at = code.find(call, at + 1)) {
    const unsigned char before = at == 0 ? ' ' : static_cast<unsigned char>(code[at - 1]);
    if (std::isalnum(before) == 0 && before != '_' && before != '.' && before != '>') return true;
  }
  return false;
}

}  // namespace

std::string Finding::ToString() const { return fmt::format("{}:{}: {}", path, line, what); }

const std::set<std::string>& ShapedServices() {
  static const std::set<std::string> services = {"directory",    "rulebook",   "intake",
                                                 "grid",         "dispatch",   "handling",
                                                 "verification", "assessment", "alarms"};
  return services;
}

Findings CheckIncludes(const Source& source) {
  Findings findings;
  const std::string_view place = PartOfPath(source.path(), 0);
  const std::string_view part = PartOfPath(source.path(), 1);
  for (const auto& include : source.includes()) {
    std::string what;
    if (place == "libs") what = CheckLibraryInclude(source, part, PartOfPath(include.path, 0));
    if (place == "services") what = CheckServiceInclude(source, part, include.path);
    if (!what.empty()) {
      findings.push_back({source.path(), include.line, fmt::format("{}: {}", include.path, what)});
    }
  }
  return findings;
}

Findings CheckSizes(const Source& source) {
  Findings findings;
  const auto& lines = source.lines();
  if (lines.size() > kFileLinesMax) {
    findings.push_back({source.path(), 0,
                        fmt::format("expected at most {} lines, found {}; split it by sub-topic",
                                    kFileLinesMax, lines.size())});
  }
  for (size_t i = 0; i < lines.size(); ++i) {
    const size_t columns = ColumnsOf(lines[i]);
    if (columns <= kColumnsMax) continue;
    findings.push_back({source.path(), static_cast<int>(i) + 1,
                        fmt::format("expected at most {} columns, found {}; break the line",
                                    kColumnsMax, columns)});
  }
  if (!IsCpp(source.path())) return findings;
  for (const auto& function : source.Functions()) {
    if (function.length() <= kFunctionLinesMax) continue;
    findings.push_back(
        {source.path(), function.first_line,
         fmt::format("{}: expected a function of at most {} lines, found {}; give a part of it a "
                     "name of its own",
                     function.name, kFunctionLinesMax, function.length())});
  }
  return findings;
}

Findings CheckWords(const Source& source) {
  Findings findings;
  const auto ban = [&](int line, std::string_view name, std::string_view word) {
    findings.push_back(
        {source.path(), line,
         fmt::format("{}: \"{}\" says nothing; name it after what it does or holds", name, word)});
  };
  const std::string_view path = source.path();
  const std::string_view file = path.substr(path.rfind('/') + 1);
  for (const auto& part : PartsOf(file)) {
    if (BannedWords().contains(part)) ban(0, file, part);
  }
  for (const auto& word : source.Words()) {
    // What stands behind or before "::" may be someone else's; ours is declared without it.
    if (word.qualified || word.qualifies) continue;
    const auto parts = PartsOf(word.text);
    for (const auto& part : parts) {
      if (BannedWords().contains(part)) ban(word.line, word.text, part);
    }
    if (word.keyword.empty() || parts.empty()) continue;
    const std::string& last = parts.back();
    if (last == "info" || last == "data" || last == "handler") ban(word.line, word.text, last);
  }
  return findings;
}

Findings CheckCalls(const Source& source) {
  Findings findings;
  if (!IsCpp(source.path()) || MayAskTheWorld(source.path())) return findings;
  for (size_t i = 0; i < source.code().size(); ++i) {
    for (const auto& [text, instead] : kCalls) {
      // What is qualified is found by its own name: std::chrono::steady_clock::now.
      if (!Calls(source.code()[i], text)) continue;
      // A test may measure; it may not wait.
      if (text == kMeasuring && IsTest(source.path())) continue;
      findings.push_back({source.path(), static_cast<int>(i) + 1,
                          fmt::format("{} is not called here; {}", text, instead)});
    }
  }
  return findings;
}

Findings CheckComments(const Source& source) {
  Findings findings;
  if (source.path().ends_with(".h") &&
      (source.lines().empty() || !source.lines()[0].starts_with("//"))) {
    findings.push_back({source.path(), 1,
                        "expected a comment that says what this is, whose, for which threads, in "
                        "which units; write it above the first line"});
  }
  for (size_t i = 0; i < source.comments().size(); ++i) {
    for (const std::string_view mark : {"TODO", "FIXME", "XXX"}) {
      if (!Calls(source.comments()[i], mark)) continue;
      findings.push_back({source.path(), static_cast<int>(i) + 1,
                          fmt::format("{} is for work that nobody will find; do it, or write down "
                                      "in the README what is missing",
                                      mark)});
    }
  }
  return findings;
}

Findings CheckFileSet(const std::string& service, const std::set<std::string>& files) {
  Findings findings;
  const std::string folder = "services/" + service;
  for (const char* file : {"README.md", "CMakeLists.txt", "state.proto", "domain.h", "domain.cc",
                           "views.h", "views.cc", "api.h", "api.cc", "service.h", "service.cc"}) {
    if (files.contains(file)) continue;
    findings.push_back(
        {folder + "/" + file, 0,
         "expected the files that every service has, found this one missing; add it"});
  }
  for (const auto& file : files) {
    if (file.ends_with("_test.cc")) return findings;
  }
  findings.push_back({folder, 0, "expected a test of the rules, found no *_test.cc; write one"});
  return findings;
}

Findings Check(const Source& source) {
  Findings all;
  for (const auto& check : {CheckIncludes, CheckSizes, CheckWords, CheckCalls, CheckComments}) {
    for (auto& finding : check(source)) all.push_back(std::move(finding));
  }
  return all;
}

}  // namespace wanmi::tidy
