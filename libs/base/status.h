// Status and Result: how everything in Wanmi says "no".
//
// Three kinds of trouble exist. A *rejection* (a rule said no) and an *operating error* (try again)
// are Status values with a canonical gRPC code; a *bug* is a failed CHECK (check.h). A message is a
// sentence for its reader: what was expected, what was found, what to do.
//
// Values, safe to copy and to use from any thread.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace wanmi::base {

// The numbers are gRPC's, so a code crosses the wire unchanged.
enum class Code : int {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

std::string_view CodeName(Code code);  // "FAILED_PRECONDITION"

class [[nodiscard]] Status {
 public:
  Status() = default;  // Ok
  Status(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const { return code_ == Code::kOk; }
  Code code() const { return code_; }
  const std::string& message() const { return message_; }

  // The same status with what was being done in front: "while importing grids.csv: …".
  Status With(std::string_view context) const;
  std::string ToString() const;

  friend bool operator==(const Status&, const Status&) = default;

 private:
  Code code_ = Code::kOk;
  std::string message_;
};

template <class T>
class [[nodiscard]] Result : public tl::expected<T, Status> {
 public:
  using tl::expected<T, Status>::expected;
  Result(Status status) : tl::expected<T, Status>(tl::unexpect, std::move(status)) {}  // NOLINT
  bool ok() const { return this->has_value(); }
  Status status() const { return ok() ? Status() : this->error(); }
};

template <class... Args>
Status Error(Code code, fmt::format_string<Args...> format, Args&&... args) {
  return Status(code, fmt::format(format, std::forward<Args>(args)...));
}

// One short name per canonical code that rules and the runtime use.
#define WANMI_STATUS(Name)                                            \
  template <class... Args>                                            \
  Status Name(fmt::format_string<Args...> format, Args&&... args) {   \
    return Error(Code::k##Name, format, std::forward<Args>(args)...); \
  }
WANMI_STATUS(InvalidArgument)
WANMI_STATUS(NotFound)
WANMI_STATUS(AlreadyExists)
WANMI_STATUS(PermissionDenied)
WANMI_STATUS(ResourceExhausted)
WANMI_STATUS(FailedPrecondition)
WANMI_STATUS(OutOfRange)
WANMI_STATUS(Unimplemented)
WANMI_STATUS(Internal)
WANMI_STATUS(Unavailable)
WANMI_STATUS(DeadlineExceeded)
WANMI_STATUS(DataLoss)
WANMI_STATUS(Unauthenticated)
#undef WANMI_STATUS

#define WANMI_CONCAT_(a, b) a##b
#define WANMI_CONCAT(a, b) WANMI_CONCAT_(a, b)

#define RETURN_IF_ERROR(expression)                             \
  do {                                                          \
    if (auto wanmi_status = (expression); !wanmi_status.ok()) { \
      return wanmi_status;                                      \
    }                                                           \
  } while (false)

// ASSIGN_OR_RETURN(auto place, Locate(point)); returns the error of Locate, if it has one.
#define ASSIGN_OR_RETURN(target, expression) \
  ASSIGN_OR_RETURN_(WANMI_CONCAT(wanmi_result_, __LINE__), target, expression)
#define ASSIGN_OR_RETURN_(result, target, expression) \
  auto result = (expression);                         \
  if (!result.ok()) return result.status();           \
  target = std::move(*result)

}  // namespace wanmi::base
