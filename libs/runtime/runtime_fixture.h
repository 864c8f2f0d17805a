// RuntimeTest: toy services on a host of one thread, whose journal can be made to doubt.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/log.h"
#include "base/partition.h"
#include "journal/memory_journal.h"
#include "runtime/host.h"
#include "runtime/toy/toy.h"
#include "runtime/toy_request.h"

namespace wanmi::runtime {

using journal::Slice;
inline constexpr base::Time kStart = base::FromMicros(1'773'190'800'000'000);

// Answers Unknown for the next appends, landed or not, as told.
class Doubtful final : public journal::Journal {
 public:
  explicit Doubtful(journal::MemoryJournal& below) : below_(below) {}
  base::Result<journal::Opened> Open(const Slice& slice, wanmi::journal::v1::Fence fence) override {
    return below_.Open(slice, std::move(fence));
  }
  std::vector<journal::Appended> Append(std::span<const journal::Batch> batches) override {
    if (doubts == 0) return below_.Append(batches);
    --doubts;
    if (lands) (void)below_.Append(batches);
    return std::vector<journal::Appended>(batches.size(),
                                          {journal::Outcome::kUnknown, 0, "in doubt"});
  }
  base::Status Read(const Slice& slice, int64_t after, const Visitor& visit) const override {
    return below_.Read(slice, after, visit);
  }
  base::Result<int64_t> LastSeq(const Slice& slice) const override { return below_.LastSeq(slice); }
  base::Result<wanmi::journal::v1::Fence> LastFence(const Slice& slice) const override {
    return below_.LastFence(slice);
  }
  int doubts = 0;
  bool lands = false;

 private:
  journal::MemoryJournal& below_;
};

class RuntimeTest : public testing::Test {
 protected:
  void SetUp() override {
    base::SetLogLevel(static_cast<base::Level>(9));
    toy::mirror_is_mended = false;
    Start();
  }

  void Start(bool unclean = false) {
    HostOptions options;
    options.lanes = lanes_;
    options.inbox_max = inbox_max_;
    options.backlog_max = backlog_max_;
    options.instance = "test";
    options.unclean = unclean;
    options.mark_folder = mark_folder_;
    options.room = [this] { return room_; };
    options.in_doubt = [this](const std::string& why) {
      if (in_doubt_) in_doubt_(why);
    };
    options.open_store =
        [this](const rules::Definition& definition) -> base::Result<std::unique_ptr<store::Store>> {
      auto store = std::make_unique<store::MemoryStore>();
      stores_[definition.name] = store.get();
      return std::unique_ptr<store::Store>(std::move(store));
    };
    std::vector<rules::Definition> definitions;
    definitions.push_back(toy::Account());
    definitions.push_back(toy::Mirror());
    host_ = std::make_unique<Host>(City{"toy", "journal-1", 4, 1}, std::move(definitions),
                                   doubtful_, clock_, std::move(options));
    const auto opened = host_->Open();
    ASSERT_TRUE(opened.ok()) << opened.ToString();
  }

  std::optional<base::Result<common::v1::Receipt>> Send(Request request,
                                                        const std::string& service = "account",
                                                        bool pump = true) {
    auto answer = std::make_shared<std::optional<base::Result<common::v1::Receipt>>>();
    request.answer = [answer](base::Result<common::v1::Receipt> result) {
      *answer = std::move(result);
    };
    EXPECT_TRUE(host_->Offer(service, std::move(request)).ok());
    if (pump) Settle();
    return *answer;
  }
  void Settle() {
    for (int i = 0; i < 50 && (host_->Pump() || i < 3); ++i) {
    }
  }
  toy::Row Total(const std::string& service, const std::string& stream) {
    return toy::kTotals.Get(host_->RowsOf(service), stream).value_or(toy::Row());
  }
  int64_t Entries(const std::string& service) {
    int64_t entries = 0;
    for (int p = 0; p < 4; ++p) entries += *memory_.LastSeq({service, p}) - 1;
    return entries;
  }

  std::string mark_folder_;
  base::Status room_;
  std::function<void(const std::string&)> in_doubt_;
  int lanes_ = 1;
  size_t inbox_max_ = 512;
  int64_t backlog_max_ = 1'024;
  base::ManualClock clock_{kStart};
  journal::MemoryJournal memory_;
  Doubtful doubtful_{memory_};
  std::map<std::string, store::MemoryStore*> stores_;
  std::unique_ptr<Host> host_;
};

}  // namespace wanmi::runtime
