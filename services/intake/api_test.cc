// What happens to a request before it is decided, and the numbers of receipts.
#include "services/intake/api.h"

#include "services/intake/domain.h"
#include "services/intake/sample_test.h"
#include "wanmi/grid/v1/grid.pb.h"

namespace wanmi::intake::testing {
namespace {

// A grid that knows the sample place, and a seal that can be read in a test.
class SamplePreparation final : public rules::Preparation {
 public:
  base::Result<common::v1::Sealed> Seal(std::string_view subject, std::string_view clear) override {
    common::v1::Sealed sealed;
    sealed.set_subject(std::string(subject));
    sealed.set_ciphertext("sealed:" + std::string(clear));
    return sealed;
  }
  base::Status Ask(std::string_view service, std::string_view method,
                   const google::protobuf::Message& request,
                   google::protobuf::Message* response) override {
    EXPECT_EQ(std::string(service) + "." + std::string(method), "grid.Locate");
    asked_ = static_cast<const grid::v1::Locate&>(request).place();
    if (!status_.ok()) return status_;
    response->CopyFrom(testkit::SamplePlace());
    return {};
  }
  base::Time now() const override { return testkit::kSampleNow; }

  common::v1::Place asked_;
  base::Status status_;
};

TEST(PrepareTest, LocatesThePlaceAndTrustsNothingThatTheGridSays) {
  auto report = ReportOf("r1", "app");
  report.mutable_place()->set_cell_code("forged");
  report.mutable_place()->mutable_responsibilities(0)->set_post_id("forged");
  report.mutable_place()->set_address("12 Fu Street");
  auto command = rules::Wrap<v1::Command>(report);
  SamplePreparation preparation;
  ASSERT_TRUE(Prepare(&command, preparation).ok());
  EXPECT_EQ(preparation.asked_.cell_code(), "");
  EXPECT_EQ(preparation.asked_.responsibilities_size(), 0);
  EXPECT_EQ(command.report().place().cell_code(), "370705001001001");
  EXPECT_EQ(command.report().place().responsibilities(0).post_id(), "inspector1");
  EXPECT_EQ(command.report().place().address(), "12 Fu Street");
}

TEST(PrepareTest, SaysWhyThePlaceCouldNotBeLocated) {
  SamplePreparation preparation;
  preparation.status_ = base::Unavailable("the grid is down");
  auto command = rules::Wrap<v1::Command>(ReportOf("r1", "app"));
  EXPECT_EQ(Prepare(&command, preparation).code(), base::Code::kUnavailable);
  command.mutable_report()->mutable_place()->clear_point();
  EXPECT_EQ(Prepare(&command, preparation).code(), base::Code::kInvalidArgument);
}

TEST(PrepareTest, SealsTheReportersWordsUnderTheReport) {
  auto report = ReportOf("r1", "app");
  report.mutable_words()->set_phone("1390000");
  report.mutable_sealed_words()->set_ciphertext("forged");
  auto command = rules::Wrap<v1::Command>(report);
  SamplePreparation preparation;
  ASSERT_TRUE(Prepare(&command, preparation).ok());
  EXPECT_FALSE(command.report().has_words());
  EXPECT_EQ(command.report().sealed_words().subject(), "report/r1");
  EXPECT_NE(command.report().sealed_words().ciphertext().find("1390000"), std::string::npos);
  report.clear_words();
  command = rules::Wrap<v1::Command>(report);
  ASSERT_TRUE(Prepare(&command, preparation).ok());
  EXPECT_FALSE(command.report().has_sealed_words());  // not what the client says is sealed
  report.mutable_words()->set_text(std::string(7'000, 'x'));
  command = rules::Wrap<v1::Command>(report);
  EXPECT_EQ(Prepare(&command, preparation).code(), base::Code::kInvalidArgument);
}

TEST(PrepareTest, SealsWhatIsContested) {
  v1::ContestRefusal contest;
  contest.set_report("r1");
  contest.set_reason("it is in the city");
  auto command = rules::Wrap<v1::Command>(contest);
  SamplePreparation preparation;
  ASSERT_TRUE(Prepare(&command, preparation).ok());
  EXPECT_EQ(command.contest_refusal().reason(), "");
  EXPECT_EQ(command.contest_refusal().sealed_reason().subject(), "report/r1");
  EXPECT_NE(command.contest_refusal().sealed_reason().ciphertext(), "");
}

TEST(PrepareTest, ChecksIdsBeforeAPartitionIsLookedFor) {
  SamplePreparation preparation;
  const auto code = [&](auto kind) {
    auto command = rules::Wrap<v1::Command>(std::move(kind));
    return Prepare(&command, preparation).code();
  };
  EXPECT_EQ(code(ReportOf("", "app")), base::Code::kInvalidArgument);
  EXPECT_EQ(code(v1::Answer()), base::Code::kInvalidArgument);
  EXPECT_EQ(code(v1::Close()), base::Code::kInvalidArgument);
  v1::Close close;
  close.set_case_id("r1");
  EXPECT_EQ(code(close), base::Code::kInvalidArgument);
  close.set_case_id("r1/c1");
  EXPECT_EQ(code(close), base::Code::kOk);
  EXPECT_EQ(code(v1::NoteOutcome()), base::Code::kInvalidArgument);  // not for clients
}

TEST(TargetTest, IsTheReportOrTheCaseForEveryCommand) {
  const auto* kinds = v1::Command::descriptor();
  for (int i = 0; i < kinds->field_count(); ++i) {
    v1::Command command;
    const auto* reflection = command.GetReflection();
    auto* kind = reflection->MutableMessage(&command, kinds->field(i));
    const auto* id = kind->GetDescriptor()->FindFieldByName("case_id");
    const bool about_case = id && kinds->field(i)->name() != "ask_join" &&
                            kinds->field(i)->name() != "note_join" &&
                            kinds->field(i)->name() != "note_outcome";
    if (!about_case) id = kind->GetDescriptor()->FindFieldByName("report");
    ASSERT_NE(id, nullptr) << kinds->field(i)->name();
    if (id->message_type()) {
      command.mutable_file_alarm()->mutable_report()->set_report("x");
    } else {
      kind->GetReflection()->SetString(kind, id, "x");
    }
    EXPECT_EQ(Target(command), "x") << kinds->field(i)->name();
  }
  EXPECT_EQ(Target(v1::Command()), "");
}

TEST(NumberTest, OfReceiptsIsTheReportsOrTheCases) {
  v1::CaseFiled filed;
  filed.set_number("7");
  EXPECT_EQ(NumberOf(rules::Wrap<v1::Event>(filed)), "7");
  v1::ReportReceived received;
  received.set_number("R7");
  EXPECT_EQ(NumberOf(rules::Wrap<v1::Event>(received)), "R7");
  EXPECT_EQ(NumberOf(rules::Wrap<v1::Event>(v1::ReportFiled())), "");
}

}  // namespace
}  // namespace wanmi::intake::testing
