#include "testkit/certificates.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace wanmi::testkit {
namespace {

constexpr char kNew[] = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

}  // namespace

base::Result<Authority> Authority::Make(const std::string& folder, const std::string& name) {
  std::filesystem::create_directories(folder);
  Authority authority(folder, name);
  RETURN_IF_ERROR(authority.Run(fmt::format(
      "openssl req -x509 {0} -days 2 -subj /CN={1} -keyout {1}.key -out {1}.crt", kNew, name)));
  return authority;
}

base::Result<server::TlsFiles> Authority::Issue(const std::string& name,
                                                const std::string& extensions) const {
  std::ofstream(folder_ + "/" + name + ".ext") << extensions << "\n";
  RETURN_IF_ERROR(Run(fmt::format(
      "openssl req {0} -subj /CN={1} -keyout {1}.key -out {1}.csr && "
      "openssl x509 -req -days 2 -in {1}.csr -CA {2}.crt -CAkey {2}.key -CAcreateserial "
      "-extfile {1}.ext -out {1}.crt",
      kNew, name, name_)));
  const std::string at = folder_ + "/";
  return server::TlsFiles{at + name_ + ".crt", at + name + ".crt", at + name + ".key"};
}

base::Status Authority::Run(const std::string& commands) const {
  const std::string script = "cd " + folder_ + " && exec >>openssl.log 2>&1 && " + commands;
  if (std::system(script.c_str()) == 0) return {};  // NOLINT: fixed commands of tests
  return base::FailedPrecondition("openssl made no certificates; see {}/openssl.log", folder_);
}

}  // namespace wanmi::testkit
