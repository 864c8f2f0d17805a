// Reads the source tree and fails for each place that is not written as we write.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/tidy/scanner.h"

namespace wanmi::tidy {
namespace {

namespace fs = std::filesystem;

const fs::path& Root() {
  static const fs::path root(WANMI_SOURCE_DIR);
  return root;
}

std::string ReadAll(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

std::vector<Source> Tree() {
  std::vector<Source> sources;
  for (const char* part : {"libs", "services", "tests", "proto"}) {
    for (const auto& entry : fs::recursive_directory_iterator(Root() / part)) {
      const auto kind = entry.path().extension();
      if (kind != ".h" && kind != ".cc" && kind != ".proto") continue;
      sources.emplace_back(fs::relative(entry.path(), Root()).string(), ReadAll(entry.path()));
    }
  }
  return sources;
}

// "services/intake/domain.cc:12: …", a line for each.
std::string Lines(const Findings& findings) {
  std::string lines;
  for (const auto& finding : findings) lines += finding.ToString() + "\n";
  return lines;
}

TEST(Tidy, SourcesAreWrittenAsWeWrite) {
  const auto sources = Tree();
  ASSERT_GT(sources.size(), 60u) << "expected the source tree in " << Root();
  Findings all;
  for (const auto& source : sources) {
    for (auto& finding : Check(source)) all.push_back(std::move(finding));
  }
  EXPECT_TRUE(all.empty()) << all.size() << " places to change:\n" << Lines(all);
}

TEST(Tidy, ServicesHaveTheSameFiles) {
  for (const auto& service : ShapedServices()) {
    const fs::path folder = Root() / "services" / service;
    if (!fs::exists(folder)) continue;
    std::set<std::string> files;
    for (const auto& entry : fs::directory_iterator(folder)) {
      files.insert(entry.path().filename().string());
    }
    const Findings missing = CheckFileSet(service, files);
    EXPECT_TRUE(missing.empty()) << Lines(missing);
  }
}

}  // namespace
}  // namespace wanmi::tidy
