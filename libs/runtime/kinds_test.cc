// What is written from which level on, under whose name the machine writes, and what becomes of
// kinds that a reader does not know.
#include "runtime/kinds.h"

#include <google/protobuf/unknown_field_set.h>
#include <gtest/gtest.h>

#include "base/log.h"
#include "base/partition.h"
#include "journal/memory_journal.h"
#include "runtime/host.h"
#include "runtime/level_rows.h"
#include "runtime/toy/toy.h"

namespace wanmi::runtime {
namespace {

constexpr base::Time kStart = base::FromMicros(1'773'190'800'000'000);

base::Code CodeAt(int level, const toy::Event& event) {
  return Kinds(*toy::Event::descriptor()).CheckLevel(event, level).code();
}

TEST(Kinds, AKindAFieldAndAValueNeedTheirLevel) {
  toy::Event loud, text, blue, old;
  loud.mutable_rang_loudly();
  text.mutable_added()->add_tags()->set_text("new");
  blue.mutable_added()->add_tags()->set_colour(toy::COLOUR_RED);
  blue.mutable_added()->add_tags()->set_colour(toy::COLOUR_BLUE);
  old.mutable_added()->add_tags()->set_colour(toy::COLOUR_RED);
  for (const auto* event : {&loud, &text}) {
    EXPECT_EQ(CodeAt(1, *event), base::Code::kFailedPrecondition);
    EXPECT_EQ(CodeAt(2, *event), base::Code::kOk);
  }
  EXPECT_EQ(CodeAt(2, blue), base::Code::kFailedPrecondition);
  EXPECT_EQ(CodeAt(3, blue), base::Code::kOk);
  EXPECT_EQ(CodeAt(1, old), base::Code::kOk);
  const auto refused = Kinds(*toy::Event::descriptor()).CheckLevel(text, 1);
  EXPECT_NE(refused.message().find("Tag.text needs level 2, the city is at level 1; raise it"),
            std::string::npos)
      << refused.message();
}

toy::Event UnknownKind(int number) {
  toy::Event event;
  event.GetReflection()->MutableUnknownFields(&event)->AddLengthDelimited(number, "");
  return event;
}

TEST(Kinds, AKindOfAHigherLevelIsUnknownToWhoDoesNotReadIt) {
  toy::Event loud, old;
  loud.mutable_rang_loudly()->set_at_us(7);
  old.mutable_rang();
  HideAbove(2, &loud);
  HideAbove(1, &old);
  EXPECT_TRUE(HasKind(loud) && HasKind(old));
  HideAbove(1, &loud);
  EXPECT_FALSE(HasKind(loud));
  EXPECT_FALSE(MayPassOver(loud));
}

TEST(Kinds, OnlyAnUnknownKindWithAHighNumberMayBePassedOver) {
  EXPECT_TRUE(MayPassOver(UnknownKind(kIgnorableFrom)));
  EXPECT_FALSE(MayPassOver(UnknownKind(kIgnorableFrom - 1)));
  EXPECT_FALSE(MayPassOver(toy::Event())) << "an event without anything is no kind of ours";
}

// A city of one partition, in which an older or a newer binary has been.
class LevelTest : public testing::Test {
 protected:
  void SetUp() override { base::SetLogLevel(static_cast<base::Level>(9)); }

  base::Status Open(int level, bool with_account = true, int reads = 3) {
    HostOptions options;
    options.open_store = [](const rules::Definition&) {
      return base::Result<std::unique_ptr<store::Store>>(std::make_unique<store::MemoryStore>());
    };
    std::vector<rules::Definition> definitions;
    if (with_account) definitions.push_back(toy::Account());
    definitions.push_back(toy::Mirror());
    rulebook_ = base::MapRows();
    PutLevel(rulebook_, level, base::FromMicros(0));
    options.rulebook = &rulebook_;
    options.reads = reads;
    host_ = std::make_unique<Host>(City{"toy", "journal-1", 1, 1}, std::move(definitions), memory_,
                                   clock_, std::move(options));
    return host_->Open();
  }
  void Settle() {
    clock_.Advance(std::chrono::seconds(10));
    for (int i = 0; i < 20; ++i) host_->Pump();
  }
  base::Code Add(int64_t amount, const char* service = "account", const char* person = "") {
    toy::Add add;
    add.set_amount(amount);
    Request request;
    request.stream = "a";
    request.command = std::make_unique<toy::Command>(rules::Wrap<toy::Command>(add));
    request.id = std::to_string(++commands_);
    request.actor.set_person_id(person);
    std::optional<base::Code> code;
    request.answer = [&](const base::Result<common::v1::Receipt>& answer) {
      code = answer.status().code();
    };
    EXPECT_TRUE(host_->Offer(service, std::move(request)).ok());
    Settle();
    return code.value();
  }
  // What a newer binary wrote as account's next entry.
  void Write(const toy::Event& event, int level = 1) {
    wanmi::journal::v1::Entry entry;
    entry.set_level(level);
    entry.set_prev(journal::GenesisHash());
    int64_t seq = 0;
    ASSERT_TRUE(memory_
                    .Read({"account", 0}, 0,
                          [&](int64_t at, std::string_view bytes) {
                            entry.set_prev(journal::ChainHash(bytes));
                            seq = at;
                            return true;
                          })
                    .ok());
    entry.set_seq(seq + 1);
    entry.set_at_us(base::ToMicros(clock_.Now()));
    auto& change = *entry.add_changes();
    change.set_stream("a");
    change.add_events(event.SerializeAsString());
    const auto opened = memory_.Open({"account", 0}, {});
    ASSERT_TRUE(opened.ok());
    memory_.Land(opened->writer, seq + 1, entry.SerializeAsString());
  }
  static toy::Event Added(int64_t amount) {
    toy::Added added;
    added.set_amount(amount);
    return rules::Wrap<toy::Event>(added);
  }
  int64_t Mirrored() {
    return toy::kTotals.Get(host_->RowsOf("mirror"), "a").value_or(toy::Row()).total();
  }

  base::ManualClock clock_{kStart};
  journal::MemoryJournal memory_;
  base::MapRows rulebook_;
  std::unique_ptr<Host> host_;
  int commands_ = 0;
};

TEST_F(LevelTest, AMachineDecisionHasTheWhiteListThatItActsUnder) {
  ASSERT_TRUE(Open(1).ok());
  ASSERT_EQ(Add(82), base::Code::kOk);  // and 84, under another list: the first is the entry's
  ASSERT_EQ(Add(2), base::Code::kOk);
  ASSERT_EQ(Add(86, "mirror", "p-1"), base::Code::kOk);  // a person decides, the list stands by
  std::vector<std::string> actors;
  const auto read = memory_.Read({"mirror", 0}, 1, [&](int64_t, std::string_view bytes) {
    wanmi::journal::v1::Entry entry;
    EXPECT_TRUE(entry.ParseFromString(std::string(bytes)));
    actors.push_back(entry.actor().ShortDebugString());
    return true;
  });
  EXPECT_TRUE(read.ok());
  EXPECT_EQ(actors,
            (std::vector<std::string>{"post_id: \"signer\" system { white_list: \"82\" }",
                                      "system { service: \"mirror\" }", "person_id: \"p-1\""}));
  const auto seen = [&] {
    const auto row = toy::kTotals.Get(host_->RowsOf("mirror"), "a").value_or(toy::Row());
    return std::vector<std::string>(row.lists().begin(), row.lists().end());
  };
  EXPECT_EQ(seen(), (std::vector<std::string>{"82", "82", "", ""}));
  ASSERT_TRUE(Open(1).ok());  // a replay gives views the same actors
  EXPECT_EQ(seen(), (std::vector<std::string>{"82", "82", "", ""}));
}

TEST_F(LevelTest, WhatNeedsAHigherLevelIsRefusedAndLeavesNoTrace) {
  ASSERT_TRUE(Open(1).ok());
  EXPECT_EQ(Add(201), base::Code::kFailedPrecondition);
  EXPECT_EQ(*memory_.LastSeq({"account", 0}), 1);
  EXPECT_EQ(Add(202), base::Code::kOk) << "its rule looks at the level";
  ASSERT_TRUE(Open(2).ok());
  EXPECT_EQ(Add(201), base::Code::kOk);
  EXPECT_EQ(Add(203), base::Code::kFailedPrecondition);
  EXPECT_EQ(*memory_.LastSeq({"account", 0}), 3);
}

TEST_F(LevelTest, AnUnknownEventOfOurOwnKeepsThePartitionShut) {
  ASSERT_TRUE(Open(1).ok());
  Write(UnknownKind(kIgnorableFrom + 7));  // also one that others may pass over
  const auto opened = Open(1);
  EXPECT_EQ(opened.code(), base::Code::kFailedPrecondition);
  EXPECT_NE(opened.message().find("does not know; it reads up to level 3: run a newer one"),
            std::string::npos)
      << opened.message();
}

TEST_F(LevelTest, AnUnknownEventOfAnUpstreamStopsItVisibly) {
  Write(Added(2));
  Write(UnknownKind(77));
  Write(Added(4));
  ASSERT_TRUE(Open(1, false).ok());
  Settle();
  EXPECT_EQ(Mirrored(), 2);
  testing::internal::CaptureStderr();
  base::SetLogLevel(base::Level::kError);
  Settle();
  base::SetLogLevel(static_cast<base::Level>(9));
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("upstream.stopped"), std::string::npos) << log;
  EXPECT_NE(log.find("does not know"), std::string::npos) << log;
  EXPECT_EQ(Mirrored(), 2);
}

TEST_F(LevelTest, ABinaryOfALowerLevelKnowsNothingOfAHigherOne) {
  toy::Event loud;
  loud.mutable_rang_loudly();
  ASSERT_TRUE(Open(1).ok());
  Write(loud, 2);
  EXPECT_TRUE(Open(1, true, 2).ok());
  EXPECT_EQ(Open(1, true, 1).code(), base::Code::kFailedPrecondition) << "an own event";
  Write(Added(4), 2);
  ASSERT_TRUE(Open(1, false, 1).ok());
  Settle();
  EXPECT_EQ(Mirrored(), 0) << "an upstream stops at the event";
  ASSERT_TRUE(Open(1, false, 2).ok());
  Settle();
  EXPECT_EQ(Mirrored(), 4);
}

// A field of a kind that is known would be overlooked.
TEST_F(LevelTest, AnEntryOfAHigherLevelIsNotReadEvenIfAllOfItsKindsAreKnown) {
  ASSERT_TRUE(Open(1).ok());
  Write(Added(4), 2);
  EXPECT_EQ(Open(1, true, 1).code(), base::Code::kFailedPrecondition);
  ASSERT_TRUE(Open(1, false, 1).ok());
  Settle();
  EXPECT_EQ(Mirrored(), 0);
}

TEST_F(LevelTest, AProcessOfALowerLevelThanTheCityFencesNothing) {
  ASSERT_TRUE(Open(2).ok());
  const int64_t epoch = memory_.LastFence({"account", 0})->epoch();
  const auto opened = Open(2, true, 1);
  EXPECT_EQ(opened.code(), base::Code::kFailedPrecondition);
  EXPECT_EQ(opened.message(),
            "reads level 1, the city is at level 2: install the version that reads 2");
  EXPECT_EQ(memory_.LastFence({"account", 0})->epoch(), epoch);
}

TEST_F(LevelTest, AnIgnorableEventOfAnUpstreamIsPassedOver) {
  Write(Added(2));
  Write(UnknownKind(kIgnorableFrom + 7));
  Write(Added(4));
  ASSERT_TRUE(Open(1, false).ok());
  Settle();
  EXPECT_EQ(Mirrored(), 6);
}

}  // namespace
}  // namespace wanmi::runtime
