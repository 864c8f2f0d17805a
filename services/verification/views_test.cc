#include <gtest/gtest.h>

#include "services/verification/api.h"
#include "services/verification/service.h"
#include "testkit/rule_case.h"

namespace wanmi::verification {
namespace {

using base::Code;
using std::chrono::minutes;
using testkit::kSampleNow;
using testkit::RuleCase;

v1::OpenCheck Open() {
  v1::OpenCheck open;
  open.set_kind(v1::CHECK_KIND_PRE);
  open.set_about("r");
  *open.mutable_place() = testkit::SamplePlace();
  return open;
}

std::vector<std::string> OpenOf(const RuleCase& test, const char* post) {
  v1::ListChecks list;
  list.set_post_id(post);
  const auto page = test.Ask<v1::CheckPage>("ListChecks", list);
  std::vector<std::string> checks;
  for (const auto& check : page->checks()) checks.push_back(check.check());
  return checks;
}

TEST(Views, OpenChecksArePostedByDeadlineAndMoveWithTheTurn) {
  RuleCase test(Define());
  ASSERT_TRUE(test.When("r2/k1", Open()).ok());
  ASSERT_TRUE(test.Later(minutes(1)).When("r1/k1", Open()).ok());
  EXPECT_EQ(OpenOf(test, "inspector1"), (std::vector<std::string>{"r2/k1", "r1/k1"}));
  ASSERT_TRUE(test.Later(minutes(29)).WhenDue("r2/k1").ok());
  EXPECT_EQ(OpenOf(test, "inspector1"), std::vector<std::string>{"r1/k1"});
  EXPECT_EQ(OpenOf(test, "inspector2"), std::vector<std::string>{"r2/k1"});

  v1::AnswerCheck answer;
  answer.set_id("a");
  answer.set_check("r1/k1");
  *answer.add_evidence() = testkit::SamplePicture(kSampleNow + minutes(30));
  ASSERT_TRUE(test.As("inspector1").When("r1/k1", answer).ok());
  EXPECT_TRUE(OpenOf(test, "inspector1").empty());
  v1::GetCheck get;
  get.set_check("r1/k1");
  const auto view = test.Ask<v1::CheckView>("GetCheck", get);
  EXPECT_EQ(view->state(), "failed");
  EXPECT_EQ(view->answered_by(), "inspector1");
  EXPECT_EQ(view->opened_at_us(), base::ToMicros(kSampleNow + minutes(1)));
}

TEST(Views, ChecksThatNobodyCanTakeAreUnassigned) {
  RuleCase test(Define());
  v1::OpenCheck open = Open();
  open.set_kind(v1::CHECK_KIND_POST);
  open.clear_place();
  ASSERT_TRUE(test.When("r1/c1/k1", open).ok());
  v1::ListChecks list;
  EXPECT_EQ(test.Ask<v1::CheckPage>("ListChecks", list).status().code(), Code::kInvalidArgument);
  list.set_unassigned(true);
  EXPECT_EQ(test.Ask<v1::CheckPage>("ListChecks", list)->checks_size(), 1);
  list.set_post_id("inspector1");
  EXPECT_EQ(test.Ask<v1::CheckPage>("ListChecks", list).status().code(), Code::kInvalidArgument);
}

TEST(Views, ListsArePagedAndUnknownChecksNotFound) {
  RuleCase test(Define());
  for (const char* check : {"r1/k1", "r2/k1", "r3/k1"}) ASSERT_TRUE(test.When(check, Open()).ok());
  v1::ListChecks list;
  list.set_post_id("inspector1");
  list.mutable_page()->set_size(2);
  auto page = test.Ask<v1::CheckPage>("ListChecks", list);
  EXPECT_EQ(page->checks_size(), 2);
  list.mutable_page()->set_token(page->next());
  page = test.Ask<v1::CheckPage>("ListChecks", list);
  ASSERT_EQ(page->checks_size(), 1);
  EXPECT_EQ(page->checks(0).check(), "r3/k1");
  EXPECT_TRUE(page->next().empty());
  EXPECT_EQ(test.Ask<v1::CheckView>("GetCheck", v1::GetCheck()).status().code(), Code::kNotFound);
}

// ---- the edge ----

class Sealer final : public rules::Preparation {
 public:
  base::Result<common::v1::Sealed> Seal(std::string_view subject, std::string_view clear) override {
    common::v1::Sealed sealed;
    sealed.set_subject(std::string(subject));
    sealed.set_ciphertext(std::string(clear.rbegin(), clear.rend()));
    return sealed;
  }
  base::Status Ask(std::string_view, std::string_view, const google::protobuf::Message&,
                   google::protobuf::Message*) override {
    return base::Unavailable("nobody is asked here");
  }
  base::Time now() const override { return kSampleNow; }
};

TEST(Prepare, SealsTheNoteUnderTheReportOrTheCase) {
  Sealer sealer;
  for (const auto& [check, subject] :
       {std::pair{"r1/k1", "report/r1"}, {"r1/c1/k2", "case/r1/c1"}}) {
    v1::Command command;
    command.mutable_answer_check()->set_check(check);
    command.mutable_answer_check()->set_note("abc");
    ASSERT_TRUE(Prepare(&command, sealer).ok());
    EXPECT_EQ(command.answer_check().note(), "");
    EXPECT_EQ(command.answer_check().sealed_note().subject(), subject);
    EXPECT_EQ(command.answer_check().sealed_note().ciphertext(), "cba");
  }
}

TEST(Prepare, TakesNoSealFromAClientAndNoEndlessNote) {
  Sealer sealer;
  v1::Command command;
  command.mutable_answer_check()->set_check("r1/k1");
  command.mutable_answer_check()->mutable_sealed_note()->set_subject("person/x");
  ASSERT_TRUE(Prepare(&command, sealer).ok());
  EXPECT_FALSE(command.answer_check().has_sealed_note());
  command.mutable_answer_check()->set_note(std::string(2'001, 'x'));
  EXPECT_EQ(Prepare(&command, sealer).code(), Code::kInvalidArgument);
  command.mutable_answer_check()->set_note("x");
  command.mutable_answer_check()->set_check("r1");
  EXPECT_EQ(Prepare(&command, sealer).code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace wanmi::verification
