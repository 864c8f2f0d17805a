// wanmi-test-broker: one or three real brokers on loopback for scripts and other programs' tests.
//
// Prints `ready bootstrap=ADDRESSES` once they serve; ends them at SIGTERM, SIGINT, or when its
// standard input is closed, whichever comes first.
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "testkit/kafka_broker.h"

namespace {

void WaitForTheEnd(const sigset_t& signals) {
  pollfd wanted[] = {{STDIN_FILENO, POLLIN, 0}, {::signalfd(-1, &signals, SFD_CLOEXEC), POLLIN, 0}};
  while (::poll(wanted, 2, -1) >= 0 && wanted[1].revents == 0) {
    char ignored[256];
    if (wanted[0].revents != 0 && ::read(STDIN_FILENO, ignored, sizeof(ignored)) <= 0) return;
  }
}

}  // namespace

int main(int argc, char** argv) {
  int count = 1;
  std::string folder = "build/kafka/brokers-" + std::to_string(::getpid());
  CLI::App app("real Kafka brokers on loopback, until standard input is closed");
  app.add_option("--brokers", count)->check(CLI::IsMember({1, 3}));
  app.add_option("--folder", folder, "of their files; must not be there, and is removed");
  CLI11_PARSE(app, argc, argv);
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGINT);
  // Blocked in every thread, and inherited by the brokers, which end by SIGKILL.
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  const auto brokers = wanmi::testkit::KafkaBrokers::Start(count, folder);
  if (!brokers.ok()) {
    std::cerr << brokers.status().ToString() << "\n";
    return 1;
  }
  std::cout << "ready bootstrap=" << (*brokers)->bootstrap() << std::endl;
  WaitForTheEnd(signals);
  return 0;
}
