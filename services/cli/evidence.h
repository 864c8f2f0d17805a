// A picture as evidence: the hash of a file, where and when it was taken.
#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"
#include "wanmi/common/v1/common.pb.h"

namespace wanmi::cli {

// NOT_FOUND if the file cannot be read. An empty `at` is a picture without a fix.
base::Result<common::v1::Evidence> PictureOf(const std::string& file, const std::string& at,
                                             int64_t taken_at_us, const std::string& device);

// Where to see the outcome of a command: "taken as intake/3/17 …".
std::string ReceiptText(const std::string& service, const common::v1::Receipt& receipt);

}  // namespace wanmi::cli
