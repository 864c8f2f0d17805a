// Authority: certificates for tests, made by openssl in a folder of the test.
#pragma once

#include <string>

#include "base/status.h"
#include "server/peers.h"

namespace wanmi::testkit {

class Authority {
 public:
  // `folder` is made. FAILED_PRECONDITION, also of Issue(): openssl did not; see its log there.
  static base::Result<Authority> Make(const std::string& folder, const std::string& name);
  // For whom it is and what for, as lines of openssl: "subjectAltName=DNS:localhost".
  base::Result<server::TlsFiles> Issue(const std::string& name,
                                       const std::string& extensions) const;

 private:
  Authority(std::string folder, std::string name)
      : folder_(std::move(folder)), name_(std::move(name)) {}
  base::Status Run(const std::string& commands) const;

  std::string folder_, name_;
};

}  // namespace wanmi::testkit
