#include "services/verification/evidence.h"

#include <gtest/gtest.h>

#include <limits>

#include "services/verification/service.h"
#include "testkit/rule_case.h"

namespace wanmi::verification {
namespace {

using base::Code;
using std::chrono::hours;
using std::chrono::minutes;
using testkit::kSampleNow;
using testkit::RuleCase;
using testkit::SamplePicture;

constexpr char kPre[] = "r1/k1";
constexpr char kPost[] = "r1/c1/k1";

v1::OpenCheck Open(v1::CheckKind kind) {
  v1::OpenCheck open;
  open.set_kind(kind);
  *open.mutable_place() = testkit::SamplePlace();
  open.set_unit_id("sanitation");
  open.set_feedback_at_us(base::ToMicros(kSampleNow - minutes(30)));
  return open;
}

v1::AnswerCheck Answer(const char* check, base::Time taken_at = kSampleNow) {
  v1::AnswerCheck answer;
  answer.set_id("a1");
  answer.set_check(check);
  answer.set_passed(true);
  *answer.add_evidence() = SamplePicture(taken_at);
  return answer;
}

RuleCase Opened(const char* check, v1::CheckKind kind = v1::CHECK_KIND_PRE) {
  RuleCase test(Define());
  EXPECT_TRUE(test.When(check, Open(kind)).ok());
  return test;
}

base::Status Try(const char* check, const v1::AnswerCheck& answer) {
  RuleCase test =
      Opened(check, std::string_view(check) == kPre ? v1::CHECK_KIND_PRE : v1::CHECK_KIND_POST);
  return test.Later(minutes(10)).As("inspector1").When(check, answer);
}

TEST(Evidence, IsNeededFreshAndNotFromTheFuture) {
  v1::AnswerCheck none = Answer(kPre);
  none.clear_evidence();
  EXPECT_EQ(Try(kPre, none).code(), Code::kInvalidArgument);
  const base::Span one(1);
  EXPECT_EQ(Try(kPre, Answer(kPre, kSampleNow - one)).code(), Code::kInvalidArgument);
  EXPECT_TRUE(Try(kPre, Answer(kPre, kSampleNow)).ok());
  EXPECT_TRUE(Try(kPost, Answer(kPost, kSampleNow - minutes(30))).ok()) << "since the feedback";
  EXPECT_EQ(Try(kPost, Answer(kPost, kSampleNow - minutes(30) - one)).code(),
            Code::kInvalidArgument);
  EXPECT_TRUE(Try(kPre, Answer(kPre, kSampleNow + minutes(11))).ok()) << "clocks differ a little";
  EXPECT_EQ(Try(kPre, Answer(kPre, kSampleNow + minutes(11) + one)).code(), Code::kInvalidArgument);
}

TEST(Evidence, AnOldPieceMayStandBesideAFreshOne) {
  v1::AnswerCheck answer = Answer(kPre);
  *answer.add_evidence() = SamplePicture(kSampleNow - hours(24));
  EXPECT_TRUE(Try(kPre, answer).ok());
}

TEST(Evidence, LiesInTheGridOrItsTolerance) {
  const auto at = [](double metres_north, double accuracy_m) {
    v1::AnswerCheck answer = Answer(kPre);
    auto& point = *answer.mutable_evidence(0)->mutable_point();
    point.set_latitude_deg(point.latitude_deg() + metres_north / 111'195.08);
    answer.mutable_evidence(0)->set_accuracy_m(accuracy_m);
    return Try(kPre, answer).code();
  };
  EXPECT_EQ(at(149, 0), Code::kOk);
  EXPECT_EQ(at(151, 0), Code::kInvalidArgument);
  EXPECT_EQ(at(209, 60), Code::kOk);  // under trees
  EXPECT_EQ(at(211, 60), Code::kInvalidArgument);
  EXPECT_EQ(at(251, 5'000), Code::kInvalidArgument) << "so bad a fix proves no place";
  EXPECT_EQ(at(0, -1), Code::kInvalidArgument);
  EXPECT_EQ(at(0, std::numeric_limits<double>::quiet_NaN()), Code::kInvalidArgument);
  EXPECT_EQ(at(std::numeric_limits<double>::quiet_NaN(), 5), Code::kInvalidArgument);
}

TEST(Evidence, WithoutAFixNeedsAPictureAndConsent) {
  v1::AnswerCheck answer = Answer(kPre);
  answer.mutable_evidence(0)->clear_point();
  EXPECT_EQ(Try(kPre, answer).code(), Code::kInvalidArgument);
  for (const char* post : {"acceptor", "nobody"}) {
    answer.set_consent_post(post);
    EXPECT_EQ(Try(kPre, answer).code(), Code::kInvalidArgument);
  }
  answer.set_consent_post("leader");
  RuleCase test = Opened(kPre);
  ASSERT_TRUE(test.As("inspector1").When(kPre, answer).ok());
  EXPECT_TRUE(test.Then<v1::CheckPassed>().without_fix());
  EXPECT_EQ(test.Then<v1::CheckPassed>().metres_off(0), -1);
  answer.mutable_evidence(0)->set_kind(common::v1::EVIDENCE_KIND_READING);
  EXPECT_EQ(Try(kPre, answer).code(), Code::kInvalidArgument);
}

TEST(Evidence, AnOldFixProvesNothingOfNow) {
  v1::AnswerCheck answer = Answer(kPre);
  answer.mutable_evidence(0)->clear_point();
  *answer.add_evidence() = SamplePicture(kSampleNow - hours(24));
  EXPECT_EQ(Try(kPre, answer).code(), Code::kInvalidArgument);
}

TEST(Evidence, NobodyConsentsToTheirOwn) {
  v1::AnswerCheck answer = Answer(kPre, kSampleNow + minutes(90));
  answer.mutable_evidence(0)->clear_point();
  answer.set_consent_post("leader");
  RuleCase test = Opened(kPre);
  for (int turn = 0; turn < 3; ++turn) ASSERT_TRUE(test.Later(minutes(30)).WhenDue(kPre).ok());
  EXPECT_EQ(test.As("leader").When(kPre, answer).code(), Code::kInvalidArgument);
  EXPECT_TRUE(test.As("acceptor").When(kPre, answer).ok());
}

TEST(Evidence, HasAFormAndALimit) {
  v1::AnswerCheck answer = Answer(kPre);
  answer.mutable_evidence(0)->set_sha256_hex("abc");
  EXPECT_EQ(Try(kPre, answer).code(), Code::kInvalidArgument);
  answer = Answer(kPre);
  answer.mutable_evidence(0)->clear_kind();
  EXPECT_EQ(Try(kPre, answer).code(), Code::kInvalidArgument);
  answer = Answer(kPre);
  for (int i = 0; i < kEvidenceMax; ++i) *answer.add_evidence() = SamplePicture(kSampleNow);
  EXPECT_EQ(Try(kPre, answer).code(), Code::kInvalidArgument);
  answer = Answer(kPre);
  answer.clear_id();
  EXPECT_EQ(Try(kPre, answer).code(), Code::kInvalidArgument);
  answer = Answer(kPre);
  answer.set_note("clear words");
  EXPECT_EQ(Try(kPre, answer).code(), Code::kInternal);
}

}  // namespace
}  // namespace wanmi::verification
