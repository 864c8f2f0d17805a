// Ports of loopback: of those that nobody listens on now, whoever comes next may get them too,
// which then says so.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <random>
#include <vector>

#include "base/status.h"

namespace wanmi::testkit {

// A socket bound to the port, or to one that the system chose if that is 0; and its port, 0 if it
// could not be had.
struct BoundSocket {
  int fd, port;
};
inline BoundSocket BindSocket(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  return {fd, bound ? ntohs(address.sin_port) : 0};
}

// So many, all different. UNAVAILABLE if there are not so many. The system gives none of them to
// who connects, as it does with those from 32,768 on: with a hundred processes on the machine one
// would soon be taken before its owner listens.
inline base::Result<std::vector<int>> FreePorts(size_t count) {
  std::random_device random;
  std::uniform_int_distribution<int> any(16'384, 32'767);
  std::vector<int> ports, sockets;
  for (int tries = 0; ports.size() < count && tries < 10'000; ++tries) {
    const BoundSocket bound = BindSocket(any(random));
    sockets.push_back(bound.fd);
    if (bound.port != 0) ports.push_back(bound.port);
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
  DeafPort() : socket_(BindSocket(0)) { ::listen(socket_.fd, 128); }
  ~DeafPort() { ::close(socket_.fd); }
  DeafPort(const DeafPort&) = delete;
  DeafPort& operator=(const DeafPort&) = delete;
  int port() const { return socket_.port; }

 private:
  const BoundSocket socket_;
};

}  // namespace wanmi::testkit
