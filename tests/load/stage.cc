#include "tests/load/stage.h"

#include <algorithm>
#include <cctype>

namespace wanmi::demo {
namespace {

// The same refusal of different things is one line: ids and numbers are left out.
std::string Shape(const std::string& text) {
  std::string shape;
  for (const char c : text) {
    if (std::isdigit(static_cast<unsigned char>(c)) == 0) {
      shape.push_back(c);
    } else if (shape.empty() || shape.back() != '#') {
      shape.push_back('#');
    }
  }
  std::string words;
  for (size_t begin = 0; begin < shape.size();) {
    const size_t end = std::min(shape.find(' ', begin), shape.size());
    const std::string word = shape.substr(begin, end - begin);
    words += (std::count(word.begin(), word.end(), '#') > 3 ? "…" : word) + " ";
    begin = end + 1;
  }
  return words;
}

}  // namespace

void Tally::Count(const std::string& what) {
  const std::lock_guard lock(mutex_);
  ++counts_[what];
}

std::map<std::string, int64_t> Tally::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

bool Stage::Act(const std::string& branch, const std::string& path, const Who& who,
                const google::protobuf::Message& command) {
  const auto receipt = client.Do(path, who, command);
  if (!receipt.ok()) {
    refusals.Count(path.substr(path.rfind('/') + 1) + ": " + Shape(receipt.status().ToString()));
    return false;
  }
  branches.Count(branch);
  ++acts;
  return true;
}

void Troupe::Play(int threads, std::chrono::milliseconds period) {
  {
    const std::lock_guard lock(mutex_);
    resting_ = false;
  }
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this, period] { Loop(period); });
}

void Troupe::Rest() {
  {
    const std::lock_guard lock(mutex_);
    resting_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

void Troupe::Loop(std::chrono::milliseconds period) {
  std::unique_lock lock(mutex_);
  while (!resting_) {
    Role* role = nullptr;
    for (auto& candidate : actors_) {
      if (!candidate.playing && (!role || candidate.next < role->next)) role = &candidate;
    }
    const auto now = std::chrono::steady_clock::now();
    if (!role || role->next > now) {
      changed_.wait_until(lock, role ? role->next : now + period);
      continue;
    }
    role->playing = true;
    lock.unlock();
    role->actor->Turn();
    lock.lock();
    role->playing = false;
    role->next = now + period;
  }
}

}  // namespace wanmi::demo
