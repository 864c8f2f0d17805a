#include "server/pages.h"

#include "base/check.h"
#include "wanmi/common/v1/common.pb.h"
#include "wanmi/journal/v1/page.pb.h"

namespace wanmi::server {
namespace {
constexpr size_t kTokenBytesMax = 4'096;
}

base::Result<std::string> UnwrapPage(google::protobuf::Message* request) {
  const auto* field = request->GetDescriptor()->FindFieldByName("page");
  const bool paged = field && field->message_type() == common::v1::PageRequest::descriptor();
  if (!paged || !request->GetReflection()->HasField(*request, field)) return std::string();
  auto& page = static_cast<common::v1::PageRequest&>(
      *request->GetReflection()->MutableMessage(request, field));
  if (page.token().empty()) return std::string();
  wanmi::journal::v1::PageToken token;
  const bool ours = page.token().size() <= kTokenBytesMax && token.ParseFromString(page.token()) &&
                    token.has_seen() && !token.next().empty();
  if (!ours) {
    return base::InvalidArgument(
        "expected a page token that the page before gave, found {} other bytes; start again "
        "without one",
        page.token().size());
  }
  page.set_token(std::move(*token.mutable_next()));
  return token.seen().SerializeAsString();
}

void WrapPage(const std::string& seen, google::protobuf::Message* response) {
  const auto* field = response->GetDescriptor()->FindFieldByName("next");
  if (!field || field->type() != google::protobuf::FieldDescriptor::TYPE_BYTES) return;
  std::string next = response->GetReflection()->GetString(*response, field);
  if (next.empty()) return;
  wanmi::journal::v1::PageToken token;
  CHECK(token.mutable_seen()->ParseFromString(seen), "a token of ours can be read");
  token.set_next(std::move(next));
  std::string bytes = token.SerializeAsString();
  CHECK(bytes.size() <= kTokenBytesMax, "a page token has at most {} bytes, this one {}",
        kTokenBytesMax, bytes.size());
  response->GetReflection()->SetString(response, field, std::move(bytes));
}

}  // namespace wanmi::server
