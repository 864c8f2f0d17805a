// Client: calls a city as its users' devices do, and remembers what it was told.
//
// Every command has an id of its own and is sent again with that id while it is in doubt
// (UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED); now and then it is sent once more after its
// answer, as a device does that has lost it. Each final answer is kept: the audit compares them
// with the journal. Times are of the city clock, in microseconds. Safe from any thread.
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/status.h"
#include "server/peers.h"
#include "wanmi/common/v1/common.pb.h"

namespace wanmi::demo {

// A person acting in a post, with the device in hand.
struct Who {
  std::string person;
  std::string post;
  std::string device;
};

struct Answer {
  base::Status status;
  common::v1::Receipt receipt;  // if the status is Ok
};

// One command and its final answers, in order: one, or two where it was sent once more. The last
// one is in doubt if its status is retryable: then nobody was told anything.
struct Told {
  std::string service;  // "intake"
  std::string method;   // "FileCase"
  std::string id;
  std::vector<Answer> answers;
};

bool IsRetryable(base::Code code);

class Client {
 public:
  // Of `again` (0 … 1) of all commands the answer is "lost" and the command sent once more.
  Client(uint64_t seed, double again) : seed_(seed), again_(again) {}

  // From now on calls go to this address; those in doubt are sent there too. Sets the clock.
  base::Status Connect(const std::string& address, double rate, const server::TlsFiles& tls = {});

  // Lets go of the address: a server that ends in order waits for those who are connected.
  void Disconnect();

  // A query; `path` is "/wanmi.intake.v1.Intake/ListReports".
  base::Status Ask(const std::string& path, const Who& who,
                   const google::protobuf::Message& request, google::protobuf::Message* response);
  // A query of the process that serves this service.
  base::Status AskAt(const std::string& service, const std::string& path, const Who& who,
                     const google::protobuf::Message& request, google::protobuf::Message* response);
  // That have addresses of their own; "" = one address for all.
  std::vector<std::string> services() const;
  // A command, but for its `id`, which is made here.
  base::Result<common::v1::Receipt> Do(const std::string& path, const Who& who,
                                       const google::protobuf::Message& command);

  int64_t NowUs() const;
  double SecondsOf(int64_t city_us) const { return static_cast<double>(city_us) / 1e6 / rate_; }
  // Calls `strike` once, on the thread of the next command that is told Ok: the worst moment.
  void StrikeAtNextAnswer(std::function<void()> strike);

  std::vector<Told> Ledger() const;
  int64_t commands() const { return commands_; }
  int64_t sent_again() const { return sent_again_; }
  int64_t in_doubt() const { return in_doubt_; }  // calls whose answer did not come

 private:
  base::Status ReadClock();
  base::Status Call(const std::string& at, const std::string& path, const Who& who,
                    const google::protobuf::Message& request, google::protobuf::Message* response);
  base::Status CallUntilSure(const std::string& at, const std::string& path, const Who& who,
                             const google::protobuf::Message& request,
                             google::protobuf::Message* response);
  Answer Send(const std::string& path, const Who& who, const google::protobuf::Message& command);
  void StrikeIfAsked();

  const uint64_t seed_;
  const double again_;
  std::atomic<int64_t> commands_ = 0, sent_again_ = 0, in_doubt_ = 0;
  std::atomic<bool> strike_asked_ = false;

  mutable std::mutex mutex_;
  std::shared_ptr<server::Peers> peers_;               // mutex_
  std::vector<std::string> services_;                  // mutex_
  std::function<void()> strike_;                       // mutex_
  std::vector<Told> ledger_;                           // mutex_
  int64_t base_us_ = 0;                                // mutex_
  std::chrono::steady_clock::time_point base_steady_;  // mutex_
  double rate_ = 1;                                    // set by Connect, the same each time
};

}  // namespace wanmi::demo
