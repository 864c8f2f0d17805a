// KafkaBrokers: one or three real brokers on loopback, for tests that kill them.
//
// They are children of this process (the JVM itself, so that SIGKILL hits it), keep their files in
// a folder of their own and end with this object, or with the process if it crashes. The jars come
// from scripts/kafka-jars. For one thread at a time.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
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
  // Until topics can be made on all that there are, and all replicas of all topics are in sync:
  // then one of them may be lost.
  base::Status Await();
  // Says which one ended though nobody killed it.
  base::Status AllRun();

 private:
  struct Broker {
    int port = 0;
    int controller_port = 0;
    pid_t pid = 0;
  };

  KafkaBrokers();
  void Parent(const std::stop_token& stop);
  base::Result<pid_t> Java(const std::vector<std::string>& words, const std::string& log);
  std::string Properties(int broker) const;
  std::string PropertiesFile(int broker) const;
  base::Status Format();

  std::string folder_, bootstrap_;
  std::vector<Broker> brokers_;
  int probes_ = 0;

  // A child that is to end with its parent ends with the *thread* that made it: this one lives as
  // long as they may.
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::function<void()> birth_;  // one that waits to be made
  std::jthread parent_;
};

}  // namespace wanmi::testkit
