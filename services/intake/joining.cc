// A report about the same thing as a case that is open. The report asks and waits, the case decides
// (it may lie in another partition), the report takes note. What a case has refused it has refused
// for good: neither its class nor its end changes.
#include <algorithm>

#include "base/partition.h"
#include "services/intake/decisions.h"

namespace wanmi::intake {
namespace {

constexpr int kAsksLast = 20;  // cases that one report may ask

bool Contains(const google::protobuf::RepeatedPtrField<std::string>& ids, std::string_view id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

bool SameClass(const common::v1::ClassRef& one, const common::v1::ClassRef& other) {
  return one.edition() == other.edition() && one.code() == other.code();
}

// Why the case does not take the report; "" if it does.
std::string WhyNot(std::string_view stream, const state::Case& filed_case,
                   const v1::DecideJoin& command) {
  if (filed_case.filed().number().empty()) return fmt::format("there is no case {}", stream);
  if (!IsOpen(filed_case)) {
    return fmt::format("case {} is {}", filed_case.filed().number(), NameOf(filed_case.stage()));
  }
  if (command.has_class_ref() && !SameClass(command.class_ref(), filed_case.filed().class_ref())) {
    return fmt::format("the report is of class {}, case {} of {}", command.class_ref().code(),
                       filed_case.filed().number(), filed_case.filed().class_ref().code());
  }
  if (filed_case.joined_size() >= kJoinsLast) {
    return fmt::format("case {} has taken its last report, the {}th", filed_case.filed().number(),
                       kJoinsLast);
  }
  return {};
}

}  // namespace

Decided DecideAskJoin(std::string_view stream, const state::Report& report,
                      const v1::AskJoin& command, const Context& context) {
  RETURN_IF_ERROR(RequirePost(context, common::v1::AXIS_SUPERVISION,
                              {common::v1::POST_KIND_ACCEPTOR, common::v1::POST_KIND_SHIFT_LEADER},
                              "joining a report to a case"));
  RETURN_IF_ERROR(CheckCommandId(command.id()));
  RETURN_IF_ERROR(CheckCaseId(command.case_id()));
  RETURN_IF_ERROR(RequireReport(stream, report));
  const bool asked = report.stage() == state::Report::STAGE_JOINING ||
                     report.stage() == state::Report::STAGE_JOINED;
  if (asked && report.join_case() == command.case_id()) return rules::Decision<v1::Event>();
  RETURN_IF_ERROR(RequireUndecided(stream, report));
  if (base::RootOf(command.case_id()) == stream) {
    return base::InvalidArgument("expected a case of another report, found {}", command.case_id());
  }
  if (Contains(report.refused_by(), command.case_id())) {
    return base::FailedPrecondition("case {} has refused report {}; file it or join another case",
                                    command.case_id(), stream);
  }
  if (report.refused_by_size() >= kAsksLast) {
    return base::ResourceExhausted("report {} has asked {} cases and none took it; file it", stream,
                                   kAsksLast);
  }
  v1::JoinAsked join;
  join.set_case_id(command.case_id());
  if (report.received().has_class_ref()) *join.mutable_class_ref() = report.received().class_ref();
  return rules::Decision<v1::Event>(stream, std::move(join));
}

Decided DecideDecideJoin(std::string_view stream, const state::Case& filed_case,
                         const v1::DecideJoin& command, const Context& context) {
  RETURN_IF_ERROR(rules::RequireReaction(context, "deciding a join"));
  if (Contains(filed_case.joined(), command.report()) ||
      Contains(filed_case.refused_joins(), command.report())) {
    return rules::Decision<v1::Event>();
  }
  if (std::string reason = WhyNot(stream, filed_case, command); !reason.empty()) {
    v1::JoinRefused refused;
    refused.set_report(command.report());
    refused.set_reason(std::move(reason));
    return rules::Decision<v1::Event>(stream, std::move(refused));
  }
  v1::JoinGranted granted;
  granted.set_report(command.report());
  return rules::Decision<v1::Event>(stream, std::move(granted));
}

Decided DecideNoteJoin(std::string_view stream, const state::Report& report,
                       const v1::NoteJoin& command, const Context& context) {
  RETURN_IF_ERROR(rules::RequireReaction(context, "noting a join"));
  const bool waits =
      report.stage() == state::Report::STAGE_JOINING && report.join_case() == command.case_id();
  if (!waits) return rules::Decision<v1::Event>();
  if (command.granted()) {
    v1::ReportJoined joined;
    joined.set_case_id(command.case_id());
    return rules::Decision<v1::Event>(stream, std::move(joined));
  }
  v1::ReportNotJoined not_joined;
  not_joined.set_case_id(command.case_id());
  not_joined.set_reason(command.reason());
  return rules::Decision<v1::Event>(stream, std::move(not_joined));
}

}  // namespace wanmi::intake
