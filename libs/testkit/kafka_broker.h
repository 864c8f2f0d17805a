// KafkaBrokers: one or three real brokers on loopback, for tests that kill them.
//
// They are children of whoever starts them (the JVM itself, so that SIGKILL hits it), keep their
// files in a folder of their own and end with the thread that started them. The jars come from
// scripts/kafka-jars. For one thread.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"

namespace wanmi::testkit {

class KafkaBrokers {
 public:
  // Waits until topics can be made. `folder` must not be there yet, and is removed at the end.
  static base::Result<std::unique_ptr<KafkaBrokers>> Start(int count, const std::string& folder);
  ~KafkaBrokers();

  const std::string& bootstrap() const { return bootstrap_; }
  int count() const { return static_cast<int>(brokers_.size()); }

  // By index from 0; broker i has the id i + 1.
  void Kill(int broker);
  void Pause(int broker);   // SIGSTOP
  void Resume(int broker);  // SIGCONT
  // Starts one that was killed; Await() says when it serves.
  base::Status Restart(int broker);
  // Until topics can be made on all that there are.
  base::Status Await();

 private:
  struct Broker {
    int port = 0;
    int controller_port = 0;
    pid_t pid = 0;
  };

  KafkaBrokers() = default;
  std::string Properties(int broker) const;
  std::string PropertiesFile(int broker) const;
  base::Status Format();

  std::string folder_, bootstrap_;
  std::vector<Broker> brokers_;
  int probes_ = 0;
};

}  // namespace wanmi::testkit
