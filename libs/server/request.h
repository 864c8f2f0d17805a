// Request: what the bytes of a client's command become before they wait for their decision: parsed,
// prepared by the service's api (sealed, located), digested. Safe from any thread.
#pragma once

#include <google/protobuf/descriptor.h>

#include <functional>
#include <string>

#include "runtime/host.h"
#include "vault/vault.h"

namespace wanmi::server {

// The kind of the service's commands whose message this is; null if it is none, and so a query.
const google::protobuf::FieldDescriptor* KindOf(const rules::Definition& definition,
                                                const google::protobuf::Descriptor* message);

// What the bytes of a command are about. INVALID_ARGUMENT as of MakeRequest().
base::Result<std::string> StreamOf(const rules::Definition& definition,
                                   const google::protobuf::FieldDescriptor* kind,
                                   const std::string& bytes);

// Who asks; called once the command is known to be one that can be taken.
using WhoAsks = std::function<base::Result<common::v1::Actor>()>;

// RESOURCE_EXHAUSTED if its partition has no room; INVALID_ARGUMENT if the bytes are no such
// command, or it names no id or nothing it is about; also all that the service's Prepare says. What
// it asks of others it asks on `behalf` of the client. The caller adds the answer.
base::Result<runtime::Request> MakeRequest(const runtime::Host& host, vault::Vault& vault,
                                           const rules::Definition& definition,
                                           const google::protobuf::FieldDescriptor* kind,
                                           const std::string& bytes, const WhoAsks& actor,
                                           const runtime::Behalf& behalf = {});

}  // namespace wanmi::server
