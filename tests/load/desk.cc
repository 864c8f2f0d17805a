// desk.cc: the supervision centre: what becomes of reports, and the end of cases.
#include <set>

#include "tests/load/actors.h"
#include "wanmi/intake/v1/intake.pb.h"

namespace wanmi::demo {
namespace {

namespace intake = ::wanmi::intake::v1;

const std::string kIntake = "/wanmi.intake.v1.Intake/";

class Desk final : public Actor {
 public:
  Desk(Stage& stage, uint64_t share, uint64_t shares)
      : stage_(stage), share_(share), shares_(shares) {
    const auto acceptors = stage.roster.Posts("acceptor", "sup");
    const auto leaders = stage.roster.Posts("shift_leader", "sup");
    acceptor_ = stage.roster.Of(acceptors[share % acceptors.size()]);
    leader_ = stage.roster.Of(leaders[share % leaders.size()]);
    gateway_ = stage.roster.Of(stage.roster.Posts("gateway").back());
    for (const auto& post : stage.roster.Posts("gateway")) {
      if (post.find("hotline") != std::string::npos) gateway_ = stage.roster.Of(post);
    }
  }

  void Turn() override {
    intake::ListReports list;
    list.set_state("received");
    ForEach<intake::ReportPage>(
        stage_, kIntake + "ListReports", acceptor_, list, &intake::ReportPage::reports,
        [&](const intake::ReportView& report) {
          const uint64_t share = Pick(stage_.seed, report.report(), "share", shares_);
          if (share == share_) Consider(report);
        });
  }

 private:
  void Consider(const intake::ReportView& report) {
    if (refused_.count(report.report()) > 0)
      return File(report, "contested, and right", "filed after a contest");
    switch (report.pre_check()) {
      case intake::CHECK_RESULT_PASSED:
        return File(report, "", "filed after a passed check");
      case intake::CHECK_RESULT_EXPIRED:
        return File(report, "nobody could look in time", "filed after an expired check");
      case intake::CHECK_RESULT_FAILED:
        if (stage_.Draw(report.report(), "doubt") < 0.8) return Refuse(report);
        return File(report, "seen by the caller on two days", "filed after a failed check");
      default:
        return Begin(report);
    }
  }

  // A report that nobody has looked at yet.
  void Begin(const intake::ReportView& report) {
    const double chance = stage_.Draw(report.report(), "begin");
    const bool found = report.source() == "inspector" || report.source() == "self";
    if (!found && chance < 0.18) return Answer(report);
    if (!found && chance < 0.23) return PassOn(report);
    if (chance > 0.97) return Refuse(report);
    if (chance > 0.90 && joins_.insert(report.report()).second && Join(report)) return;
    const bool urgent = !report.has_class_ref() && chance > 0.80;
    if (urgent) return FileUrgent(report);
    if (found) return File(report, "", "filed as found");
    AskCheck(report);
  }

  const Ground& GroundOf(const intake::ReportView& report, bool urgent) const {
    std::vector<const Ground*> fitting;
    for (const auto& ground : stage_.roster.grounds()) {
      const bool fits =
          !report.has_class_ref() || (ground.class_ref.code() == report.class_ref().code() &&
                                      ground.class_ref.edition() == report.class_ref().edition());
      if (fits && (ground.urgent || !urgent)) fitting.push_back(&ground);
    }
    if (fitting.empty()) return stage_.roster.grounds().front();
    return *fitting[Pick(stage_.seed, report.report(), "condition", fitting.size())];
  }

  void Answer(const intake::ReportView& report) {
    intake::Answer answer;
    answer.set_report(report.report());
    answer.set_topic("开放时间");
    stage_.Act("answered at the desk", kIntake + "Answer", acceptor_, answer);
  }
  void PassOn(const intake::ReportView& report) {
    intake::PassOn pass;
    pass.set_report(report.report());
    pass.set_to("交警支队");
    stage_.Act("passed on", kIntake + "PassOn", acceptor_, pass);
  }
  void Refuse(const intake::ReportView& report) {
    intake::Refuse refuse;
    refuse.set_report(report.report());
    refuse.set_reason("现场未发现问题");
    if (!stage_.Act("refused", kIntake + "Refuse", acceptor_, refuse)) return;
    if (stage_.Draw(report.report(), "contest") > 0.3) return;
    intake::ContestRefusal contest;
    contest.set_report(report.report());
    contest.set_reason("问题还在");
    refused_.insert(report.report());
    stage_.Act("refusal contested", kIntake + "ContestRefusal", gateway_, contest);
  }
  // The same class first; else what lies at hand, which a case of another class refuses.
  bool Join(const intake::ReportView& report) {
    intake::ListCases list;
    list.set_state("filed");
    list.mutable_page()->set_size(30);
    intake::CasePage page;
    if (!stage_.client.Ask(kIntake + "ListCases", acceptor_, list, &page).ok() ||
        page.cases().empty())
      return false;
    const auto size = static_cast<uint64_t>(page.cases_size());
    const auto* chosen =
        &page.cases(static_cast<int>(Pick(stage_.seed, report.report(), "join", size)));
    for (const auto& candidate : page.cases()) {
      if (candidate.class_ref().code() == report.class_ref().code()) chosen = &candidate;
    }
    intake::AskJoin join;
    join.set_report(report.report());
    join.set_case_id(chosen->case_id());
    return stage_.Act("asked to join a case", kIntake + "AskJoin", acceptor_, join);
  }
  void AskCheck(const intake::ReportView& report) {
    intake::AskCheck ask;
    ask.set_report(report.report());
    *ask.mutable_class_ref() = GroundOf(report, false).class_ref;
    stage_.Act("check before filing asked", kIntake + "AskCheck", acceptor_, ask);
  }
  void File(const intake::ReportView& report, const std::string& reason,
            const std::string& branch) {
    const Ground& ground = GroundOf(report, false);
    intake::FileCase file;
    file.set_report(report.report());
    *file.mutable_class_ref() = ground.class_ref;
    file.set_condition_id(ground.condition);
    file.set_reason(reason);
    stage_.Act(branch, kIntake + "FileCase", leader_, file);
  }
  void FileUrgent(const intake::ReportView& report) {
    const Ground& ground = GroundOf(report, true);
    intake::FileUrgent file;
    file.set_report(report.report());
    *file.mutable_class_ref() = ground.class_ref;
    file.set_condition_id(ground.condition);
    stage_.Act("filed as urgent", kIntake + "FileUrgent", acceptor_, file);
  }

  Stage& stage_;
  const uint64_t share_, shares_;
  Who acceptor_, leader_, gateway_;
  std::set<std::string> refused_;  // refused here, and contested
  std::set<std::string> joins_;    // have been tried once
};

class ClosingDesk final : public Actor {
 public:
  explicit ClosingDesk(Stage& stage) : stage_(stage) {
    const auto leaders = stage.roster.Posts("shift_leader", "sup");
    leader_ = stage.roster.Of(leaders.front());
    other_leader_ = stage.roster.Of(leaders.back());
    acceptor_ = stage.roster.Of(stage.roster.Posts("acceptor", "sup").front());
    dispatcher_ = stage.roster.Of(stage.roster.Posts("dispatcher").front());
    call_taker_ = stage.roster.Of(stage.roster.Posts("call_taker").front());
  }

  void Turn() override {
    Look("awaiting_close", [&](const intake::CaseView& view) { Close(view); });
    if (++turns_ % 3 != 0) return;
    Look("filed", [&](const intake::CaseView& view) { Push(view); });
    Look("checking", [&](const intake::CaseView& view) {
      if (view.void_asked()) DecideVoid(view);
    });
  }

 private:
  template <class Each>
  void Look(const std::string& state, Each each) {
    intake::ListCases list;
    list.set_state(state);
    ForEach<intake::CasePage>(stage_, kIntake + "ListCases", leader_, list,
                              &intake::CasePage::cases, each);
  }

  void Close(const intake::CaseView& view) {
    if (view.void_asked()) return DecideVoid(view);
    intake::Close close;
    close.set_case_id(view.case_id());
    close.set_closing_condition_met(true);
    stage_.Act("closed by the shift leader", kIntake + "Close", leader_, close);
  }
  void Push(const intake::CaseView& view) {
    if (view.void_asked()) return DecideVoid(view);
    const double chance = stage_.Draw(view.case_id(), "push");
    if (chance > 0.06 || !pushed_.insert(view.case_id()).second) return;
    if (chance < 0.03) return AskVoid(view);
    intake::Urge urge;
    urge.set_case_id(view.case_id());
    stage_.Act("urged", kIntake + "Urge", call_taker_, urge);
  }
  void AskVoid(const intake::CaseView& view) {
    intake::AskVoid ask;
    ask.set_case_id(view.case_id());
    ask.set_reason("重复立案");
    const bool by_dispatcher = stage_.Draw(view.case_id(), "who voids") < 0.3;
    stage_.Act("void asked", kIntake + "AskVoid", by_dispatcher ? dispatcher_ : acceptor_, ask);
  }
  void DecideVoid(const intake::CaseView& view) {
    if (stage_.Draw(view.case_id(), "void") < 0.75) {
      intake::GrantVoid grant;
      grant.set_case_id(view.case_id());
      stage_.Act("void granted", kIntake + "GrantVoid", other_leader_, grant);
      return;
    }
    intake::RefuseVoid refuse;
    refuse.set_case_id(view.case_id());
    refuse.set_reason("两处不同的问题");
    stage_.Act("void refused", kIntake + "RefuseVoid", other_leader_, refuse);
  }

  Stage& stage_;
  Who leader_, other_leader_, acceptor_, dispatcher_, call_taker_;
  int turns_ = 0;
  std::set<std::string> pushed_;
};

}  // namespace

std::unique_ptr<Actor> MakeDesk(Stage& stage, uint64_t share, uint64_t shares) {
  return std::make_unique<Desk>(stage, share, shares);
}
std::unique_ptr<Actor> MakeClosingDesk(Stage& stage) {
  return std::make_unique<ClosingDesk>(stage);
}

}  // namespace wanmi::demo
