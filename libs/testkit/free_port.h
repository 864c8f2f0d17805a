// Ports of loopback that nobody listens on now; whoever comes next may get them too, which then
// says so.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include "base/status.h"

namespace wanmi::testkit {

// So many, all different. UNAVAILABLE if there are not so many.
inline base::Result<std::vector<int>> FreePorts(size_t count) {
  std::vector<int> ports, sockets;
  while (ports.size() < count) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockets.push_back(fd);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      break;
    }
    ports.push_back(ntohs(address.sin_port));
  }
  for (const int fd : sockets) ::close(fd);
  if (ports.size() < count) return base::Unavailable("no free ports can be had on loopback");
  return ports;
}

// One of them. Throws if there is none.
inline int FreePort() { return FreePorts(1).value().front(); }

}  // namespace wanmi::testkit
