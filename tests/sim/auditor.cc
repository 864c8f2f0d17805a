#include "auditor.h"

#include <set>

#include "base/sha256.h"
#include "wanmi/assessment/v1/assessment.pb.h"
#include "wanmi/dispatch/v1/dispatch.pb.h"
#include "wanmi/handling/v1/handling.pb.h"
#include "wanmi/intake/v1/intake.pb.h"
#include "workload.h"

namespace wanmi::sim {
namespace {

using journal::Slice;
using Entry = wanmi::journal::v1::Entry;
using Delivery = wanmi::journal::v1::Delivery;

// All that the journal holds, read once.
struct Book {
  std::map<Slice, std::vector<Entry>> entries;
  std::vector<std::string> wrong;

  template <class... Args>
  void Wrong(fmt::format_string<Args...> format, Args&&... args) {
    wrong.push_back(fmt::format(format, std::forward<Args>(args)...));
  }
  // each(slice, fact, index of the event in its entry) for every event of a service.
  template <class Each>
  void ForEach(const rules::Definition& definition, Each each) const {
    std::unique_ptr<rules::Message> event(definition.event->New());
    for (const auto& [slice, list] : entries) {
      if (slice.service != definition.name) continue;
      for (const Entry& entry : list) {
        int index = 0;
        for (const auto& change : entry.changes()) {
          for (const auto& bytes : change.events()) {
            CHECK(event->ParseFromString(bytes));
            const rules::Fact<rules::Message> fact{slice.service,   slice.partition,
                                                   entry.seq(),     index,
                                                   change.stream(), base::FromMicros(entry.at_us()),
                                                   entry.actor(),   *event};
            each(slice, fact, index++);
          }
        }
      }
    }
  }
  // each(entry, stream, event) for every event of a service.
  template <class Event, class Each>
  void ForEach(const std::string& service, Each each) const {
    for (const auto& [slice, list] : entries) {
      if (slice.service != service) continue;
      for (const Entry& entry : list) {
        for (const auto& change : entry.changes()) {
          for (const auto& bytes : change.events()) {
            Event event;
            CHECK(event.ParseFromString(bytes));
            each(entry, change.stream(), event);
          }
        }
      }
    }
  }
};

void ReadBook(const World& world, Book& book) {
  for (const auto& definition : world.definitions()) {
    for (int p = 0; p < world.city().partitions; ++p) {
      const Slice slice{definition.name, p};
      std::string prev = journal::GenesisHash();
      int64_t at = 0, seq = 0;
      CHECK(world.journal()
                .Read(slice, 0,
                      [&](int64_t, std::string_view bytes) {
                        Entry entry;
                        CHECK(entry.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
                        if (entry.seq() != ++seq)
                          book.Wrong("{}: seq {} stands where {} belongs", journal::ToString(slice),
                                     entry.seq(), seq);
                        if (entry.prev() != prev)
                          book.Wrong("{}: the chain breaks at seq {}", journal::ToString(slice),
                                     seq);
                        if (bytes.find(kPersonalWords) != std::string_view::npos)
                          book.Wrong("{}: personal words stand in clear at seq {}",
                                     journal::ToString(slice), seq);
                        if (entry.at_us() < at)
                          book.Wrong("{}: time goes back at seq {}", journal::ToString(slice), seq);
                        prev = journal::ChainHash(bytes);
                        at = entry.at_us();
                        book.entries[slice].push_back(std::move(entry));
                        return true;
                      })
                .ok());
    }
  }
}

// What clients were told against what is written.
void AuditTold(const World& world, Book& book) {
  std::map<std::string, std::vector<std::pair<Slice, int64_t>>> by_id;
  for (const auto& [slice, list] : book.entries) {
    for (const Entry& entry : list) {
      if (entry.cause().has_request())
        by_id[entry.cause().request().id()].emplace_back(slice, entry.seq());
    }
  }
  for (const auto& [id, places] : by_id) {
    if (places.size() > 1) book.Wrong("command {} took effect {} times", id, places.size());
  }
  for (const auto& told : world.told()) {
    if (!told->settled()) {
      book.Wrong("command {} {} was never answered", told->id, told->name);
      continue;
    }
    const bool written = by_id.count(told->id) != 0;
    if (!told->status->ok()) {
      if (written)
        book.Wrong("command {} {} was refused ({}) and yet took effect", told->id, told->name,
                   told->status->ToString());
      continue;
    }
    if (told->receipt.unchanged()) continue;
    if (!written) {
      book.Wrong("command {} {} was told Ok and is in no entry", told->id, told->name);
      continue;
    }
    const auto& [slice, seq] = by_id[told->id].front();
    if (slice.service != told->service || slice.partition != told->receipt.partition() ||
        seq != told->receipt.seq()) {
      book.Wrong("command {} was told seq {} and stands at seq {}", told->id, told->receipt.seq(),
                 seq);
    }
    if (told->later)
      book.Wrong("command {} was told Ok, and when it came again: {}", told->id,
                 told->later->ToString());
  }
}

// Each upstream entry causes at most one entry here, in order, and all are taken in the end.
void AuditCauses(Book& book) {
  for (const auto& [slice, list] : book.entries) {
    std::map<Slice, int64_t> last;
    std::map<Slice, int64_t> cursors;
    for (const Entry& entry : list) {
      for (const auto& cursor : entry.cursors()) {
        auto& before = cursors[{cursor.service(), cursor.partition()}];
        if (cursor.seq() <= before) {
          book.Wrong("{} goes back in {}/{} from seq {} to {}", journal::ToString(slice),
                     cursor.service(), cursor.partition(), before, cursor.seq());
        }
        before = cursor.seq();
      }
      if (entry.has_parked())
        book.Wrong("{} parked at seq {}: {}", journal::ToString(slice), entry.seq(),
                   entry.parked().reason());
      if (entry.cause().has_due() && entry.changes_size() == 0 && !entry.has_parked())
        book.Wrong("{} seq {}: the timer of {} fired and moved nothing", journal::ToString(slice),
                   entry.seq(), entry.cause().due().stream());
      if (!entry.cause().has_upstream()) continue;
      const auto& position = entry.cause().upstream();
      auto& before = last[{position.service(), position.partition()}];
      if (position.seq() <= before) {
        book.Wrong("{} took {}/{} seq {} after seq {}", journal::ToString(slice),
                   position.service(), position.partition(), position.seq(), before);
      }
      before = position.seq();
    }
  }
}

template <class Key>
void Once(Book& book, std::set<Key>& seen, Key key, const std::string& what) {
  if (!seen.insert(key).second) book.Wrong("{} happened twice", what);
}

// The laws of the city itself.
void AuditCity(Book& book) {
  std::set<std::string> numbers, filed, promised, taken, opened, closed, voided, scored, exempted,
      joined_asked;
  std::set<std::string> deadlines;
  book.ForEach<intake::v1::Event>(
      "intake", [&](const Entry& entry, const std::string& stream, const intake::v1::Event& event) {
        if (event.has_report_received())
          Once(book, numbers, event.report_received().number(),
               "number " + event.report_received().number());
        if (event.has_case_filed()) {
          Once(book, numbers, event.case_filed().number(), "number " + event.case_filed().number());
          Once(book, filed, stream, "filing of " + stream);
          if (entry.actor().axis() == common::v1::AXIS_DISPOSAL)
            book.Wrong("{} was filed by a department", stream);
        }
        if (event.has_report_filed())
          Once(book, promised, event.report_filed().case_id(),
               "filing promise of " + event.report_filed().case_id());
        if (event.has_case_closed()) Once(book, closed, stream, "close of " + stream);
        if (event.has_case_voided()) Once(book, voided, stream, "void of " + stream);
      });
  book.ForEach<dispatch::v1::Event>(
      "dispatch", [&](const Entry&, const std::string& stream, const dispatch::v1::Event& event) {
        if (event.has_case_taken()) Once(book, taken, stream, "taking of " + stream);
        if (event.has_deadline_passed()) {
          Once(book, deadlines, fmt::format("{} {}", stream, event.deadline_passed().deadline_us()),
               "deadline of " + stream);
        }
      });
  book.ForEach<handling::v1::Event>(
      "handling", [&](const Entry&, const std::string& stream, const handling::v1::Event& event) {
        if (event.has_work_opened()) Once(book, opened, stream, "opening of " + stream);
      });
  book.ForEach<assessment::v1::Event>("assessment", [&](const Entry&, const std::string& stream,
                                                        const assessment::v1::Event& event) {
    if (event.has_case_scored()) Once(book, scored, stream, "score of " + stream);
    if (event.has_case_exempted()) Once(book, exempted, stream, "exemption of " + stream);
  });
  if (filed != promised)
    book.Wrong("{} cases were filed and {} promised by their reports", filed.size(),
               promised.size());
  if (filed != taken)
    book.Wrong("{} cases were filed and {} taken by dispatch", filed.size(), taken.size());
  if (closed != scored)
    book.Wrong("{} cases were closed and {} scored", closed.size(), scored.size());
  if (voided != exempted)
    book.Wrong("{} cases were voided and {} exempted", voided.size(), exempted.size());
}

// Every Sealed at any depth.
void FindSealed(const google::protobuf::Message& message,
                const std::function<void(const common::v1::Sealed&)>& found) {
  std::vector<const google::protobuf::Message*> open = {&message};
  while (!open.empty()) {
    const auto& next = *open.back();
    open.pop_back();
    if (next.GetDescriptor() == common::v1::Sealed::descriptor()) {
      found(static_cast<const common::v1::Sealed&>(next));
      continue;
    }
    const auto& reflection = *next.GetReflection();
    std::vector<const google::protobuf::FieldDescriptor*> fields;
    reflection.ListFields(next, &fields);
    for (const auto* field : fields) {
      if (!field->message_type()) continue;
      if (!field->is_repeated()) {
        open.push_back(&reflection.GetMessage(next, field));
        continue;
      }
      for (int i = 0; i < reflection.FieldSize(next, field); ++i)
        open.push_back(&reflection.GetRepeatedMessage(next, field, i));
    }
  }
}

// A key that is lost is personal data lost.
void AuditSealed(World& world, Book& book) {
  for (const auto& definition : world.definitions()) {
    book.ForEach(definition, [&](const Slice& slice, const rules::Fact<rules::Message>& fact, int) {
      FindSealed(fact.event, [&](const common::v1::Sealed& sealed) {
        const auto clear = world.vault().Open(sealed);
        if (!clear.ok()) {
          book.Wrong("{} seq {} cannot be unsealed: {}", journal::ToString(slice), fact.seq,
                     clear.status().ToString());
        } else if (clear->find(kPersonalWords) == std::string::npos) {
          book.Wrong("{} seq {} unseals to other words", journal::ToString(slice), fact.seq);
        }
      });
    });
  }
}

// One message to the world: what the journal asks for and says of it, and how often it came.
struct Message {
  std::string to, text_key;
  int failed = 0;
  std::vector<Delivery::Outcome> ends;
  const SimOutlet::Attempt* arrived = nullptr;  // the last attempt that did
  bool told_ok = false;
};

std::map<std::string, Message> MessagesOf(const World& world, const Book& book) {
  std::map<std::string, Message> messages;
  const auto id_of = [&](const Slice& slice, int64_t seq, int index) {
    return fmt::format("{}/{}/{}/{}/{}", world.city().name, slice.service, slice.partition, seq,
                       index);
  };
  for (const auto& definition : world.definitions()) {
    if (!definition.notify) continue;
    book.ForEach(definition,
                 [&](const Slice& slice, const rules::Fact<rules::Message>& fact, int index) {
                   int part = 0;
                   for (const auto& notice : definition.notify(fact)) {
                     auto& message = messages[id_of(slice, fact.seq, index * 16 + part++)];
                     message.to = notice.to;
                     message.text_key = notice.text_key;
                   }
                 });
  }
  for (const auto& [slice, list] : book.entries) {
    for (const Entry& entry : list) {
      for (const auto& delivery : entry.deliveries()) {
        auto& message = messages[id_of(slice, delivery.seq(), delivery.index())];
        if (delivery.outcome() == Delivery::OUTCOME_FAILED) {
          ++message.failed;
        } else {
          message.ends.push_back(delivery.outcome());
        }
      }
    }
  }
  return messages;
}

void AuditMessages(World& world, Book& book) {
  auto messages = MessagesOf(world, book);
  for (const auto& attempt : world.outlet().attempts()) {
    const auto found = messages.find(attempt.id);
    if (found == messages.end() || found->second.to != attempt.to ||
        found->second.text_key != attempt.text_key) {
      book.Wrong("the outlet was given {} to {} as {}, which no entry asks for", attempt.text_key,
                 attempt.to, attempt.id);
      continue;
    }
    auto& message = found->second;
    message.told_ok |= attempt.told_ok;
    if (!attempt.arrived) continue;
    if (message.arrived && message.arrived->told_ok && message.arrived->moment == attempt.moment)
      book.Wrong("message {} was sent twice, and nothing was in doubt", attempt.id);
    message.arrived = &attempt;
  }
  for (const auto& [id, message] : messages) {
    if (message.to.empty()) book.Wrong("a delivery of {} is written, which no entry asks for", id);
    if (message.ends.size() != 1) {
      book.Wrong("message {} was settled {} times", id, message.ends.size());
    } else if (message.ends[0] == Delivery::OUTCOME_SENT && !message.told_ok) {
      book.Wrong("message {} is written down as sent, and the outlet never said so", id);
    } else if (message.ends[0] == Delivery::OUTCOME_GIVEN_UP && message.failed != 7) {
      book.Wrong("message {} was given up after {} failures and not 8", id, message.failed + 1);
    }
  }
  for (const auto& host : world.hosts()) {
    for (const auto& service : host->host->services()) {
      runtime::kOutbox.Scan(host->host->RowsOf(service), "",
                            [&](std::string_view, runtime::rows::PendingNotice&& notice) {
                              book.Wrong("{} still waits to tell {} {} at {}", service, notice.to(),
                                         notice.text_key(), host->address);
                              return true;
                            });
    }
  }
}

void AuditViews(World& world, Book& book) {
  for (const auto& [service, digest] : RebuiltDigests(world)) {
    for (const auto& host : world.hosts()) {
      if (host->host->Digest(service) != digest)
        book.Wrong("the views of {} at {} differ from a rebuild's", service, host->address);
    }
  }
}

}  // namespace

std::vector<std::string> Audit(World& world) {
  Book book;
  ReadBook(world, book);
  AuditTold(world, book);
  AuditCauses(book);
  AuditCity(book);
  AuditSealed(world, book);
  AuditMessages(world, book);
  AuditViews(world, book);
  return std::move(book.wrong);
}

std::string JournalDigest(const World& world) {
  std::string all;
  for (const auto& definition : world.definitions()) {
    for (int p = 0; p < world.city().partitions; ++p) {
      CHECK(world.journal()
                .Read({definition.name, p}, 0,
                      [&](int64_t, std::string_view bytes) {
                        all.append(base::Sha256(bytes));
                        return true;
                      })
                .ok());
    }
  }
  return base::Hex(base::Sha256(all));
}

}  // namespace wanmi::sim
