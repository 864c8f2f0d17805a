// field.cc: inspectors, the command centre, departments.
#include <algorithm>
#include <map>
#include <set>

#include "tests/load/actors.h"
#include "wanmi/dispatch/v1/dispatch.pb.h"
#include "wanmi/handling/v1/handling.pb.h"
#include "wanmi/verification/v1/verification.pb.h"

namespace wanmi::demo {
namespace {

const std::string kDispatch = "/wanmi.dispatch.v1.DispatchService/";
const std::string kHandling = "/wanmi.handling.v1.Handling/";
const std::string kVerification = "/wanmi.verification.v1.Verification/";

constexpr int64_t kHourUs = 3'600'000'000;

class Inspectors final : public Actor {
 public:
  Inspectors(Stage& stage, std::vector<std::string> posts)
      : stage_(stage), posts_(std::move(posts)) {}

  void Turn() override {
    for (const auto& post : posts_) {
      const Who who = stage_.roster.Of(post);
      verification::v1::ListChecks list;
      list.set_post_id(post);
      ForEach<verification::v1::CheckPage>(
          stage_, kVerification + "ListChecks", who, list, &verification::v1::CheckPage::checks,
          [&](const verification::v1::CheckView& check) { Look(who, check); });
    }
  }

 private:
  void Look(const Who& who, const verification::v1::CheckView& check) {
    const bool left = (check.step() <= 1 && stage_.Draw(check.check(), "left") < 0.04) ||
                      (check.step() <= 4 && stage_.Draw(check.about(), "all leave it") < 0.006);
    const bool is_post = check.kind() == verification::v1::CHECK_KIND_POST;
    if (left && !stage_.draining) return;
    const double good = is_post ? 0.92 : 0.93;
    const bool passed = stage_.Draw(check.check(), "good") < good;
    verification::v1::AnswerCheck answer;
    answer.set_check(check.check());
    answer.set_passed(passed);
    const int64_t now_us = std::max(stage_.client.NowUs(), check.opened_at_us());
    *answer.add_evidence() = MakePicture(stage_, check.place().point(), who, check.check(), now_us);
    const std::string kind = is_post ? "check after disposal " : "check before filing ";
    stage_.Act(kind + (passed ? "passed" : "failed"), kVerification + "AnswerCheck", who, answer);
  }

  Stage& stage_;
  const std::vector<std::string> posts_;
};

class Dispatcher final : public Actor {
 public:
  explicit Dispatcher(Stage& stage) : stage_(stage) {
    who_ = stage.roster.Of(stage.roster.Posts("dispatcher").front());
  }

  void Turn() override {
    for (const char* state : {"unmatched", "proposed", "return_asked"}) {
      dispatch::v1::ListAssignments list;
      list.set_state(state);
      ForEach<dispatch::v1::AssignmentPage>(
          stage_, kDispatch + "ListAssignments", who_, list,
          &dispatch::v1::AssignmentPage::assignments,
          [&](const dispatch::v1::AssignmentView& view) { Act(view); });
    }
  }

 private:
  void Act(const dispatch::v1::AssignmentView& view) {
    if (view.state() == "return_asked") return DecideReturn(view);
    const bool again = view.returns() > 0;
    if (!again && !view.proposed_unit().empty())
      return Send(view, view.proposed_unit(), "", "dispatched as proposed");
    const auto units = stage_.roster.DistrictUnits(view.street_code());
    if (units.empty()) return;
    size_t at = Pick(stage_.seed, view.case_id(), "unit", units.size()) +
                static_cast<size_t>(view.returns());
    for (size_t i = 0; i < units.size(); ++i, ++at) {
      const auto& unit = units[at % units.size()];
      if (unit != view.proposed_unit() && unit != view.unit_id()) {
        return Send(view, unit, again ? "退回后改派" : "手册无此类",
                    again ? "dispatched again after a return" : "unmatched, dispatched by hand");
      }
    }
  }
  void Send(const dispatch::v1::AssignmentView& view, const std::string& unit,
            const std::string& reason, const std::string& branch) {
    dispatch::v1::Dispatch command;
    command.set_case_id(view.case_id());
    command.set_unit_id(unit);
    command.set_reason(reason);
    stage_.Act(branch, kDispatch + "Dispatch", who_, command);
  }
  void DecideReturn(const dispatch::v1::AssignmentView& view) {
    const bool grant = stage_.Draw(view.case_id(), "return") < 0.7;
    dispatch::v1::DecideReturn command;
    command.set_case_id(view.case_id());
    command.set_grant(grant);
    if (!grant) command.set_reason("职责清楚");
    stage_.Act(grant ? "return granted" : "return refused", kDispatch + "DecideReturn", who_,
               command);
  }

  Stage& stage_;
  Who who_;
};

class FeedbackGate final : public Actor {
 public:
  explicit FeedbackGate(Stage& stage) : stage_(stage) {
    who_ = stage.roster.Of(stage.roster.Posts("dispatcher").back());
  }

  void Turn() override {
    dispatch::v1::ListAssignments list;
    list.set_state("feedback");
    ForEach<dispatch::v1::AssignmentPage>(
        stage_, kDispatch + "ListAssignments", who_, list,
        &dispatch::v1::AssignmentPage::assignments,
        [&](const dispatch::v1::AssignmentView& view) { Act(view); });
  }

 private:
  void Act(const dispatch::v1::AssignmentView& view) {
    const bool bad = stage_.Draw(view.case_id(), "feedback") < 0.06;
    if (bad && sent_back_.insert(view.case_id()).second) {
      dispatch::v1::SendBackFeedback back;
      back.set_case_id(view.case_id());
      back.set_reason("照片看不清");
      stage_.Act("feedback sent back", kDispatch + "SendBackFeedback", who_, back);
      return;
    }
    dispatch::v1::PassFeedback pass;
    pass.set_case_id(view.case_id());
    stage_.Act("feedback passed", kDispatch + "PassFeedback", who_, pass);
  }

  Stage& stage_;
  Who who_;
  std::set<std::string> sent_back_;
};

class Departments final : public Actor {
 public:
  Departments(Stage& stage, std::vector<std::string> units)
      : stage_(stage), units_(std::move(units)) {}

  void Turn() override {
    for (const auto& unit : units_) {
      const auto clerks = stage_.roster.Posts("department_clerk", unit);
      if (clerks.empty()) continue;
      const Who clerk = stage_.roster.Of(clerks.front());
      handling::v1::ListWork list;
      list.set_unit_id(unit);
      ForEach<handling::v1::WorkPage>(
          stage_, kHandling + "ListWork", clerk, list, &handling::v1::WorkPage::work,
          [&](const handling::v1::WorkView& work) { Act(clerk, work); });
    }
  }

 private:
  void Act(const Who& clerk, const handling::v1::WorkView& work) {
    if (stage_.Draw(work.case_id(), "unattended") < 0.02) return;
    if (work.state() == "opened") return Begin(clerk, work);
    if (work.state() == "accepted" && Finished(work)) Finish(clerk, work);
  }

  void Begin(const Who& clerk, const handling::v1::WorkView& work) {
    const bool may_return = !work.rework() && work.return_window_until_us() > stage_.client.NowUs();
    if (may_return && stage_.Draw(work.work(), "return") < 0.06) {
      handling::v1::AskReturn ask;
      ask.set_work(work.work());
      ask.set_reason("不属本单位职责");
      if (stage_.Act("return asked", kHandling + "AskReturn", clerk, ask)) return;
    }
    const auto crews = stage_.roster.Posts("crew", work.unit_id());
    if (!crews.empty() && stage_.Draw(work.work(), "crew") < 0.6) {
      handling::v1::AssignCrew assign;
      assign.set_work(work.work());
      assign.set_crew_post(crews.front());
      stage_.Act("crew assigned", kHandling + "AssignCrew", clerk, assign);
      return;
    }
    handling::v1::AcceptWork accept;
    accept.set_work(work.work());
    stage_.Act("work accepted", kHandling + "AcceptWork", clerk, accept);
  }

  // Work takes a part of its limit, four hours at most; some of it takes more than it has.
  bool Finished(const handling::v1::WorkView& work) {
    if (stage_.draining) return true;
    const int64_t now_us = stage_.client.NowUs();
    const int64_t begun_us = begun_.emplace(work.work(), now_us).first->second;
    const double pace = stage_.Draw(work.work(), "pace");
    const auto limit_us = static_cast<double>(std::max<int64_t>(work.due_at_us() - begun_us, 0));
    const double share = pace < 0.06 ? 1.1 : pace * 0.6;
    return static_cast<double>(now_us - begun_us) >= std::min(share * limit_us, 4.0 * kHourUs);
  }

  void Finish(const Who& clerk, const handling::v1::WorkView& work) {
    const Who who = work.crew_post().empty() ? clerk : stage_.roster.Of(work.crew_post());
    const bool nothing = stage_.Draw(work.work(), "nothing") < 0.03;
    handling::v1::GiveFeedback give;
    give.set_work(work.work());
    give.set_outcome(nothing ? intake::v1::OUTCOME_NOTHING_FOUND : intake::v1::OUTCOME_DONE);
    *give.add_evidence() =
        MakePicture(stage_, work.place().point(), who, work.work(), stage_.client.NowUs());
    give.set_note("已处理");
    stage_.Act(nothing ? "feedback: nothing found" : "feedback: done", kHandling + "GiveFeedback",
               who, give);
  }

  Stage& stage_;
  const std::vector<std::string> units_;
  std::map<std::string, int64_t> begun_;
};

}  // namespace

std::unique_ptr<Actor> MakeInspectors(Stage& stage, std::vector<std::string> posts) {
  return std::make_unique<Inspectors>(stage, std::move(posts));
}
std::unique_ptr<Actor> MakeDispatcher(Stage& stage) { return std::make_unique<Dispatcher>(stage); }
std::unique_ptr<Actor> MakeFeedbackGate(Stage& stage) {
  return std::make_unique<FeedbackGate>(stage);
}
std::unique_ptr<Actor> MakeDepartments(Stage& stage, std::vector<std::string> units) {
  return std::make_unique<Departments>(stage, std::move(units));
}

}  // namespace wanmi::demo
