// tail.cc: `wanmi tail` follows the entries of all services, or of one, as they are appended.
#include <algorithm>
#include <iostream>
#include <map>
#include <thread>

#include "services/cli/commands.h"
#include "services/cli/each.h"
#include "services/cli/timeline.h"

namespace wanmi::cli {
namespace {

constexpr std::chrono::milliseconds kPeriod{200};

struct Words {
  std::string service;
  int64_t from_seq = -1;  // -1 = from where it is now, or all with `once`
  bool once = false;
};

struct Line {
  int64_t at_us;
  std::string service;
  int partition;
  int64_t seq;
  std::string text;
};

class Follower {
 public:
  Follower(const Words& words, Session& session) : words_(words), session_(session) {}

  base::Status Follow() {
    ASSIGN_OR_RETURN(auto each, Each::Of(session_));
    while (true) {
      RETURN_IF_ERROR(Look(each));
      if (words_.once) return {};
      std::this_thread::sleep_for(kPeriod);
    }
  }

 private:
  // Prints what is new in all slices, by recorded time.
  base::Status Look(Each& each) {
    std::vector<Line> lines;
    bool known = words_.service.empty();
    const auto look = [&](const std::string& service) -> base::Status {
      operations::v1::CityView city;
      RETURN_IF_ERROR(session_.Operate(service, "GetCity", operations::v1::GetCity(), &city));
      for (const auto& slice : city.slices()) {
        if (!words_.service.empty() && slice.service() != words_.service) continue;
        if (!each.Speaks(service, slice.service())) continue;
        known = true;
        const std::pair key(slice.service(), slice.partition());
        auto place = after_.find(key);
        if (place == after_.end()) place = after_.emplace(key, Start(slice)).first;
        RETURN_IF_ERROR(Read(service, slice, &place->second, &lines));
      }
      return {};
    };
    const base::Status asked = each.Names(words_.service) ? look(words_.service) : each.Ask(look);
    std::stable_sort(lines.begin(), lines.end(),
                     [](const Line& a, const Line& b) { return a.at_us < b.at_us; });
    for (const auto& line : lines) std::cout << line.text;
    std::cout.flush();
    if (asked.ok() && !known) return base::NotFound("no service {} is served here", words_.service);
    return asked;
  }

  int64_t Start(const operations::v1::SliceView& slice) const {
    if (words_.from_seq >= 0) return std::max<int64_t>(words_.from_seq - 1, 0);
    return words_.once ? 0 : slice.seq();
  }

  // `told_by`: the service that is asked.
  base::Status Read(const std::string& told_by, const operations::v1::SliceView& slice,
                    int64_t* after, std::vector<Line>* lines) {
    while (*after < slice.seq()) {
      operations::v1::ReadEntries read;
      read.set_service(slice.service());
      read.set_partition(slice.partition());
      read.set_after_seq(*after);
      read.set_most(500);
      operations::v1::EntryPage page;
      RETURN_IF_ERROR(session_.Operate(told_by, "ReadEntries", read, &page));
      if (page.entries().empty()) return {};
      for (const auto& bytes : page.entries()) {
        journal::v1::Entry entry;
        if (!entry.ParseFromString(bytes)) {
          return base::DataLoss("{}/{} has bytes after {} that are no entry", slice.service(),
                                slice.partition(), *after);
        }
        *after = entry.seq();
        lines->push_back({entry.at_us(), slice.service(), slice.partition(), entry.seq(),
                          session_.options.json
                              ? JsonOf(entry) + "\n"
                              : TailText(slice.service(), slice.partition(), entry)});
      }
    }
    return {};
  }

  const Words& words_;
  Session& session_;
  std::map<std::pair<std::string, int>, int64_t> after_;  // seq taken last, by slice
};

}  // namespace

void AddTail(const Program& program) {
  auto words = std::make_shared<Words>();
  CLI::App* command = program.Add("tail", "follow the entries as they are appended");
  command->add_option("service", words->service, "one service; all if left out");
  command->add_option("--from-seq", words->from_seq, "begin at this seq of each slice");
  command->add_flag("--once", words->once, "stop at the end; begins at the first entry");
  program.Run(command,
              [words, session = program.session] { return Follower(*words, *session).Follow(); });
}

}  // namespace wanmi::cli
