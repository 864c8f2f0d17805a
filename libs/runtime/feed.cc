#include "runtime/feed.h"

namespace wanmi::runtime {
namespace {
constexpr int kReadAhead = 64;
constexpr size_t kRunMax = 512;
}  // namespace

std::shared_ptr<const ParsedEntry> ParseEntry(std::string_view bytes,
                                              const google::protobuf::Message& event_prototype) {
  auto parsed = std::make_shared<ParsedEntry>();
  CHECK(parsed->entry.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())),
        "an entry of the journal can be parsed");
  const auto* oneof = event_prototype.GetDescriptor()->oneof_decl(0);
  for (const auto& change : parsed->entry.changes()) {
    auto& events = parsed->events.emplace_back();
    for (const auto& event_bytes : change.events()) {
      std::unique_ptr<google::protobuf::Message> event(event_prototype.New());
      CHECK(event->ParseFromString(event_bytes), "an event of the journal can be parsed");
      if (!event->GetReflection()->HasOneof(*event, oneof)) parsed->unknown_event = true;
      events.push_back(std::move(event));
    }
  }
  return parsed;
}

base::Result<std::shared_ptr<const ParsedEntry>> Feed::Next(
    const journal::Slice& slice, int64_t after, const google::protobuf::Message& prototype) {
  Run& run = runs_[slice];
  const auto index = after + 1 - run.first_seq;
  if (index >= 0 && index < static_cast<int64_t>(run.entries.size())) {
    return run.entries[static_cast<size_t>(index)];
  }
  const bool goes_on = index == static_cast<int64_t>(run.entries.size());
  if (!goes_on) {
    run.entries.clear();
    run.first_seq = after + 1;
  }
  int taken = 0;
  const size_t had = run.entries.size();
  RETURN_IF_ERROR(journal_.Read(slice, after, [&](int64_t, std::string_view bytes) {
    run.entries.push_back(ParseEntry(bytes, prototype));
    return ++taken < kReadAhead;
  }));
  if (run.entries.size() == had) return std::shared_ptr<const ParsedEntry>();
  auto next = run.entries[had];
  while (run.entries.size() > kRunMax) {
    run.entries.pop_front();
    ++run.first_seq;
  }
  return next;
}

}  // namespace wanmi::runtime
