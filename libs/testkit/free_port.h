// Ports of loopback: of those that nobody listens on now, whoever comes next may get them too,
// which then says so.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include "base/status.h"

namespace wanmi::testkit {

// A socket bound to a port that the system chose, and that port; 0 if there is none.
struct BoundSocket {
  int fd, port;
};
inline BoundSocket BindSocket() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  return {fd, bound ? ntohs(address.sin_port) : 0};
}

// So many, all different. UNAVAILABLE if there are not so many.
inline base::Result<std::vector<int>> FreePorts(size_t count) {
  std::vector<int> ports, sockets;
  while (ports.size() < count) {
    const BoundSocket bound = BindSocket();
    sockets.push_back(bound.fd);
    if (bound.port == 0) break;
    ports.push_back(bound.port);
  }
  for (const int fd : sockets) ::close(fd);
  if (ports.size() < count) return base::Unavailable("no free ports can be had on loopback");
  return ports;
}

// One of them. Throws if there is none.
inline int FreePort() { return FreePorts(1).value().front(); }

// Like a process that is stopped: connections are taken, and nothing is ever said on them.
class DeafPort {
 public:
  DeafPort() : socket_(BindSocket()) { ::listen(socket_.fd, 128); }
  ~DeafPort() { ::close(socket_.fd); }
  DeafPort(const DeafPort&) = delete;
  DeafPort& operator=(const DeafPort&) = delete;
  int port() const { return socket_.port; }

 private:
  const BoundSocket socket_;
};

}  // namespace wanmi::testkit
