#include "services/intake/notify.h"

namespace wanmi::intake {
namespace {

std::vector<rules::Notice> Tell(const rules::Fact<v1::Event>& fact, bool call_back,
                                std::string text_key) {
  if (!call_back) return {};
  return {{"reporter", std::string(fact.stream), std::move(text_key)}};
}

}  // namespace

std::vector<rules::Notice> Notify(const rules::Fact<v1::Event>& fact) {
  const v1::Event& event = fact.event;
  switch (event.kind_case()) {
    case v1::Event::kReportReceived:
      return Tell(fact, event.report_received().call_back(), "report.received");
    case v1::Event::kReportAnswered:
      return Tell(fact, event.report_answered().call_back(), "report.answered");
    case v1::Event::kReportRefused:
      return Tell(fact, event.report_refused().call_back(), "report.refused");
    case v1::Event::kReportOutcomeNoted:
      return Tell(fact, event.report_outcome_noted().call_back(),
                  "report." + event.report_outcome_noted().outcome());
    default:
      return {};
  }
}

}  // namespace wanmi::intake
