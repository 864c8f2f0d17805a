// Pages: the page tokens of every query, which hold what the page before has seen.
//
// A query knows only where its rows go on. The desk puts the positions of the read around that,
// and takes them off again. Works on any request with a `page` and any response with a `next`;
// others are left as they are. Pure.
#pragma once

#include <google/protobuf/message.h>

#include <string>

#include "base/status.h"

namespace wanmi::server {

// Leaves the query's own token in the request and returns the token of positions to wait for; both
// are empty on a first page. INVALID_ARGUMENT if it is no token that WrapPage made.
base::Result<std::string> UnwrapPage(google::protobuf::Message* request);
// `seen`: a token of positions that the read was no older than.
void WrapPage(const std::string& seen, google::protobuf::Message* response);

}  // namespace wanmi::server
