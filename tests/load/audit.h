// Audit: what clients were told, against every entry of every journal.
//
// *Lost*: told Ok and not there, or not where it was said to be; a case that reached nobody; a gap
// or a break in a chain. *Twice*: one command, one upstream entry, one number, one round of work or
// one deadline that had its effect more than once, also when a repeat was told something else than
// the first time, or a refused command stands in a journal. One thread.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "base/status.h"
#include "tests/load/client.h"
#include "wanmi/journal/v1/entry.pb.h"

namespace wanmi::demo {

class Audit {
 public:
  // Reads the journals of the city that `client` is connected to, as this operator.
  base::Status ReadJournals(Client& client, const Who& operator_post);
  void Compare(const std::vector<Told>& ledger);

  int64_t lost() const { return lost_; }
  int64_t twice() const { return twice_; }
  int64_t entries() const { return entries_; }
  int64_t without_effect() const { return without_effect_; }  // told Ok, with nothing to do
  int64_t unanswered() const { return unanswered_; }          // in doubt to the end
  const std::vector<std::string>& faults() const { return faults_; }
  // "intake.case_filed" → how many events.
  const std::map<std::string, int64_t>& events() const { return events_; }
  // By unit: deadlines that have passed.
  const std::map<std::string, int64_t>& deadlines_by_unit() const { return deadlines_by_unit_; }

 private:
  struct Place {
    std::string service;
    int partition;
    int64_t seq;
    auto operator<=>(const Place&) const = default;
  };
  std::string ToString(const Place& place) const;

  base::Status ReadSlice(Client& client, const Who& who, const std::string& service, int partition);
  void TakeEntry(const std::string& service, int partition, int64_t expected_seq,
                 const std::string& prev, const std::string& bytes);
  void TakeCause(const Place& place, const journal::v1::Cause& cause);
  void TakeEvent(const std::string& service, const std::string& stream, const std::string& bytes);
  void TakeIntake(const std::string& stream, const std::string& bytes);
  void TakeDispatch(const std::string& stream, const std::string& bytes);
  void TakeHandling(const std::string& bytes);
  void CompareLifecycle();
  void CompareOne(const Told& told);
  void CompareAnswer(const Told& told, const Answer& answer, bool was_ok,
                     const std::vector<Place>& places);
  bool MayHaveNoEffect(const Told& told, const common::v1::Receipt& receipt) const;
  void Lost(std::string what);
  void Twice(std::string what);

  int64_t lost_ = 0, twice_ = 0, entries_ = 0, without_effect_ = 0, unanswered_ = 0;
  std::vector<std::string> faults_;
  std::map<std::string, int64_t> events_, deadlines_by_unit_;
  std::map<std::string, std::vector<Place>> requests_;            // command id → entries
  std::map<Place, std::vector<std::string>> streams_;             // what an entry changed
  std::map<std::pair<Place, Place>, Place> upstreams_;            // (consumer, cause) → entry
  std::map<std::string, std::string> numbers_;                    // number → stream
  std::map<std::string, int64_t> filed_, reports_filed_, taken_;  // case → how often
  std::map<std::pair<std::string, int>, int64_t> rounds_;         // case, round → WorkOpened
  std::map<std::pair<std::string, int64_t>, int64_t> deadlines_;  // case, deadline → DeadlinePassed
};

}  // namespace wanmi::demo
