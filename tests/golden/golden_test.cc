// Golden histories: recorded entries, and the state and views that they give. Histories are only
// ever added to. If a fold changes what an old entry means, this fails: that is a new event.
//
// histories/<name>/<service>.entries   see history.h
// histories/<name>/digests             "service state-version sha256" for each state version seen
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "base/log.h"
#include "base/sha256.h"
#include "golden/history.h"
#include "runtime/host.h"
#include "services/alarms/service.h"
#include "services/assessment/service.h"
#include "services/dispatch/service.h"
#include "services/handling/service.h"
#include "services/intake/service.h"
#include "services/verification/service.h"

namespace wanmi::golden {
namespace {

constexpr uint16_t kFamilies = 64;

std::vector<rules::Definition> Definitions() {
  std::vector<rules::Definition> all;
  all.push_back(intake::Define());
  all.push_back(verification::Define());
  all.push_back(dispatch::Define());
  all.push_back(handling::Define());
  all.push_back(assessment::Define());
  all.push_back(alarms::Define());
  return all;
}

// What the service's author made of the entries: states of streams, and rows.
std::string DigestOf(const runtime::Host& host, const std::string& service) {
  std::string all;
  const base::Rows& rows = host.RowsOf(service);
  runtime::kStreams.Scan(rows, "", [&](std::string_view key, runtime::rows::StreamRecord&& record) {
    all.append(key).append(record.state());
    return true;
  });
  for (uint16_t family = 16; family < kFamilies; ++family) {
    rows.Scan(family, "", "", [&](std::string_view key, std::string_view value) {
      all.append(fmt::format("{} ", family)).append(key).append(value);
      return true;
    });
  }
  return base::Hex(base::Sha256(all));
}

TEST(Golden, OldEntriesGiveWhatTheyGave) {
  int histories = 0;
  for (const std::string& folder : Histories()) {
    ++histories;
    journal::MemoryJournal journal;
    for (const auto& definition : Definitions()) {
      Load(folder, definition.name, journal);
    }
    runtime::HostOptions options;
    options.open_store = [](const rules::Definition&) {
      return base::Result<std::unique_ptr<store::Store>>(std::make_unique<store::MemoryStore>());
    };
    const base::ManualClock clock{base::FromMicros(0)};
    runtime::Host host({"sim", "journal-sim", kPartitions, 1}, Definitions(), journal, clock,
                       std::move(options));
    const auto folded = host.Fold();
    ASSERT_TRUE(folded.ok()) << folded.ToString();
    std::set<std::string> recorded;
    std::ifstream digests(folder + "/digests");
    for (std::string line; std::getline(digests, line);) recorded.insert(line);
    for (const auto& definition : Definitions()) {
      const std::string line = fmt::format("{} {} {}", definition.name, definition.state_version,
                                           DigestOf(host, definition.name));
      EXPECT_TRUE(recorded.count(line))
          << folder << ": expected this line in digests: " << line
          << "\nA new state version adds its line; with the old version the fold has changed what "
             "old "
             "entries mean, and that is a mistake.";
    }
  }
  EXPECT_GT(histories, 0);
}

}  // namespace
}  // namespace wanmi::golden
