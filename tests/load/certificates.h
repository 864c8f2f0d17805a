// Certificates of a city on loopback, made by openssl: an authority, and one certificate of it that
// all processes and clients show. For two days.
#pragma once

#include <string>

#include "base/status.h"
#include "server/peers.h"

namespace wanmi::demo {

// In `folder`, which is made.
base::Result<server::TlsFiles> MakeCertificates(const std::string& folder);
// For the `wanmi` that we start: it looks for them in its environment.
void TellCommands(const server::TlsFiles& files);

}  // namespace wanmi::demo
