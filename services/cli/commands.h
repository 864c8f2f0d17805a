// The commands of `wanmi`, one function each. They print on stdout and return what went wrong.
#pragma once

#include <string>
#include <vector>

#include "services/cli/connection.h"

namespace wanmi::cli {

// import.cc
base::Status Import(const Connection& city, const std::string& folder, bool dry_run,
                    const std::string& run);

// act.cc
base::Status Act(const Connection& city, const std::string& method,
                 const std::vector<std::string>& fields, const std::string& json);
// Sets `field=value` (dots go into messages; a repeated field is added to) in a message.
base::Status SetField(google::protobuf::Message* message, const std::string& assignment);
base::Status List(const Connection& city, const std::string& what,
                  const std::vector<std::string>& fields, bool json);
// Cells in columns: each as wide as its widest, CJK characters counted as two.
std::string Table(const std::vector<std::vector<std::string>>& rows);

// show.cc
base::Status Show(const Connection& city, const std::string& id);
std::string LocalTime(int64_t us);  // in China, to the second

// operate.cc
base::Status ShowStatus(const Connection& city);
base::Status Tail(const Connection& city, const std::string& service, bool once);
base::Status Parked(const Connection& city);
base::Status Retry(const Connection& city, const std::string& place);
base::Status Verify(const Connection& city);
base::Status Digests(const Connection& city);
base::Status Forget(const Connection& city, const std::string& subject);

}  // namespace wanmi::cli
