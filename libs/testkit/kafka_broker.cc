#include "testkit/kafka_broker.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "kafka/client.h"
#include "testkit/free_port.h"

namespace wanmi::testkit {
namespace {

constexpr std::chrono::seconds kStartLimit{60};
constexpr char kJars[] = WANMI_SOURCE_DIR "/build/kafka/libs";
constexpr char kClusterId[] = "4L6g3nShT-eMCtK--X86sw";  // any 16 bytes, as Kafka writes them

// A JVM with Kafka's classes; its output goes to `log`. It ends with the calling thread.
base::Result<pid_t> ForkJava(const std::vector<std::string>& words, const std::string& log) {
  std::vector<std::string> command = {"java",
                                      "-Xms256m",
                                      "-Xmx256m",
                                      "-XX:+UseSerialGC",
                                      "-XX:TieredStopAtLevel=1",
                                      "-cp",
                                      std::string(kJars) + "/*"};
  command.insert(command.end(), words.begin(), words.end());
  std::vector<char*> arguments;
  for (auto& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) return base::Unavailable("no process can be made");
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    const int in = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (out < 0 || in < 0 || ::dup2(in, 0) < 0 || ::dup2(out, 1) < 0 || ::dup2(out, 2) < 0)
      ::_exit(126);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  return pid;
}

// Whether the next broker can be lost, too.
base::Status AllInSync(rd_kafka_t* handle) {
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto error = rd_kafka_metadata(handle, 1, nullptr, &metadata, 2'000);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return base::Unavailable("{}", rd_kafka_err2str(error));
  const std::unique_ptr<const rd_kafka_metadata_t, decltype(&rd_kafka_metadata_destroy)> owned(
      metadata, &rd_kafka_metadata_destroy);
  for (int t = 0; t < metadata->topic_cnt; ++t) {
    const auto& topic = metadata->topics[t];
    for (int p = 0; p < topic.partition_cnt; ++p) {
      const auto& partition = topic.partitions[p];
      if (partition.isr_cnt < partition.replica_cnt)
        return base::Unavailable("expected {} replicas of {}/{} in sync, found {}",
                                 partition.replica_cnt, topic.topic, partition.id,
                                 partition.isr_cnt);
    }
  }
  return {};
}

}  // namespace

KafkaBrokers::KafkaBrokers() : parent_([this](const std::stop_token& stop) { Parent(stop); }) {}

void KafkaBrokers::Parent(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return birth_ != nullptr; })) {
    birth_();
    birth_ = nullptr;
    changed_.notify_all();
  }
}

base::Result<pid_t> KafkaBrokers::Java(const std::vector<std::string>& words,
                                       const std::string& log) {
  base::Result<pid_t> made = base::Internal("not made");
  std::unique_lock lock(mutex_);
  birth_ = [&] { made = ForkJava(words, log); };
  changed_.notify_all();
  changed_.wait(lock, [this] { return birth_ == nullptr; });
  return made;
}

base::Result<std::unique_ptr<KafkaBrokers>> KafkaBrokers::Start(int count,
                                                                const std::string& folder) {
  if (!std::filesystem::exists(std::string(kJars) + "/.complete"))
    return base::FailedPrecondition("expected Kafka's jars in {}; run scripts/kafka-jars", kJars);
  if (std::filesystem::exists(folder))
    return base::AlreadyExists("expected no folder {}, found one; remove it", folder);
  std::filesystem::create_directories(folder);
  std::unique_ptr<KafkaBrokers> made(new KafkaBrokers);
  made->folder_ = folder;
  ASSIGN_OR_RETURN(const auto ports, FreePorts(2 * static_cast<size_t>(count)));
  for (int i = 0; i < count; ++i) {
    made->brokers_.push_back({ports[2 * i], ports[2 * i + 1], 0});
    made->bootstrap_ += fmt::format("{}127.0.0.1:{}", i > 0 ? "," : "", ports[2 * i]);
  }
  RETURN_IF_ERROR(made->Format());
  for (int i = 0; i < count; ++i) RETURN_IF_ERROR(made->Restart(i));
  RETURN_IF_ERROR(made->Await());
  return made;
}

KafkaBrokers::~KafkaBrokers() {
  // In order they would wait for each other; nobody needs their files any more.
  for (int i = 0; i < count(); ++i) Kill(i);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string KafkaBrokers::PropertiesFile(int broker) const {
  return fmt::format("{}/broker-{}.properties", folder_, broker + 1);
}

std::string KafkaBrokers::Properties(int broker) const {
  std::string voters;
  for (int i = 0; i < count(); ++i) {
    voters +=
        fmt::format("{}{}@127.0.0.1:{}", i > 0 ? "," : "", i + 1, brokers_[i].controller_port);
  }
  const auto& [port, controller_port, pid] = brokers_[broker];
  const int replication = std::min(3, count()), in_sync = std::max(1, replication - 1);
  return fmt::format(
      "process.roles=broker,controller\n"
      "node.id={0}\n"
      "controller.quorum.voters={1}\n"
      "listeners=PLAINTEXT://127.0.0.1:{2},CONTROLLER://127.0.0.1:{3}\n"
      "advertised.listeners=PLAINTEXT://127.0.0.1:{2}\n"
      "controller.listener.names=CONTROLLER\n"
      "inter.broker.listener.name=PLAINTEXT\n"
      "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT\n"
      "log.dirs={4}/broker-{0}\n"
      "default.replication.factor={5}\n"
      "min.insync.replicas={6}\n"
      "offsets.topic.replication.factor={5}\n"
      "offsets.topic.num.partitions=1\n"
      "transaction.state.log.replication.factor={5}\n"
      "transaction.state.log.min.isr={6}\n"
      "transaction.state.log.num.partitions=1\n"
      "share.coordinator.state.topic.replication.factor={5}\n"
      "share.coordinator.state.topic.min.isr={6}\n"
      "group.initial.rebalance.delay.ms=0\n"
      "broker.session.timeout.ms=3000\n"
      "broker.heartbeat.interval.ms=500\n"
      "replica.lag.time.max.ms=3000\n"
      "controlled.shutdown.enable=false\n"
      "auto.create.topics.enable=false\n"
      // Files of a topic are 10 MiB each in advance otherwise.
      "log.index.size.max.bytes=65536\n",
      broker + 1, voters, port, controller_port, folder_, replication, in_sync);
}

base::Status KafkaBrokers::Format() {
  std::vector<pid_t> formatting;
  for (int i = 0; i < count(); ++i) {
    std::ofstream(PropertiesFile(i)) << Properties(i);
    ASSIGN_OR_RETURN(const pid_t pid, Java({"kafka.tools.StorageTool", "format", "-t", kClusterId,
                                            "-c", PropertiesFile(i), "--ignore-formatted"},
                                           fmt::format("{}/format-{}.log", folder_, i + 1)));
    formatting.push_back(pid);
  }
  bool good = true;
  for (const pid_t pid : formatting) {
    int state = 0;
    ::waitpid(pid, &state, 0);
    good = good && WIFEXITED(state) && WEXITSTATUS(state) == 0;
  }
  if (good) return {};
  return base::Unavailable(
      "the brokers' folders cannot be formatted; see {}/format-*.log (a Java "
      "of 17 or later is needed)",
      folder_);
}

void KafkaBrokers::Kill(int broker) {
  pid_t& pid = brokers_[broker].pid;
  if (pid == 0) return;
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  pid = 0;
}

void KafkaBrokers::Pause(int broker) {
  if (const pid_t pid = brokers_[broker].pid; pid != 0) ::kill(pid, SIGSTOP);
}
void KafkaBrokers::Resume(int broker) {
  if (const pid_t pid = brokers_[broker].pid; pid != 0) ::kill(pid, SIGCONT);
}

base::Status KafkaBrokers::Restart(int broker) {
  Kill(broker);
  ASSIGN_OR_RETURN(brokers_[broker].pid,
                   Java({"kafka.Kafka", PropertiesFile(broker)},
                        fmt::format("{}/broker-{}.log", folder_, broker + 1)));
  return {};
}

base::Status KafkaBrokers::Await() {
  const auto until = std::chrono::steady_clock::now() + kStartLimit;
  ASSIGN_OR_RETURN(const auto handle,
                   kafka::MakeHandle(RD_KAFKA_PRODUCER, {bootstrap_, {{"log_level", "0"}}}, {}));
  kafka::TopicPlan probe{"", 1, count(), {}};
  while (true) {
    probe.name = fmt::format("wanmi.probe.{}", ++probes_);
    auto made = kafka::CreateTopics(handle.get(), {probe}, std::chrono::seconds(2));
    if (made.ok()) made = AllInSync(handle.get());
    if (made.ok()) return {};
    RETURN_IF_ERROR(AllRun());
    if (std::chrono::steady_clock::now() > until) return made;
    // Refused at once while a broker is not there yet.
    ::usleep(50'000);
  }
}

base::Status KafkaBrokers::AllRun() {
  for (int i = 0; i < count(); ++i) {
    pid_t& pid = brokers_[i].pid;
    if (pid == 0 || ::waitpid(pid, nullptr, WNOHANG) != pid) continue;
    pid = 0;
    return base::Unavailable("broker {} ended; see {}/broker-{}.log", i + 1, folder_, i + 1);
  }
  return {};
}

}  // namespace wanmi::testkit
