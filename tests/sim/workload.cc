#include "workload.h"

#include "wanmi/alarms/v1/alarms.pb.h"
#include "wanmi/dispatch/v1/dispatch.pb.h"
#include "wanmi/handling/v1/handling.pb.h"
#include "wanmi/intake/v1/intake.pb.h"
#include "wanmi/verification/v1/verification.pb.h"

namespace wanmi::sim {
namespace {

using testkit::SampleClass;

constexpr int kSteps = 420;

struct Finding {
  const char* code;
  const char* condition;
};
constexpr Finding kFindings[] = {{"component/01-01", "1"}, {"component/01-01", "2"},
                                 {"event/01-10", "1"},     {"event/03-11", "1"},
                                 {"event/09-09", "1"},     {"component/01-10", "1"}};

template <class Response, class Request>
Response Ask(World& world, const char* service, const char* method, const Request& request) {
  const auto answer = world.host().Ask(service, method, request);
  CHECK(answer.ok(), "{}.{}: {}", service, method, answer.status().ToString());
  return static_cast<const Response&>(**answer);
}

intake::v1::ReportPage ReportsIn(World& world, const char* state) {
  intake::v1::ListReports list;
  list.set_state(state);
  return Ask<intake::v1::ReportPage>(world, "intake", "ListReports", list);
}

intake::v1::CasePage CasesIn(World& world, const char* state) {
  intake::v1::ListCases list;
  list.set_state(state);
  return Ask<intake::v1::CasePage>(world, "intake", "ListCases", list);
}

common::v1::Evidence Picture(World& world, const std::string& device) {
  return testkit::SamplePicture(world.clock().Now(), device);
}

void TurnTheClock(World& world) {
  auto& random = world.random();
  if (random.OneIn(40)) {
    world.clock().Advance(std::chrono::minutes(random.Below(600)));
  } else if (random.OneIn(200)) {
    world.clock().JumpTo(world.clock().Now() -
                         std::chrono::seconds(random.Below(20)));  // a bad NTP
  } else {
    world.clock().Advance(std::chrono::seconds(random.Below(90)));
  }
}

}  // namespace

void Workload::Act() {
  ++acts_;
  switch (world_.random().Below(12)) {
    case 0:
      return NewReport();
    case 1:
    case 2:
      return Desk();
    case 3:
    case 4:
      return Inspect();
    case 5:
    case 6:
      return Dispatch();
    case 7:
    case 8:
      return Dispose();
    case 9:
      return Close();
    case 10:
      return world_.random().OneIn(3) ? Void() : Urge();
    default:
      return Sense();
  }
}

void Workload::NewReport() {
  if (reports_ >= 14) return Desk();
  static constexpr std::pair<const char*, const char*> kSources[] = {{"12345", "acceptor"},
                                                                     {"app", "gateway"},
                                                                     {"inspector", "inspector1"},
                                                                     {"superior", "acceptor2"}};
  const auto& [source, post] = kSources[world_.random().Below(4)];
  const Finding& finding = kFindings[world_.random().Below(6)];
  intake::v1::Report report;
  report.set_report("report-" + std::to_string(++reports_));
  report.set_source(source);
  if (!world_.random().OneIn(4)) {
    *report.mutable_class_ref() = SampleClass(finding.code);
    report.set_condition_id(finding.condition);
  }
  *report.mutable_place() = testkit::SamplePlace();
  *report.add_evidence() = Picture(world_, "phone-reporter");
  if (!world_.random().OneIn(4)) report.mutable_words()->set_text(std::string(kPersonalWords));
  const std::string stream = report.report();
  world_.Send<intake::v1::Command>("intake", stream, post, std::move(report));
}

void Workload::Desk() {
  auto page = ReportsIn(world_, world_.random().OneIn(5) ? "checking" : "received");
  if (page.reports().empty()) return;
  const auto& view = world_.random().Of(*page.mutable_reports());
  const Finding& finding = kFindings[world_.random().Below(6)];
  const auto send = [&](const char* post, auto command) {
    command.set_report(view.report());
    world_.Send<intake::v1::Command>("intake", view.report(), post, std::move(command));
  };
  switch (world_.random().Below(10)) {
    case 0: {
      intake::v1::Answer answer;
      answer.set_topic("heating begins on 15 November");
      return send("acceptor", answer);
    }
    case 1: {
      intake::v1::Refuse refuse;
      refuse.set_reason("not within scope");
      return send("acceptor", refuse);
    }
    case 2: {
      auto cases = CasesIn(world_, "filed");
      if (cases.cases().empty()) return;
      intake::v1::AskJoin join;
      join.set_case_id(world_.random().Of(*cases.mutable_cases()).case_id());
      return send("acceptor2", join);
    }
    case 3: {
      intake::v1::AskCheck check;
      *check.mutable_class_ref() = SampleClass(finding.code);
      return send("acceptor", check);
    }
    case 4: {
      intake::v1::FileUrgent urgent;
      *urgent.mutable_class_ref() = SampleClass("component/01-01");
      urgent.set_condition_id("1");
      return send("acceptor", urgent);
    }
    default: {
      intake::v1::FileCase file;
      *file.mutable_class_ref() = SampleClass(finding.code);
      file.set_condition_id(finding.condition);
      file.set_reason("seen on the picture");
      return send(world_.random().OneIn(10) ? "san-clerk" : "leader",
                  file);  // a department never files
    }
  }
}

void Workload::Inspect() {
  static constexpr const char* kPosts[] = {"inspector1", "inspector2", "team",
                                           "acceptor",   "acceptor2",  "leader"};
  verification::v1::ListChecks list;
  list.set_post_id(kPosts[world_.random().Below(6)]);
  auto page = Ask<verification::v1::CheckPage>(world_, "verification", "ListChecks", list);
  if (page.checks().empty()) return;
  const auto& view = world_.random().Of(*page.mutable_checks());
  verification::v1::AnswerCheck answer;
  answer.set_check(view.check());
  answer.set_passed(!world_.random().OneIn(3));
  *answer.add_evidence() = Picture(world_, "phone-" + list.post_id());
  if (world_.random().OneIn(2)) answer.set_note(std::string(kPersonalWords));
  const std::string post = world_.random().OneIn(12) ? "san-clerk" : list.post_id();
  world_.Send<verification::v1::Command>("verification", view.check(), post, std::move(answer));
}

void Workload::Dispatch() {
  static constexpr const char* kStates[] = {"unmatched", "proposed", "return_asked", "feedback"};
  dispatch::v1::ListAssignments list;
  list.set_state(kStates[world_.random().Below(4)]);
  auto page = Ask<dispatch::v1::AssignmentPage>(world_, "dispatch", "ListAssignments", list);
  if (page.assignments().empty()) return;
  const auto& view = world_.random().Of(*page.mutable_assignments());
  const auto send = [&](auto command) {
    command.set_case_id(view.case_id());
    world_.Send<dispatch::v1::Command>("dispatch", view.case_id(), "dispatcher",
                                       std::move(command));
  };
  if (list.state() == "return_asked") {
    dispatch::v1::DecideReturn decide;
    decide.set_grant(world_.random().OneIn(2));
    decide.set_reason("looked up in the register");
    return send(decide);
  }
  if (list.state() == "feedback") {
    if (world_.random().OneIn(4)) {
      dispatch::v1::SendBackFeedback back;
      back.set_reason("the picture shows another corner");
      return send(back);
    }
    return send(dispatch::v1::PassFeedback());
  }
  dispatch::v1::Dispatch order;
  order.set_unit_id(world_.random().OneIn(2) ? "roads" : "sanitation");
  order.set_reason("by the map of owners");
  return send(order);
}

void Workload::Dispose() {
  static constexpr const char* kUnits[][3] = {{"sanitation", "san-clerk", "san-crew"},
                                              {"roads", "road-clerk", "road-crew"},
                                              {"heat", "heat-clerk", "road-crew"}};  // not theirs
  const auto& chosen = kUnits[world_.random().Below(3)];
  const char* const unit = chosen[0];
  const char* const clerk = chosen[1];
  handling::v1::ListWork list;
  list.set_unit_id(unit);
  auto page = Ask<handling::v1::WorkPage>(world_, "handling", "ListWork", list);
  if (page.work().empty()) return;
  const auto& view = world_.random().Of(*page.mutable_work());
  const auto send = [&](auto command) {
    command.set_work(view.work());
    world_.Send<handling::v1::Command>("handling", view.work(), clerk, std::move(command));
  };
  switch (world_.random().Below(6)) {
    case 0: {
      if (world_.random().OneIn(2)) return send(handling::v1::AcceptWork());
      handling::v1::AssignCrew assign;
      assign.set_crew_post(chosen[2]);
      return send(assign);
    }
    case 1: {
      handling::v1::AskReturn ask;
      ask.set_reason("not ours: the road was never handed over");
      return send(ask);
    }
    default: {
      handling::v1::GiveFeedback feedback;
      feedback.set_outcome(view.phase_name() == "make safe" ? intake::v1::OUTCOME_MADE_SAFE
                           : world_.random().OneIn(6)       ? intake::v1::OUTCOME_NOTHING_FOUND
                                                            : intake::v1::OUTCOME_DONE);
      *feedback.add_evidence() = Picture(world_, "phone-crew");
      if (world_.random().OneIn(2)) feedback.set_note(std::string(kPersonalWords));
      feedback.set_finished_at_us(base::ToMicros(world_.clock().Now()));
      return send(feedback);
    }
  }
}

void Workload::Close() {
  auto page = CasesIn(world_, "awaiting_close");
  if (page.cases().empty()) return;
  const auto& view = world_.random().Of(*page.mutable_cases());
  intake::v1::Close close;
  close.set_case_id(view.case_id());
  close.set_closing_condition_met(true);
  world_.Send<intake::v1::Command>("intake", view.case_id(), "leader", std::move(close));
}

void Workload::Void() {
  static constexpr const char* kStates[] = {"filed", "checking", "awaiting_close"};
  auto page = CasesIn(world_, kStates[world_.random().Below(3)]);
  if (page.cases().empty()) return;
  const auto& view = world_.random().Of(*page.mutable_cases());
  if (!view.void_asked()) {
    intake::v1::AskVoid ask;
    ask.set_case_id(view.case_id());
    ask.set_reason("the reporter took it back");
    return world_.Send<intake::v1::Command>("intake", view.case_id(), "leader", std::move(ask));
  }
  if (world_.random().OneIn(2)) {
    intake::v1::GrantVoid grant;
    grant.set_case_id(view.case_id());
    // The one who asked may never grant it.
    return world_.Send<intake::v1::Command>("intake", view.case_id(),
                                            world_.random().OneIn(4) ? "leader" : "leader2",
                                            std::move(grant));
  }
  intake::v1::RefuseVoid refuse;
  refuse.set_case_id(view.case_id());
  refuse.set_reason("it is still there");
  world_.Send<intake::v1::Command>("intake", view.case_id(), "leader2", std::move(refuse));
}

void Workload::Urge() {
  auto page = CasesIn(world_, "filed");
  if (page.cases().empty()) return;
  const auto& view = world_.random().Of(*page.mutable_cases());
  intake::v1::Urge urge;
  urge.set_case_id(view.case_id());
  world_.Send<intake::v1::Command>("intake", view.case_id(), "acceptor", std::move(urge));
}

void Workload::Sense() {
  const std::string device = "station-" + std::to_string(1 + world_.random().Below(3));
  if (world_.random().OneIn(3)) {
    alarms::v1::RegisterDevice device_registered;
    device_registered.set_device(device);
    device_registered.set_kind("heat_station");
    device_registered.set_owner_unit("heat");
    device_registered.set_title("换热站");
    *device_registered.mutable_place() = testkit::SamplePlace();
    return world_.Send<alarms::v1::Command>("alarms", device, "base-clerk",
                                            std::move(device_registered));
  }
  alarms::v1::Ingest ingest;
  ingest.set_device(device);
  const double value = world_.random().OneIn(2) ? 35 : 55;
  for (int i = 0; i < 2; ++i) {
    auto& reading = *ingest.add_readings();
    reading.set_metric("outlet_temperature");
    reading.set_value(value);
    reading.set_measured_at_us(base::ToMicros(world_.clock().Now()) - 2 + i);
  }
  world_.Send<alarms::v1::Command>("alarms", device, "gateway", std::move(ingest));
}

void RunCity(World& world) {
  Workload workload(world);
  world.set_act([&] { workload.Act(); });
  world.outlet().set_meanwhile([&] {
    for (int acts = world.random().Below(6); acts > 0; --acts) workload.Act();
  });
  for (int step = 0; step < kSteps; ++step) {
    if (world.random().OneIn(2)) workload.Act();
    if (world.random().OneIn(150)) world.Crash();
    if (world.random().OneIn(60)) world.Stall();
    world.Unsettle();
    const size_t sent = world.outlet().attempts().size();
    world.Pump();
    // After messages went out there is more to lose.
    if (world.outlet().attempts().size() > sent && world.random().OneIn(15)) world.Crash();
    world.Resend(20);
    world.ReadBack();
    TurnTheClock(world);
  }
  world.outlet().set_meanwhile({});
  world.set_act({});
}

}  // namespace wanmi::sim
