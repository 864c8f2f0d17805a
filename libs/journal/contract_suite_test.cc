// The contract of journal.h, run against each journal.
#include "journal/contract_suite_test.h"

#include <thread>

namespace wanmi::journal {

wanmi::journal::v1::Fence By(const std::string& instance) {
  wanmi::journal::v1::Fence fence;
  fence.set_instance(instance);
  fence.set_address("127.0.0.1:1");
  return fence;
}

std::vector<std::string> ReadAll(const Journal& journal, const Slice& slice, int64_t after) {
  std::vector<std::string> seen;
  int64_t expected = after;
  const auto status = journal.Read(slice, after, [&](int64_t seq, std::string_view bytes) {
    EXPECT_EQ(seq, ++expected);
    seen.emplace_back(bytes);
    return true;
  });
  EXPECT_TRUE(status.ok()) << status.ToString();
  return seen;
}

Appended AppendOne(Journal& journal, const Writer& writer, int64_t first_seq,
                   const std::string& prev, std::vector<std::string> entries) {
  const Batch batch{writer, first_seq, prev, std::move(entries)};
  return journal.Append({&batch, 1}).front();
}

TEST_P(JournalContract, AnEmptySliceHasNothing) {
  EXPECT_EQ(*journal_->LastSeq(kSlice), 0);
  EXPECT_EQ(journal_->LastFence(kSlice).status().code(), base::Code::kNotFound);
  EXPECT_TRUE(ReadAll(*journal_, kSlice).empty());
}

TEST_P(JournalContract, EntriesComeBackAsTheyWereGivenInOrder) {
  const auto opened = journal_->Open(kSlice, By("a"));
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->last_seq, 0);
  const std::string odd("b\0c\xff", 4);
  EXPECT_EQ(AppendOne(*journal_, opened->writer, 1, GenesisHash(), {"a", odd}).outcome,
            Outcome::kOk);
  EXPECT_EQ(AppendOne(*journal_, opened->writer, 3, ChainHash(odd), {"", "d"}).landed, 2);
  EXPECT_EQ(ReadAll(*journal_, kSlice), (std::vector<std::string>{"a", odd, "", "d"}));
  EXPECT_EQ(ReadAll(*journal_, kSlice, 3), (std::vector<std::string>{"d"}));
  EXPECT_EQ(*journal_->LastSeq(kSlice), 4);
}

TEST_P(JournalContract, AReaderMayStop) {
  const auto opened = journal_->Open(kSlice, By("a"));
  ASSERT_EQ(AppendOne(*journal_, opened->writer, 1, GenesisHash(), {"a", "b", "c"}).outcome,
            Outcome::kOk);
  int seen = 0;
  ASSERT_TRUE(
      journal_->Read(kSlice, 0, [&](int64_t, std::string_view) { return ++seen < 2; }).ok());
  EXPECT_EQ(seen, 2);
}

TEST_P(JournalContract, WhatIsReadAndThenFollowedIsThereOnceAndGrows) {
  const auto opened = journal_->Open(kSlice, By("a"));
  ASSERT_EQ(AppendOne(*journal_, opened->writer, 1, GenesisHash(), {"a", "b", "c"}).outcome,
            Outcome::kOk);
  journal_ = GetParam().reopen(std::move(journal_));
  std::vector<std::string> seen;
  const auto visit = [&](int64_t seq, std::string_view bytes) {
    EXPECT_EQ(seq, static_cast<int64_t>(seen.size()) + 2);
    seen.emplace_back(bytes);
    return true;
  };
  for (int64_t after = 1; after <= 3; after += 2) {  // again, when it is followed
    const auto read = journal_->ReadAndFollow(kSlice, after, "no hint of ours", visit);
    EXPECT_TRUE(read.ok()) << read.ToString();
    EXPECT_EQ(seen, (std::vector<std::string>{"b", "c"}));
  }
  EXPECT_EQ(*journal_->LastSeq(kSlice), 3);
  EXPECT_EQ(journal_->LastFence(kSlice)->instance(), "a");
  EXPECT_EQ(ReadAll(*journal_, kSlice), (std::vector<std::string>{"a", "b", "c"}))
      << "also what stands before";
  const auto again = journal_->Open(kSlice, By("b"));
  ASSERT_EQ(AppendOne(*journal_, again->writer, 4, ChainHash("c"), {"d"}).outcome, Outcome::kOk);
  EXPECT_EQ(ReadAll(*journal_, kSlice, 3), (std::vector<std::string>{"d"}));
}

TEST_P(JournalContract, WhoStopsReadingFollowsAllTheSame) {
  const Slice empty{"dispatch", 0};
  const auto opened = journal_->Open(kSlice, By("a"));
  ASSERT_EQ(AppendOne(*journal_, opened->writer, 1, GenesisHash(), {"a", "b", "c"}).outcome,
            Outcome::kOk);
  journal_ = GetParam().reopen(std::move(journal_));
  int seen = 0;
  const auto visit = [&](int64_t, std::string_view) { return ++seen < 2; };
  ASSERT_TRUE(journal_->ReadAndFollow(kSlice, 0, "", visit).ok());
  EXPECT_EQ(seen, 2);
  EXPECT_EQ(*journal_->LastSeq(kSlice), 3);
  EXPECT_EQ(ReadAll(*journal_, kSlice, 1), (std::vector<std::string>{"b", "c"}));
  ASSERT_TRUE(journal_->ReadAndFollow(empty, 0, "", visit).ok());
  EXPECT_EQ(seen, 2);
  EXPECT_EQ(*journal_->LastSeq(empty), 0);
}

TEST_P(JournalContract, SlicesDoNotMix) {
  const Slice other{"intake", 4}, longer{"intake2", 3};
  const auto first = journal_->Open(kSlice, By("a"));
  const auto second = journal_->Open(other, By("a"));
  const auto third = journal_->Open(longer, By("a"));
  const Batch batches[] = {{first->writer, 1, GenesisHash(), {"x"}},
                           {second->writer, 1, GenesisHash(), {"y", "z"}},
                           {third->writer, 1, GenesisHash(), {"w"}}};
  for (const auto& answer : journal_->Append(batches)) EXPECT_EQ(answer.outcome, Outcome::kOk);
  EXPECT_EQ(ReadAll(*journal_, kSlice), (std::vector<std::string>{"x"}));
  EXPECT_EQ(ReadAll(*journal_, other), (std::vector<std::string>{"y", "z"}));
  EXPECT_EQ(ReadAll(*journal_, longer), (std::vector<std::string>{"w"}));
}

TEST_P(JournalContract, ADeposedWriterAddsNothingAndIsNeverToldOk) {
  const auto old = journal_->Open(kSlice, By("a"));
  ASSERT_EQ(AppendOne(*journal_, old->writer, 1, GenesisHash(), {"one"}).outcome, Outcome::kOk);
  const auto now = journal_->Open(kSlice, By("b"));
  EXPECT_GT(now->writer.epoch, old->writer.epoch);
  EXPECT_EQ(now->last_seq, 1);
  const auto answer = AppendOne(*journal_, old->writer, 2, ChainHash("one"), {"late"});
  EXPECT_EQ(answer.outcome, Outcome::kFenced);
  EXPECT_EQ(answer.landed, 0);
  EXPECT_EQ(ReadAll(*journal_, kSlice), (std::vector<std::string>{"one"}));
  EXPECT_EQ(AppendOne(*journal_, now->writer, 2, ChainHash("one"), {"two"}).outcome, Outcome::kOk);
  EXPECT_EQ(journal_->LastFence(kSlice)->instance(), "b");
}

TEST_P(JournalContract, OfOneAppendEachSliceHasItsOwnAnswer) {
  const Slice other{"dispatch", 0};
  const auto deposed = journal_->Open(kSlice, By("a"));
  const auto good = journal_->Open(other, By("a"));
  ASSERT_TRUE(journal_->Open(kSlice, By("b")).ok());
  const Batch batches[] = {{deposed->writer, 1, GenesisHash(), {"x"}},
                           {good->writer, 1, GenesisHash(), {"y"}}};
  const auto answers = journal_->Append(batches);
  EXPECT_EQ(answers[0].outcome, Outcome::kFenced);
  EXPECT_EQ(answers[1].outcome, Outcome::kOk);
  EXPECT_TRUE(ReadAll(*journal_, kSlice).empty());
  EXPECT_EQ(ReadAll(*journal_, other).size(), 1u);
}

TEST_P(JournalContract, WhatDoesNotFollowIsNotAppended) {
  const auto opened = journal_->Open(kSlice, By("a"));
  ASSERT_EQ(AppendOne(*journal_, opened->writer, 1, GenesisHash(), {"one"}).outcome, Outcome::kOk);
  EXPECT_EQ(AppendOne(*journal_, opened->writer, 3, ChainHash("one"), {"x"}).outcome,
            Outcome::kUnknown);
  EXPECT_EQ(AppendOne(*journal_, opened->writer, 1, GenesisHash(), {"x"}).outcome,
            Outcome::kUnknown);
  EXPECT_EQ(AppendOne(*journal_, opened->writer, 2, ChainHash("two"), {"x"}).outcome,
            Outcome::kUnknown);
  EXPECT_EQ(ReadAll(*journal_, kSlice), (std::vector<std::string>{"one"}));
}

TEST_P(JournalContract, EverythingIsThereAfterARestart) {
  const auto opened = journal_->Open(kSlice, By("a"));
  ASSERT_EQ(AppendOne(*journal_, opened->writer, 1, GenesisHash(), {"one", "two"}).outcome,
            Outcome::kOk);
  journal_ = GetParam().reopen(std::move(journal_));
  EXPECT_EQ(ReadAll(*journal_, kSlice), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(*journal_->LastSeq(kSlice), 2);
  const auto again = journal_->Open(kSlice, By("a"));
  EXPECT_GT(again->writer.epoch, opened->writer.epoch);
  EXPECT_EQ(AppendOne(*journal_, opened->writer, 3, ChainHash("two"), {"x"}).outcome,
            Outcome::kFenced);
  EXPECT_EQ(AppendOne(*journal_, again->writer, 3, ChainHash("two"), {"three"}).outcome,
            Outcome::kOk);
}

TEST_P(JournalContract, ReadersMayReadWhileAWriterAppends) {
  const auto opened = journal_->Open(kSlice, By("a"));
  std::jthread reader([&](std::stop_token stop) {
    while (!stop.stop_requested()) {
      int64_t last = 0;
      ASSERT_TRUE(journal_
                      ->Read(kSlice, 0,
                             [&](int64_t seq, std::string_view bytes) {
                               EXPECT_EQ(bytes, std::to_string(seq));
                               last = seq;
                               return true;
                             })
                      .ok());
    }
  });
  std::string prev = GenesisHash();
  for (int64_t seq = 1; seq <= 200; ++seq) {
    const std::string entry = std::to_string(seq);
    ASSERT_EQ(AppendOne(*journal_, opened->writer, seq, prev, {entry}).outcome, Outcome::kOk);
    prev = ChainHash(entry);
  }
}

}  // namespace wanmi::journal
