#include "tests/load/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>

namespace wanmi::demo {
namespace {

constexpr std::chrono::seconds kStartLimit{60};
constexpr size_t kTailBytes = 600;

// In the child, between fork and exec: only calls that are safe there.
[[noreturn]] void Become(char* const* arguments, const char* log, int out, bool dies_with_us) {
  if (dies_with_us) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int err = ::open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
  const int in = ::open("/dev/null", O_RDONLY);
  if (err < 0 || in < 0 || ::dup2(in, 0) < 0 || ::dup2(err, 2) < 0 ||
      ::dup2(out < 0 ? err : out, 1) < 0)
    ::_exit(126);
  ::execv(arguments[0], arguments);
  ::_exit(127);
}

// stdout goes to `out`, or where stderr goes if that is -1.
base::Result<pid_t> Spawn(const std::vector<std::string>& command, const std::string& log, int out,
                          bool dies_with_us) {
  if (::access(command[0].c_str(), X_OK) != 0)
    return base::NotFound("{} is not there; build it first", command[0]);
  std::vector<char*> arguments;
  for (const auto& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) return base::Unavailable("no process can be made");
  if (pid == 0) Become(arguments.data(), log.c_str(), out, dies_with_us);
  return pid;
}

std::string TailOf(const std::string& file) {
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return text.size() > kTailBytes ? text.substr(text.size() - kTailBytes) : text;
}

int CodeOf(int state) { return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state); }

// The word behind `name=` in a line.
std::string Word(const std::string& line, const std::string& name) {
  const size_t at = line.find(name + "=");
  if (at == std::string::npos) return {};
  const size_t begin = at + name.size() + 1;
  return line.substr(begin, line.find_first_of(" \n", begin) - begin);
}

}  // namespace

base::Result<int> Run(const std::vector<std::string>& command, const std::string& log) {
  ASSIGN_OR_RETURN(const pid_t pid, Spawn(command, log, -1, true));
  int state = 0;
  ::waitpid(pid, &state, 0);
  return CodeOf(state);
}

Process::~Process() {
  if (pid_ != 0) {
    Kill();
    WaitForEnd();
  }
  if (out_ >= 0) ::close(out_);
}

base::Status Process::Start(const std::vector<std::string>& command, const std::string& log,
                            bool dies_with_us) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return base::Unavailable("no pipe can be had");
  const auto pid = Spawn(command, log, ends[1], dies_with_us);
  ::close(ends[1]);
  if (out_ >= 0) ::close(out_);
  out_ = ends[0];
  if (!pid.ok()) return pid.status();
  pid_ = *pid;
  return AwaitReady(log);
}

base::Status Process::AwaitReady(const std::string& log) {
  const auto limit = std::chrono::steady_clock::now() + kStartLimit;
  std::string said;
  while (said.find("ready ") == std::string::npos || said.back() != '\n') {
    pollfd wanted{out_, POLLIN, 0};
    char bytes[512];
    const bool some = ::poll(&wanted, 1, 500) > 0;
    const ssize_t count = some ? ::read(out_, bytes, sizeof(bytes)) : 0;
    if (count > 0) said.append(bytes, static_cast<size_t>(count));
    const bool ended = some && count <= 0;
    if (ended || std::chrono::steady_clock::now() > limit) {
      return base::Unavailable("expected the line `ready`, found none; {} ends with:\n{}", log,
                               TailOf(log));
    }
  }
  grpc_ = Word(said, "grpc");
  metrics_ = Word(said, "metrics");
  return {};
}

void Process::Kill() {
  if (const pid_t pid = pid_; pid != 0) ::kill(pid, SIGKILL);
}

int Process::WaitForEnd() {
  int state = 0;
  if (const pid_t pid = pid_.exchange(0); pid != 0) ::waitpid(pid, &state, 0);
  return CodeOf(state);
}

base::Status Process::Stop() {
  const pid_t pid = pid_;
  if (pid == 0) return {};
  ::kill(pid, SIGTERM);
  int state = 0;
  ::waitpid(pid, &state, 0);
  pid_ = 0;
  if (CodeOf(state) == 0) return {};
  return base::Internal("expected the city to end in order, found exit code {}", CodeOf(state));
}

}  // namespace wanmi::demo
