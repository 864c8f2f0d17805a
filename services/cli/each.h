// Each: an operators' question to every service that --address names, and whose word counts.
//
// Who cannot be asked is remembered and named at the end; the others are asked all the same. For
// one thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "services/cli/session.h"

namespace wanmi::cli {

// "intake at 10.0.0.7:7400"
std::string NameOf(const Process& process);

// Who did not answer, and why.
class Failures {
 public:
  void Note(const std::string& who, const base::Status& status);  // nothing, if it is OK
  // OK if nobody failed; else the code of the first, and each by name. `asked`: how many were.
  base::Status Outcome(size_t asked) const;

 private:
  std::vector<std::pair<std::string, base::Status>> failed_;
};

class Each {
 public:
  static base::Result<Each> Of(Session& session);

  // One address stands for all services: one answer, and nothing to say about who gave it.
  bool alone() const { return named_.size() == 1 && named_.front().empty(); }
  bool Names(const std::string& service) const;
  // Asks each; see Failures for what it returns.
  base::Status Ask(const std::function<base::Status(const std::string& service)>& ask) const;
  // Whether what `asked` says about `service` is to be taken: a service speaks for itself, and for
  // one that is not named (all fold directory and rulebook) the first that knows it.
  bool Speaks(const std::string& asked, const std::string& service);

 private:
  explicit Each(std::vector<std::string> named) : named_(std::move(named)) {}

  std::vector<std::string> named_;
  std::map<std::string, std::string> speaker_;  // of those that are not named
};

}  // namespace wanmi::cli
