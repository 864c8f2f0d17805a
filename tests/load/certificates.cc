#include "tests/load/certificates.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "tests/load/process.h"

namespace wanmi::demo {
namespace {

constexpr char kScript[] = R"(set -e
new="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
openssl req -x509 $new -days 1 -subj /CN=wanmi-ca -keyout ca.key -out ca.crt
openssl req $new -subj /CN=wanmi -keyout tls.key -out tls.csr
echo subjectAltName=DNS:localhost,IP:127.0.0.1 >names
openssl x509 -req -days 1 -in tls.csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile names -out tls.crt
)";

}  // namespace

base::Result<server::TlsFiles> MakeCertificates(const std::string& folder) {
  std::filesystem::create_directories(folder);
  const std::string log = folder + "/openssl.log";
  ASSIGN_OR_RETURN(const int code, Run({"/bin/sh", "-c", "cd " + folder + "\n" + kScript}, log));
  if (code != 0)
    return base::FailedPrecondition("openssl made no certificates (code {}); see {}", code, log);
  return server::TlsFiles{folder + "/ca.crt", folder + "/tls.crt", folder + "/tls.key"};
}

void TellCommands(const server::TlsFiles& files) {
  ::setenv("WANMI_CA", files.ca.c_str(), 1);
  ::setenv("WANMI_CERT", files.certificate.c_str(), 1);
  ::setenv("WANMI_KEY", files.key.c_str(), 1);
}

}  // namespace wanmi::demo
