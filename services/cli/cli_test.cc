// What `wanmi` can do without a city: ids, fields, tables, timelines, chains.
#include <gtest/gtest.h>

#include "base/sha256.h"
#include "journal/chain.h"
#include "services/cli/assign.h"
#include "services/cli/catalogue.h"
#include "services/cli/ids.h"
#include "services/cli/table.h"
#include "services/cli/text.h"
#include "services/cli/timeline.h"
#include "wanmi/dispatch/v1/dispatch.pb.h"
#include "wanmi/handling/v1/handling.pb.h"
#include "wanmi/intake/v1/intake.pb.h"

namespace wanmi::cli {
namespace {

constexpr int64_t kMorning = 1'773'189'000'000'000;  // 2026-03-11 08:30 in China

TEST(Ids, AUuid7HasItsTimeItsVersionAndItsVariant) {
  std::array<uint8_t, 10> random;
  random.fill(0xff);
  EXPECT_EQ(Uuid7(0x0123456789ab, random), "01234567-89ab-7fff-bfff-ffffffffffff");
  random.fill(0);
  EXPECT_EQ(Uuid7(1, random), "00000000-0001-7000-8000-000000000000");
  EXPECT_NE(NewId(), NewId());
  EXPECT_EQ(NewId().size(), 36u);
}

TEST(Assign, SetsEachKindOfField) {
  handling::v1::GiveFeedback feedback;
  ASSERT_TRUE(Assign(&feedback, "outcome=done", 0).ok());
  ASSERT_TRUE(Assign(&feedback, "finished_at_us=2026-03-11 08:30", 0).ok());
  ASSERT_TRUE(Assign(&feedback, "note=a=b", 0).ok());
  ASSERT_TRUE(Assign(&feedback, R"(evidence={"sha256Hex":"ab"})", 0).ok());
  ASSERT_TRUE(Assign(&feedback, R"(evidence={"sha256Hex":"cd"})", 0).ok());
  EXPECT_EQ(feedback.outcome(), intake::v1::OUTCOME_DONE);
  EXPECT_EQ(feedback.finished_at_us(), kMorning);
  EXPECT_EQ(feedback.note(), "a=b");
  ASSERT_EQ(feedback.evidence_size(), 2);
  EXPECT_EQ(feedback.evidence(1).sha256_hex(), "cd");
  ASSERT_TRUE(Assign(&feedback, "finished_at_us=now", 77).ok());
  EXPECT_EQ(feedback.finished_at_us(), 77);

  intake::v1::FileCase file;
  ASSERT_TRUE(Assign(&file, "class_ref=2013/event/01-10", 0).ok());
  ASSERT_TRUE(Assign(&file, "another=true", 0).ok());
  EXPECT_EQ(file.class_ref().edition(), "2013");
  EXPECT_EQ(file.class_ref().code(), "event/01-10");
  EXPECT_TRUE(file.another());

  intake::v1::Report report;
  ASSERT_TRUE(Assign(&report, "place.point.longitude_deg=119.5", 0).ok());
  EXPECT_EQ(report.place().point().longitude_deg(), 119.5);
}

TEST(Assign, SaysWhatItExpected) {
  handling::v1::GiveFeedback feedback;
  const auto message = [&](std::string_view assignment) {
    return Assign(&feedback, assignment, 0).message();
  };
  EXPECT_NE(message("outcome=perhaps").find("OUTCOME_MADE_SAFE"), std::string::npos);
  EXPECT_NE(message("colour=red").find("it has id, work, outcome"), std::string::npos);
  EXPECT_NE(message("note").find("expected field=value"), std::string::npos);
  EXPECT_NE(message("finished_at_us=soon").find("a local time"), std::string::npos);
  EXPECT_NE(message("evidence=x").find("a message as {…}"), std::string::npos);
  EXPECT_NE(message(R"(evidence={"nothing":1})").find("GiveFeedback"), std::string::npos);
  EXPECT_FALSE(AssignJson(&feedback, "{").ok());
}

TEST(Assign, TheSubjectIsTheFirstTextAfterTheId) {
  intake::v1::Close close;
  ASSERT_TRUE(AssignSubject(&close, "01a2/c1").ok());
  EXPECT_EQ(close.case_id(), "01a2/c1");
  EXPECT_TRUE(close.id().empty());
  EXPECT_EQ(ParseLonLat("119.5,36.25")->latitude_deg, 36.25);
  EXPECT_FALSE(ParseLonLat("119.5").ok());
  EXPECT_FALSE(ParseLonLat("119.5,36.2x").ok());
}

TEST(Catalogue, FindsMethodsByName) {
  const auto file = FindMethod("FileCase");
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(PathOf(**file), "/wanmi.intake.v1.Intake/FileCase");
  EXPECT_TRUE(IsCommand(**file));
  EXPECT_FALSE(IsCommand(**FindMethod("intake.GetCase")));
  EXPECT_EQ(PathOf(**FindMethod("dispatch.Dispatch")),
            "/wanmi.dispatch.v1.DispatchService/Dispatch");
  EXPECT_NE(FindMethod("intake.Dispatch").status().message().find("FileCase"), std::string::npos);
  for (const auto& service : ServiceNames()) EXPECT_TRUE(NewEvent(service)) << service;
  EXPECT_FALSE(NewEvent("weather"));
}

TEST(Table, ColumnsStandStraightWithChineseInThem) {
  Table table({"unit", "name", "n"});
  table.Add({"sup", "监督中心", "1"});
  table.Add({"district-1", "Kuiwen", "20"});
  EXPECT_EQ(table.Text(),
            "unit        name      n\n"
            "sup         监督中心  1\n"
            "district-1  Kuiwen    20\n");
  EXPECT_EQ(WidthOf("监a→"), 4u);
  EXPECT_EQ(Cut("监督中心", 5), "监督…");
  EXPECT_EQ(Cut("abc", 3), "abc");
}

TEST(Text, TimesAndSpans) {
  EXPECT_EQ(LocalTime(kMorning), "2026-03-11 08:30:00");
  EXPECT_EQ(LocalTime(0), "-");
  EXPECT_EQ(ParseLocalTime("2026-03-11 08:30:00"), kMorning);
  EXPECT_FALSE(ParseLocalTime("11 March"));
  EXPECT_EQ(SpanText(5400), "1 h 30 min");
  EXPECT_EQ(SpanText(59), "59 s");
}

journal::v1::Entry DispatchEntry() {
  journal::v1::Entry entry;
  entry.set_seq(9);
  entry.set_at_us(kMorning);
  entry.mutable_cause()->mutable_request()->set_id("x");
  entry.mutable_actor()->set_person_id("p-1");
  entry.mutable_actor()->set_post_id("dispatcher-1");
  entry.mutable_actor()->set_unit_id("cmd");
  dispatch::v1::Event event;
  auto& sent = *event.mutable_case_dispatched();
  sent.set_unit_id("sanitation");
  sent.set_budget_s(7200);
  sent.set_due_at_us(kMorning + 7'200'000'000);
  sent.set_calendar("city");
  sent.set_calendar_version(3);
  auto& line = *sent.add_lines();
  line.set_from_us(kMorning);
  line.set_until_us(kMorning + 7'200'000'000);
  line.set_counted_s(7200);
  line.set_why("working period");
  auto& change = *entry.add_changes();
  change.set_stream("01a2/c1");
  change.add_events(event.SerializeAsString());
  auto& used = *entry.add_used();
  used.set_kind("calendar");
  used.set_name("city");
  used.set_version(3);
  return entry;
}

TEST(Timeline, SaysWhenWhatByWhomAndWhyTheDeadline) {
  const std::string text = TimelineText("dispatch", DispatchEntry(), "01a2", 100);
  EXPECT_EQ(text.substr(0, text.find('\n')),
            "2026-03-11 08:30:00  dispatch      …/c1      CaseDispatched      by dispatcher-1 of "
            "cmd (p-1)");
  EXPECT_NE(text.find("unit sanitation · due at 2026-03-11 10:30:00 · budget 2 h"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("due 2026-03-11 10:30:00: 2 h of working time, calendar city version 3"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("2 h         working period"), std::string::npos) << text;
  EXPECT_NE(text.find("by the book: calendar/city version 3"), std::string::npos) << text;
  EXPECT_EQ(TimelineText("dispatch", DispatchEntry(), "another", 100), "");
}

TEST(Timeline, AMachineDecisionIsByItsList) {
  auto entry = DispatchEntry();
  entry.clear_actor();
  entry.mutable_cause()->mutable_upstream()->set_service("intake");
  entry.mutable_cause()->mutable_upstream()->set_partition(3);
  entry.mutable_cause()->mutable_upstream()->set_seq(17);
  entry.mutable_actor()->set_post_id("dispatcher-1");
  entry.mutable_actor()->mutable_system()->set_white_list("rule-dispatch");
  const std::string text = TimelineText("dispatch", entry, "01a2", 100);
  EXPECT_NE(text.find("by list rule-dispatch, signed by dispatcher-1 ← intake/3/17"),
            std::string::npos)
      << text;
}

TEST(Timeline, WhatCannotBeReadIsSaid) {
  auto entry = DispatchEntry();
  entry.mutable_changes(0)->set_events(0, "\xff\xff");
  EXPECT_NE(TimelineText("dispatch", entry, "01a2", 100).find("2 bytes that cannot be read"),
            std::string::npos);
  journal::v1::Entry refused;
  refused.mutable_actor()->mutable_system()->set_service("handling");
  refused.mutable_cause()->mutable_upstream()->set_service("dispatch");
  refused.mutable_cause()->mutable_upstream()->set_seq(4);
  auto& refusal = *refused.add_refusals();
  refusal.set_stream("01a2/c1/w1");
  refusal.set_code(9);
  refusal.set_reason("too late");
  const std::string text = TailText("handling", 2, refused);
  EXPECT_NE(text.find("refused"), std::string::npos);
  EXPECT_NE(text.find("FAILED_PRECONDITION: too late"), std::string::npos) << text;
  EXPECT_NE(text.find("by system ← dispatch/0/4"), std::string::npos) << text;
}

std::string Stored(int64_t seq, const std::string& prev) {
  journal::v1::Entry entry;
  entry.set_seq(seq);
  entry.set_prev(prev);
  entry.set_at_us(kMorning);
  return entry.SerializeAsString();
}

TEST(Chain, HoldsUntilAByteIsAnother) {
  const std::string first = Stored(1, std::string(16, '\0'));
  const std::string second = Stored(2, base::Sha256(first).substr(0, 16));
  journal::ChainCheck good;
  EXPECT_TRUE(good.Take(first).ok());
  EXPECT_TRUE(good.Take(second).ok());
  EXPECT_EQ(good.seq(), 2);

  journal::ChainCheck changed;
  journal::v1::Entry other;
  ASSERT_TRUE(other.ParseFromString(first));
  other.set_traceparent("x");
  EXPECT_TRUE(changed.Take(other.SerializeAsString()).ok());
  EXPECT_EQ(changed.Take(second).code(), base::Code::kDataLoss);
  journal::ChainCheck gap;
  EXPECT_EQ(gap.Take(second).message(), "expected seq 1, found 2");
}

}  // namespace
}  // namespace wanmi::cli
