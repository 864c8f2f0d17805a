// Replicas: hosts that share a journal, each with one toy service, for tests in one thread.
#pragma once

#include <gtest/gtest.h>

#include "runtime/host.h"
#include "runtime/toy/toy.h"
#include "runtime/toy_request.h"

namespace wanmi::runtime {

class Told final : public Ownership {  // what a group would say
 public:
  Assigned Now() const override { return assigned; }
  void SetWilling(bool willing) override { is_willing = willing; }
  void Say(std::set<int> partitions) {
    ++assigned.look;
    assigned.partitions = std::move(partitions);
  }
  Assigned assigned;
  bool is_willing = false;
};

// A process with one service, that reads the other's journal.
struct Replica {
  Replica(const std::string& name, rules::Definition definition, journal::Journal& journal,
          const base::Clock& clock, HostOptions options = {}, int incarnation = 1) {
    options.instance = name;
    options.address = name + ":7400";
    options.ownership = &told;
    if (!options.open_store) {
      options.open_store = [](const rules::Definition&) {
        return base::Result<std::unique_ptr<store::Store>>(std::make_unique<store::MemoryStore>());
      };
    }
    std::vector<rules::Definition> definitions;
    service = definition.name;
    definitions.push_back(std::move(definition));
    host = std::make_unique<Host>(City{"toy", "journal-1", 4, incarnation}, std::move(definitions),
                                  journal, clock, std::move(options));
    const auto opened = host->Open();
    EXPECT_TRUE(opened.ok()) << opened.ToString();
  }
  // What was answered, once it is; `id` is the command's.
  std::shared_ptr<std::optional<base::Status>> Send(const std::string& stream, int64_t amount,
                                                    const std::string& id) const {
    Request request = AddTo(stream, amount, id);
    auto answer = std::make_shared<std::optional<base::Status>>();
    request.answer = [answer](base::Result<common::v1::Receipt> result) {
      *answer = result.status();
    };
    if (const auto offered = host->Offer(service, std::move(request)); !offered.ok())
      *answer = offered;
    return answer;
  }
  int64_t Total(const std::string& stream) const {
    return toy::kTotals.Get(host->RowsOf(service), stream).value_or(toy::Row()).total();
  }
  std::string service;
  Told told;
  std::unique_ptr<Host> host;
};

}  // namespace wanmi::runtime
