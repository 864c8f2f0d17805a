#include "auditor.h"

#include <set>

#include "base/sha256.h"
#include "wanmi/assessment/v1/assessment.pb.h"
#include "wanmi/dispatch/v1/dispatch.pb.h"
#include "wanmi/handling/v1/handling.pb.h"
#include "wanmi/intake/v1/intake.pb.h"

namespace wanmi::sim {
namespace {

using journal::Slice;
using Entry = wanmi::journal::v1::Entry;

// All that the journal holds, read once.
struct Book {
  std::map<Slice, std::vector<Entry>> entries;
  std::vector<std::string> wrong;

  template <class... Args>
  void Wrong(fmt::format_string<Args...> format, Args&&... args) {
    wrong.push_back(fmt::format(format, std::forward<Args>(args)...));
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
  for (const auto& definition : SimDefinitions()) {
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
  }
}

// Each upstream entry causes at most one entry here, in order, and all are taken in the end.
void AuditCauses(World& world, Book& book) {
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
  if (const auto ready = world.host().Ready();
      ready.code() == base::Code::kUnavailable &&
      ready.message().find("not open") != std::string::npos) {
    book.Wrong("at the end {}", ready.message());
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

void AuditViews(World& world, Book& book) {
  for (const auto& [service, digest] : RebuiltDigests(world)) {
    if (world.host().Digest(service) != digest)
      book.Wrong("the views of {} differ from a rebuild's", service);
  }
}

}  // namespace

std::vector<std::string> Audit(World& world) {
  Book book;
  ReadBook(world, book);
  AuditTold(world, book);
  AuditCauses(world, book);
  AuditCity(book);
  AuditViews(world, book);
  return std::move(book.wrong);
}

std::string JournalDigest(const World& world) {
  std::string all;
  for (const auto& definition : SimDefinitions()) {
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
