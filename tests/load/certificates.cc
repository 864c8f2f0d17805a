#include "tests/load/certificates.h"

#include <stdlib.h>

#include "testkit/certificates.h"

namespace wanmi::demo {

base::Result<server::TlsFiles> MakeCertificates(const std::string& folder) {
  ASSIGN_OR_RETURN(const auto authority, testkit::Authority::Make(folder, "ca"));
  return authority.Issue("tls", "subjectAltName=DNS:localhost,IP:127.0.0.1");
}

void TellCommands(const server::TlsFiles& files) {
  ::setenv("WANMI_CA", files.ca.c_str(), 1);
  ::setenv("WANMI_CERT", files.certificate.c_str(), 1);
  ::setenv("WANMI_KEY", files.key.c_str(), 1);
}

}  // namespace wanmi::demo
