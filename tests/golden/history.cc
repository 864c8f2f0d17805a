#include "golden/history.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/check.h"

namespace wanmi::golden {

std::vector<std::string> Histories() {
  std::vector<std::string> folders;
  for (const auto& folder :
       std::filesystem::directory_iterator(WANMI_SOURCE_DIR "/tests/golden/histories")) {
    folders.push_back(folder.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

void Load(const std::string& folder, const std::string& service, journal::MemoryJournal& journal) {
  const std::string file = folder + "/" + service + ".entries";
  std::map<int, std::pair<journal::Writer, int64_t>> writers;
  std::ifstream in(file, std::ios::binary);
  CHECK(in, "{} can be read", file);
  int partition = 0;
  size_t length = 0;
  while (in >> partition >> length) {
    in.get();
    std::string bytes(length, '\0');
    in.read(bytes.data(), static_cast<std::streamsize>(length));
    auto& [writer, seq] = writers[partition];
    if (seq == 0) writer = journal.Open({service, partition}, {})->writer;
    journal.Land(writer, ++seq, bytes);
  }
}

}  // namespace wanmi::golden
