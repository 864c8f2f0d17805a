// report.cc: `wanmi report` tells the city of a problem.
#include <iostream>

#include "services/cli/assign.h"
#include "services/cli/commands.h"
#include "services/cli/evidence.h"
#include "services/cli/ids.h"
#include "wanmi/intake/v1/intake.pb.h"

namespace wanmi::cli {
namespace {

struct Words {
  std::string source, class_ref, at, address, condition, problem_source, external;
  std::string text, name, phone, id, report;
  std::vector<std::string> pictures, rest;
};

base::Status Send(const Words& words, Session& session) {
  intake::v1::Report report;
  report.set_report(words.report.empty() ? NewId() : words.report);
  report.set_id(words.id.empty() ? NewId() : words.id);
  report.set_source(words.source);
  if (!words.class_ref.empty()) RETURN_IF_ERROR(Assign(&report, "class_ref=" + words.class_ref, 0));
  report.set_condition_id(words.condition);
  report.set_problem_source(words.problem_source);
  report.set_external_number(words.external);
  ASSIGN_OR_RETURN(const LonLat point, ParseLonLat(words.at));
  auto& place = *report.mutable_place();
  place.mutable_point()->set_longitude_deg(point.longitude_deg);
  place.mutable_point()->set_latitude_deg(point.latitude_deg);
  place.set_address(words.address);
  if (!words.text.empty() || !words.name.empty() || !words.phone.empty()) {
    report.mutable_words()->set_text(words.text);
    report.mutable_words()->set_name(words.name);
    report.mutable_words()->set_phone(words.phone);
  }
  for (const auto& assignment : words.rest) RETURN_IF_ERROR(Assign(&report, assignment, 0));
  if (!words.pictures.empty()) {
    ASSIGN_OR_RETURN(const auto city, session.City());
    for (const auto& file : words.pictures) {
      ASSIGN_OR_RETURN(*report.add_evidence(),
                       PictureOf(file, words.at, city.now_us(), session.options.device));
    }
  }
  common::v1::Receipt receipt;
  RETURN_IF_ERROR(session.Call("/wanmi.intake.v1.Intake/Report", report, &receipt));
  if (!session.PrintedAsJson(receipt)) std::cout << ReceiptText("intake", receipt) << "\n";
  return {};
}

}  // namespace

void AddReport(const Program& program) {
  auto words = std::make_shared<Words>();
  CLI::App* command = program.Add("report", "tell the city of a problem");
  command->add_option("rest", words->rest, "other fields: field=value …");
  command->add_option("--source", words->source, "where it comes from: 12345, inspector, …")
      ->required();
  command->add_option("--class", words->class_ref, "edition/kind/MM-mm, like 2013/event/01-10");
  command->add_option("--at", words->at, "LON,LAT in degrees, WGS-84")->required();
  command->add_option("--address", words->address, "of the problem, never of a person");
  command->add_option("--condition", words->condition, "filing condition, for what files at once");
  command->add_option("--problem-source", words->problem_source, "building site, borrow pit, …");
  command->add_option("--external", words->external, "the source's own number");
  command->add_option("--text", words->text, "what the reporter says; is sealed");
  command->add_option("--name", words->name, "of the reporter; is sealed");
  command->add_option("--phone", words->phone, "of the reporter; is sealed");
  command->add_option("--picture", words->pictures, "files; their hashes are sent");
  command->add_option("--report", words->report, "id of the report, instead of a fresh one");
  command->add_option("--id", words->id, "id of the command, to send it again");
  program.Run(command, [words, session = program.session] { return Send(*words, *session); });
}

}  // namespace wanmi::cli
