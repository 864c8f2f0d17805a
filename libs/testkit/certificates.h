// Authority: certificates for tests, made by openssl in a folder of the test.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "server/peers.h"

namespace wanmi::testkit {

class Authority {
 public:
  Authority(std::string folder, std::string name)
      : folder_(std::move(folder)), name_(std::move(name)) {
    std::filesystem::create_directories(folder_);
    Run("openssl req -x509 " + std::string(kNewKey) + " -days 2 -subj /CN=" + name_ + " -keyout " +
        name_ + ".key -out " + name_ + ".crt");
  }
  // For whom it is and what for, as lines of openssl: "subjectAltName=DNS:localhost".
  server::TlsFiles Issue(const std::string& name, const std::string& extensions) const {
    std::ofstream(folder_ + "/" + name + ".ext") << extensions << "\n";
    Run("openssl req " + std::string(kNewKey) + " -subj /CN=" + name + " -keyout " + name +
        ".key -out " + name + ".csr && openssl x509 -req -days 2 -in " + name + ".csr -CA " +
        name_ + ".crt -CAkey " + name_ + ".key -CAcreateserial -extfile " + name + ".ext -out " +
        name + ".crt");
    const std::string at = folder_ + "/";
    return {at + name_ + ".crt", at + name + ".crt", at + name + ".key"};
  }

 private:
  static constexpr const char* kNewKey = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

  void Run(const std::string& command) const {
    const std::string script = "cd " + folder_ + " && exec 2>/dev/null && " + command;
    EXPECT_EQ(std::system(script.c_str()), 0) << command;  // NOLINT: a fixed command of tests
  }

  const std::string folder_, name_;
};

}  // namespace wanmi::testkit
