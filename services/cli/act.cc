// act.cc: `wanmi act METHOD` sends any command, or asks any question, of any service.
#include <algorithm>
#include <iostream>

#include "services/cli/assign.h"
#include "services/cli/catalogue.h"
#include "services/cli/commands.h"
#include "services/cli/evidence.h"
#include "services/cli/ids.h"

namespace wanmi::cli {
namespace {

using google::protobuf::Message;

struct Words {
  std::string method, body, at, id;
  std::vector<std::string> rest, pictures;
};

// "wanmi.intake.v1.Intake" → "intake"
std::string ServiceOf(const google::protobuf::MethodDescriptor& method) {
  const std::string& package = method.file()->package();
  const size_t begin = package.find('.') + 1;
  return package.substr(begin, package.find('.', begin) - begin);
}

base::Status AddPictures(const Words& words, Session& session, int64_t now_us, Message* request) {
  if (words.pictures.empty()) return {};
  const auto* field = request->GetDescriptor()->FindFieldByName("evidence");
  if (!field) {
    return base::InvalidArgument("a {} takes no evidence", request->GetDescriptor()->name());
  }
  for (const auto& file : words.pictures) {
    ASSIGN_OR_RETURN(const auto evidence,
                     PictureOf(file, words.at, now_us, session.options.device));
    request->GetReflection()->AddMessage(request, field)->CopyFrom(evidence);
  }
  return {};
}

// The first word without '=' is what it is about; the others are fields.
base::Status Fill(const Words& words, Session& session, bool is_command, Message* request) {
  int64_t now_us = 0;
  const bool asks_time =
      !words.pictures.empty() || std::any_of(words.rest.begin(), words.rest.end(),
                                             [](auto& word) { return word.ends_with("_us=now"); });
  if (asks_time) {
    ASSIGN_OR_RETURN(const auto city, session.City());
    now_us = city.now_us();
  }
  if (!words.body.empty()) RETURN_IF_ERROR(AssignJson(request, words.body));
  for (size_t i = 0; i < words.rest.size(); ++i) {
    if (i == 0 && words.rest[i].find('=') == std::string::npos) {
      ASSIGN_OR_RETURN(const std::string id, session.IdOf(words.rest[i]));
      RETURN_IF_ERROR(AssignSubject(request, id));
    } else {
      RETURN_IF_ERROR(Assign(request, words.rest[i], now_us));
    }
  }
  RETURN_IF_ERROR(AddPictures(words, session, now_us, request));
  if (!is_command) return {};
  const auto* field = request->GetDescriptor()->FindFieldByName("id");
  if (!request->GetReflection()->GetString(*request, field).empty()) return {};
  request->GetReflection()->SetString(request, field, words.id.empty() ? NewId() : words.id);
  return {};
}

base::Status Act(const Words& words, Session& session) {
  ASSIGN_OR_RETURN(const auto* method, FindMethod(words.method));
  const auto request = NewMessage(method->input_type());
  const auto response = NewMessage(method->output_type());
  RETURN_IF_ERROR(Fill(words, session, IsCommand(*method), request.get()));
  RETURN_IF_ERROR(session.Call(PathOf(*method), *request, response.get()));
  if (session.PrintedAsJson(*response)) return {};
  if (const auto* receipt = dynamic_cast<const common::v1::Receipt*>(response.get())) {
    std::cout << ReceiptText(ServiceOf(*method), *receipt) << "\n";
  } else {
    std::cout << response->Utf8DebugString();
  }
  return {};
}

}  // namespace

void AddAct(const Program& program) {
  auto words = std::make_shared<Words>();
  CLI::App* command = program.Add(
      "act", "send any command, in the post given: wanmi act FileCase REPORT class_ref=…");
  command->add_option("method", words->method, "FileCase, Dispatch, GiveFeedback, GetCase, …")
      ->required();
  command->add_option("rest", words->rest, "an id or number first, then field=value …");
  command->add_option("--body", words->body, "fields as protobuf's JSON");
  command->add_option("--picture", words->pictures, "files as evidence; their hashes are sent");
  command->add_option("--at", words->at, "LON,LAT where the pictures were taken");
  command->add_option("--id", words->id, "id of the command, to send it again");
  program.Run(command, [words, session = program.session] { return Act(*words, *session); });
}

}  // namespace wanmi::cli
