#include <gtest/gtest.h>

#include "base/sha256.h"
#include "rules/level.h"
#include "rules/reference.h"
#include "services/rulebook/domain.h"
#include "services/rulebook/service.h"
#include "services/rulebook/views.h"
#include "testkit/rule_case.h"

namespace wanmi::rulebook {
namespace {

using base::Code;
using testkit::kSampleNow;
using v1::Document;

constexpr std::string_view kStream = "document/settings/city";

v1::Propose Proposal(int chunk, int chunks,
                     std::initializer_list<std::pair<const char*, double>> settings,
                     int64_t version = 1) {
  v1::Propose command;
  command.set_kind("settings");
  command.set_name("city");
  command.set_version(version);
  command.set_chunk(chunk);
  command.set_chunks(chunks);
  for (const auto& [name, number] : settings) {
    auto& item = *command.add_items();
    item.set_key(name);
    item.mutable_setting()->set_name(name);
    item.mutable_setting()->set_number(number);
  }
  return command;
}
template <class Command>
Command Of(int64_t version) {
  Command command;
  command.set_kind("settings");
  command.set_name("city");
  command.set_version(version);
  return command;
}
v1::Approve Approval(int64_t version, std::string_view number = "潍政办字〔2026〕1号") {
  auto command = Of<v1::Approve>(version);
  command.set_approving_number(std::string(number));
  return command;
}

// Of the sample city: base-clerk of the unit base proposes, congress-clerk of congress approves.
class RulebookTest : public testing::Test {
 protected:
  RulebookTest() : city_(Define()) { city_.As("base-clerk"); }
  template <class Command>
  void Must(const char* post, const Command& command) {
    const base::Status status = city_.As(post).When(kStream, command);
    ASSERT_TRUE(status.ok()) << status.ToString();
  }
  template <class Command>
  Code Try(const char* post, const Command& command) {
    return city_.As(post).When(kStream, command).code();
  }
  void PublishOne(int64_t version, std::initializer_list<std::pair<const char*, double>> settings,
                  int64_t at_us = 0) {
    Must("base-clerk", Proposal(0, 1, settings, version));
    Must("congress-clerk", Approval(version));
    auto publish = Of<v1::Publish>(version);
    publish.set_effective_at_us(at_us);
    Must("base-clerk", publish);
  }
  double Number(base::Time at, const char* name) {
    return rules::Reference(city_.directory(), city_.rows(), at).Number(name, -1);
  }
  state::State State() { return city_.StateOf<state::State>(kStream); }

  testkit::RuleCase city_;
};

TEST_F(RulebookTest, AVersionIsProposedApprovedPublishedAndThenHolds) {
  Must("base-clerk", Proposal(0, 2, {{"a", 1}}));
  EXPECT_EQ(Try("congress-clerk", Approval(1)), Code::kFailedPrecondition);  // not whole
  Must("base-clerk", Proposal(1, 2, {{"b", 2}}));
  EXPECT_EQ(Try("base-clerk", Of<v1::Publish>(1)), Code::kFailedPrecondition);  // not approved
  Must("congress-clerk", Approval(1));
  EXPECT_EQ(Number(kSampleNow, "b"), -1);
  Must("base-clerk", Of<v1::Publish>(1));
  const auto published = city_.Then<v1::DocumentPublished>();
  EXPECT_EQ(published.effective_at_us(), base::ToMicros(kSampleNow));
  EXPECT_EQ(published.chunks(), 2);
  EXPECT_EQ(Number(kSampleNow, "b"), 2);
  EXPECT_EQ(Number(kSampleNow - base::Span(1), "b"), -1);
}

TEST_F(RulebookTest, TheDigestIsAChainOverTheChunks) {
  Must("base-clerk", Proposal(0, 2, {{"a", 1}}));
  v1::DocumentChunk first = city_.Then<v1::DocumentChunk>();
  EXPECT_EQ(first.proposer_unit(), "base");
  Must("base-clerk", Proposal(1, 2, {{"b", 2}}));
  v1::DocumentChunk second = city_.Then<v1::DocumentChunk>();
  const auto bare = [](v1::DocumentChunk chunk) {
    chunk.clear_proposer_person(), chunk.clear_proposer_unit(), chunk.clear_proposer_group();
    return chunk.SerializeAsString();
  };
  const std::string digest = base::Sha256(base::Sha256(bare(first)) + bare(second));
  EXPECT_EQ(State().digests(1), digest);
  auto stale = Approval(1);
  stale.set_digest_hex(base::Hex(base::Sha256("another")));
  EXPECT_EQ(Try("congress-clerk", stale), Code::kFailedPrecondition);
  auto right = Approval(1);
  right.set_digest_hex(base::Hex(digest));
  Must("congress-clerk", right);
  Must("base-clerk", Of<v1::Publish>(1));
  EXPECT_EQ(city_.Then<v1::DocumentPublished>().digest_hex(), base::Hex(digest));
}

TEST_F(RulebookTest, ChunksComeInOrderAndOnce) {
  EXPECT_EQ(Try("base-clerk", Proposal(1, 2, {{"b", 2}})), Code::kFailedPrecondition);
  EXPECT_EQ(Try("base-clerk", Proposal(0, 2, {{"a", 1}}, 2)), Code::kFailedPrecondition);
  Must("base-clerk", Proposal(0, 3, {{"a", 1}}));
  EXPECT_EQ(Try("base-clerk", Proposal(2, 3, {{"c", 3}})), Code::kFailedPrecondition);
  EXPECT_EQ(Try("base-clerk", Proposal(1, 2, {{"b", 2}})),
            Code::kFailedPrecondition);  // of 2 chunks, not 3
  EXPECT_EQ(Try("base-clerk", Proposal(1, 3, {{"a", 9}})),
            Code::kInvalidArgument);  // key of chunk 0
  EXPECT_EQ(Try("base-clerk", Proposal(1, 3, {{"b", 1}, {"b", 2}})), Code::kInvalidArgument);
  Must("base-clerk", Proposal(1, 3, {{"b", 2}}));
  Must("base-clerk", Proposal(0, 3, {{"a", 1}}));  // again: already so
  EXPECT_TRUE(city_.events().empty());
  EXPECT_EQ(State().digests_size(), 2);
}

TEST_F(RulebookTest, AProposalIsReplacedUntilItIsApproved) {
  Must("base-clerk", Proposal(0, 2, {{"a", 1}}));
  Must("base-clerk", Proposal(1, 2, {{"b", 2}, {"c", 3}}));
  Must("base-clerk", Proposal(1, 2, {{"b", 20}}));  // from chunk 1 on
  Must("congress-clerk", Approval(1));
  Must("base-clerk", Of<v1::Publish>(1));
  EXPECT_EQ(Number(kSampleNow, "a"), 1);
  EXPECT_EQ(Number(kSampleNow, "b"), 20);
  EXPECT_EQ(Number(kSampleNow, "c"), -1);
  EXPECT_EQ(State().items(1), 2);
  EXPECT_EQ(Try("base-clerk", Proposal(0, 1, {{"z", 1}})), Code::kFailedPrecondition);  // 1 is out
  Must("base-clerk", Proposal(0, 2, {{"a", 1}}));  // the same content is already so
  EXPECT_TRUE(city_.events().empty());
}

TEST_F(RulebookTest, ANewChunk0ReplacesTheWholeProposal) {
  Must("base-clerk", Proposal(0, 2, {{"a", 1}}));
  Must("base-clerk", Proposal(1, 2, {{"b", 2}}));
  Must("base-clerk", Proposal(0, 1, {{"b", 5}}));
  EXPECT_EQ(State().digests_size(), 1);
  v1::ListItems list;
  list.set_kind("settings");
  list.set_name("city");
  list.set_version(1);
  const auto page = city_.Ask<v1::ItemPage>("ListItems", list);
  ASSERT_EQ(page->items_size(), 1);
  EXPECT_EQ(page->items(0).setting().number(), 5);
}

TEST_F(RulebookTest, AnApprovedVersionMayBeOvertaken) {
  Must("base-clerk", Proposal(0, 1, {{"a", 1}}));
  Must("congress-clerk", Approval(1));
  Must("base-clerk", Proposal(0, 1, {{"a", 2}}, 2));
  EXPECT_EQ(Try("base-clerk", Of<v1::Publish>(1)), Code::kFailedPrecondition);
  EXPECT_EQ(Try("base-clerk", Of<v1::Publish>(2)), Code::kFailedPrecondition);
}

TEST_F(RulebookTest, ApprovalTakesAnotherBodyAndItsNumber) {
  Must("base-clerk", Proposal(0, 1, {{"a", 1}}));
  EXPECT_EQ(Try("base-clerk", Approval(1)), Code::kPermissionDenied);
  EXPECT_EQ(Try("congress-clerk", Approval(1, "")), Code::kInvalidArgument);
  EXPECT_EQ(Try("congress-clerk", Approval(2)), Code::kFailedPrecondition);

  city_.As("congress-clerk").actor().set_group_id("base");  // a body of the same group
  EXPECT_EQ(city_.When(kStream, Approval(1)).code(), Code::kPermissionDenied);
  city_.As("congress-clerk").actor().set_person_id("p-base-clerk");  // the same person in both
  EXPECT_EQ(city_.When(kStream, Approval(1)).code(), Code::kPermissionDenied);
  city_.As("congress-clerk").actor().clear_unit_id();
  EXPECT_EQ(city_.When(kStream, Approval(1)).code(), Code::kPermissionDenied);

  Must("congress-clerk", Approval(1));
  EXPECT_EQ(Try("congress-clerk", Approval(1, "another")), Code::kFailedPrecondition);
}

TEST_F(RulebookTest, OneUnitProposesAWholeVersion) {
  Must("base-clerk", Proposal(0, 2, {{"a", 1}}));
  EXPECT_EQ(Try("congress-clerk", Proposal(1, 2, {{"b", 2}})), Code::kPermissionDenied);
  Must("congress-clerk", Proposal(0, 2, {{"a", 1}}));  // takes the proposal over, wholly
  EXPECT_EQ(State().proposer_unit(), "congress");
  EXPECT_EQ(Try("base-clerk", Proposal(1, 2, {{"b", 2}})), Code::kPermissionDenied);
  Must("congress-clerk", Proposal(1, 2, {{"b", 2}}));
  EXPECT_EQ(Try("congress-clerk", Approval(1)), Code::kPermissionDenied);
  Must("base-clerk", Approval(1));
}

TEST_F(RulebookTest, TheBootstrapTooActsForTwoUnits) {
  const auto as = [&](const char* unit) {
    city_.AsReaction().actor().mutable_system()->set_service("bootstrap");
    city_.actor().set_unit_id(unit);
  };
  as("");
  EXPECT_EQ(city_.When(kStream, Proposal(0, 1, {{"a", 1}})).code(), Code::kPermissionDenied);
  as("base");
  EXPECT_TRUE(city_.When(kStream, Proposal(0, 1, {{"a", 1}})).ok());
  EXPECT_EQ(city_.When(kStream, Approval(1)).code(), Code::kPermissionDenied);
  as("congress");
  EXPECT_TRUE(city_.When(kStream, Approval(1)).ok());
  EXPECT_TRUE(city_.When(kStream, Of<v1::Publish>(1)).ok());
}

TEST_F(RulebookTest, VersionsTakeEffectInTheirOrder) {
  const int64_t now_us = base::ToMicros(kSampleNow);
  const int64_t later_us = now_us + 3'600'000'000;
  PublishOne(1, {{"a", 1}});
  PublishOne(2, {{"a", 2}}, later_us);
  EXPECT_EQ(Number(kSampleNow, "a"), 1);
  EXPECT_EQ(Number(base::FromMicros(later_us), "a"), 2);
  Must("base-clerk", Proposal(0, 1, {{"a", 3}}, 3));
  Must("congress-clerk", Approval(3));
  auto sooner = Of<v1::Publish>(3);
  sooner.set_effective_at_us(now_us + 1);
  EXPECT_EQ(Try("base-clerk", sooner), Code::kFailedPrecondition);
  Must("base-clerk", Of<v1::Publish>(3));
  EXPECT_EQ(city_.Then<v1::DocumentPublished>().effective_at_us(), later_us);
  EXPECT_EQ(Number(base::FromMicros(later_us), "a"), 3);
  EXPECT_EQ(Number(kSampleNow, "a"), 1);
  auto postponed = Of<v1::Publish>(3);
  postponed.set_effective_at_us(later_us + 1);
  EXPECT_EQ(Try("base-clerk", postponed), Code::kFailedPrecondition);
}

TEST_F(RulebookTest, ADocumentTakesEffectAfterTheLead) {
  const base::Span lead = std::chrono::seconds(60);
  city_.Lead(lead);
  PublishOne(1, {{"a", 1}});
  EXPECT_EQ(city_.Then<v1::DocumentPublished>().effective_at_us(), base::ToMicros(kSampleNow))
      << "the first of its name needs none";
  city_.Later(std::chrono::hours(1));
  const base::Time now = kSampleNow + std::chrono::hours(1);
  Must("base-clerk", Proposal(0, 1, {{"a", 2}}, 2));
  Must("congress-clerk", Approval(2));
  auto early = Of<v1::Publish>(2);
  early.set_effective_at_us(base::ToMicros(now + lead) - 1);
  const base::Status refused = city_.As("base-clerk").When(kStream, early);
  EXPECT_EQ(refused.code(), Code::kFailedPrecondition);
  EXPECT_NE(refused.message().find(base::FormatUtc(now + lead)), std::string::npos)
      << refused.message();
  auto late = Of<v1::Publish>(2);
  late.set_effective_at_us(base::ToMicros(now + 2 * lead));
  Must("base-clerk", late);
  EXPECT_EQ(city_.Then<v1::DocumentPublished>().effective_at_us(), late.effective_at_us());
  PublishOne(3, {{"a", 3}});
  EXPECT_EQ(city_.Then<v1::DocumentPublished>().effective_at_us(), late.effective_at_us())
      << "never before the version before it";
  city_.Later(std::chrono::hours(1));
  PublishOne(4, {{"a", 4}});
  EXPECT_EQ(city_.Then<v1::DocumentPublished>().effective_at_us(),
            base::ToMicros(now + std::chrono::hours(1) + lead));
}

class LevelDocumentTest : public RulebookTest {
 protected:
  static constexpr std::string_view kLevel = "document/level/city";
  static v1::Propose LevelOf(int level, int64_t version) {
    v1::Propose command;
    command.set_kind("level");
    command.set_name("city");
    command.set_version(version);
    command.set_chunks(1);
    auto& item = *command.add_items();
    item.set_key("level");
    item.mutable_level()->set_level(level);
    return command;
  }
  Code Propose(const v1::Propose& command) {
    return city_.As("base-clerk").When(kLevel, command).code();
  }
  void Publish(int64_t version) {
    auto approve = Approval(version);
    approve.set_kind("level");
    ASSERT_TRUE(city_.As("congress-clerk").When(kLevel, approve).ok());
    auto publish = Of<v1::Publish>(version);
    publish.set_kind("level");
    ASSERT_TRUE(city_.As("base-clerk").When(kLevel, publish).ok());
  }
  int LevelAt(base::Time at) {
    rules::Documents documents(city_.rows());
    return rules::LevelAt(documents, at);
  }
};

TEST_F(LevelDocumentTest, ItHoldsFromTheLeadOnEvenTheFirst) {
  city_.Lead(std::chrono::seconds(60));
  ASSERT_EQ(Propose(LevelOf(2, 1)), Code::kOk);
  Publish(1);
  EXPECT_EQ(LevelAt(kSampleNow), 1);
  EXPECT_EQ(LevelAt(kSampleNow + std::chrono::seconds(60) - base::Span(1)), 1);
  EXPECT_EQ(LevelAt(kSampleNow + std::chrono::seconds(60)), 2);
}

TEST_F(LevelDocumentTest, ItRisesByOneAndNeverFalls) {
  EXPECT_EQ(Propose(LevelOf(1, 1)), Code::kInvalidArgument);
  EXPECT_EQ(Propose(LevelOf(3, 1)), Code::kFailedPrecondition);
  ASSERT_EQ(Propose(LevelOf(2, 1)), Code::kOk);
  Publish(1);
  EXPECT_EQ(Propose(LevelOf(2, 2)), Code::kFailedPrecondition);
  EXPECT_EQ(Propose(LevelOf(20, 2)), Code::kFailedPrecondition);
  ASSERT_EQ(Propose(LevelOf(3, 2)), Code::kOk);
}

TEST_F(LevelDocumentTest, ItIsOneDocumentWithOneItem) {
  auto empty = LevelOf(2, 1);
  empty.clear_items();
  EXPECT_EQ(Propose(empty), Code::kInvalidArgument);
  auto named = LevelOf(2, 1);
  named.set_name("town");
  EXPECT_EQ(city_.As("base-clerk").When("document/level/town", named).code(),
            Code::kInvalidArgument);
  auto keyed = LevelOf(2, 1);
  keyed.mutable_items(0)->set_key("city");
  EXPECT_EQ(Propose(keyed), Code::kInvalidArgument);
}

TEST_F(RulebookTest, AProposalOfAWrongFormIsRefused) {
  auto kind = Proposal(0, 1, {{"a", 1}});
  kind.set_kind("recipes");
  EXPECT_EQ(Try("base-clerk", kind), Code::kInvalidArgument);
  auto name = Proposal(0, 1, {{"a", 1}});
  name.set_name("a/b");
  EXPECT_EQ(Try("base-clerk", name), Code::kInvalidArgument);
  EXPECT_EQ(Try("base-clerk", Proposal(2, 2, {{"a", 1}})), Code::kInvalidArgument);
  EXPECT_EQ(Try("base-clerk", Proposal(0, 2, {})), Code::kInvalidArgument);
  auto key = Proposal(0, 1, {{"a", 1}});
  key.mutable_items(0)->set_key("b");
  EXPECT_EQ(Try("base-clerk", key), Code::kInvalidArgument);
  auto many = Proposal(0, 1, {});
  for (int i = 0; i <= kItemsMax; ++i) many.add_items();
  EXPECT_EQ(Try("base-clerk", many), Code::kResourceExhausted);
  auto large = Proposal(0, 1, {{"a", 1}});
  large.mutable_items(0)->mutable_setting()->set_text(std::string(kChunkBytesMax, 'x'));
  EXPECT_EQ(Try("base-clerk", large), Code::kResourceExhausted);
  Must("base-clerk", Proposal(0, 1, {}));  // a document may hold nothing
}

TEST_F(RulebookTest, WhoMayDoWhat) {
  using namespace common::v1;  // NOLINT: a table of enum values
  for (int axis = 1; axis <= 5; ++axis) {
    for (int kind = 1; kind <= 14; ++kind) {
      testkit::RuleCase city(Define());
      const auto act = [&](const char* unit) {
        city.actor().Clear();
        city.actor().set_person_id(unit);
        city.actor().set_unit_id(unit);
        city.actor().set_axis(Axis(axis));
        city.actor().set_post_kind(PostKind(kind));
      };
      const bool clerk = kind == POST_KIND_BASE_DATA_CLERK, none = axis == AXIS_NONE;
      const bool proposes =
          axis != AXIS_DISPOSAL && (clerk || kind == POST_KIND_OPERATOR ||
                                    kind == POST_KIND_LEADER || kind == POST_KIND_SHIFT_LEADER ||
                                    kind == POST_KIND_DISPATCHER || kind == POST_KIND_ASSESSOR);
      const auto expect = [&](const char* what, bool may, Code code) {
        EXPECT_EQ(code, may ? Code::kOk : Code::kPermissionDenied)
            << what << " by " << Axis_Name(Axis(axis)) << " " << PostKind_Name(PostKind(kind));
      };
      act("one");
      expect("Propose", proposes, city.When(kStream, Proposal(0, 1, {{"a", 1}})).code());
      city.As("base-clerk");
      if (!proposes) {
        ASSERT_TRUE(city.When(kStream, Proposal(0, 1, {{"a", 1}})).ok());
      }
      act("two");
      const bool approves = none && (clerk || kind == POST_KIND_LEADER);
      expect("Approve", approves, city.When(kStream, Approval(1)).code());
      city.As("congress-clerk");
      if (!approves) {
        ASSERT_TRUE(city.When(kStream, Approval(1)).ok());
      }
      act("one");
      expect("Publish", none && (clerk || kind == POST_KIND_OPERATOR),
             city.When(kStream, Of<v1::Publish>(1)).code());
    }
  }
  city_.AsReaction();
  EXPECT_EQ(city_.When(kStream, Proposal(0, 1, {{"a", 1}})).code(), Code::kPermissionDenied);
}

TEST_F(RulebookTest, Queries) {
  PublishOne(1, {{"a", 1}, {"b", 2}});
  Must("base-clerk", Proposal(0, 2, {{"a", 7}}, 2));
  v1::ListDocuments documents;
  const auto all = city_.Ask<v1::DocumentPage>("ListDocuments", documents);
  ASSERT_EQ(all->documents_size(), 2);
  EXPECT_EQ(all->documents(0).state(), Document::STATE_PUBLISHED);
  EXPECT_EQ(all->documents(0).items(), 2);
  EXPECT_EQ(all->documents(1).state(), Document::STATE_PROPOSED);
  EXPECT_EQ(all->documents(1).chunks_here(), 1);
  EXPECT_EQ(all->documents(1).effective_at_us(), 0);
  documents.set_kind("sources");
  EXPECT_EQ(city_.Ask<v1::DocumentPage>("ListDocuments", documents)->documents_size(), 0);
  documents.set_kind("recipes");
  EXPECT_EQ(city_.Ask<v1::DocumentPage>("ListDocuments", documents).status().code(),
            Code::kInvalidArgument);

  v1::ListItems items;
  items.set_kind("settings");
  items.set_name("city");
  items.mutable_page()->set_size(1);
  const auto first = city_.Ask<v1::ItemPage>("ListItems", items);  // what holds now
  EXPECT_EQ(first->items(0).key(), "a");
  EXPECT_EQ(first->items(0).setting().number(), 1);
  items.mutable_page()->set_token(first->next());
  EXPECT_EQ(city_.Ask<v1::ItemPage>("ListItems", items)->items(0).key(), "b");
  items.set_version(3);
  EXPECT_EQ(city_.Ask<v1::ItemPage>("ListItems", items).status().code(), Code::kNotFound);
}

}  // namespace
}  // namespace wanmi::rulebook
