#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/load/process.h"
#include "tests/load/town.h"

namespace wanmi::demo {
namespace {

class One final : public Town {
 public:
  One(std::string binaries, std::string folder, std::string mutant, bool keep)
      : binaries_(std::move(binaries)),
        folder_(std::move(folder)),
        mutant_(std::move(mutant)),
        keep_(keep) {}
  ~One() override {
    process_.Kill();
    process_.WaitForEnd();
  }

  base::Status Start(const std::string& start_at, double rate, bool as_shipped) override {
    const nlohmann::json config = {
        {"city", "weifang"},       {"folder", folder_ + "/city"},
        {"listen", "127.0.0.1:0"}, {"metricsListen", "127.0.0.1:0"},
        {"partitions", 8},         {"clock", {{"startAt", start_at}, {"rate", rate}}},
        {"reflection", true}};
    const std::string file = folder_ + "/config.json";
    std::ofstream(file) << config.dump(2) << "\n";
    broken_ = !as_shipped && !mutant_.empty();
    std::vector<std::string> command = {binaries_ + "/" + name(), "--config", file};
    if (broken_) command.insert(command.end(), {"--mutant", mutant_});
    return process_.Start(command, folder_ + "/city.log", !keep_);
  }
  base::Status Stop() override { return process_.Stop(); }
  std::string address() const override { return process_.grpc(); }
  std::string name() const override { return broken_ ? "wanmi-city-broken" : "wanmi-city"; }
  void Strike() override { process_.Kill(); }
  base::Status Recover(const std::string& start_at, double rate) override {
    process_.WaitForEnd();
    return Start(start_at, rate, false);
  }
  void Release() override { process_.Release(); }
  std::string metrics() const override {
    return fmt::format("metrics at http://{}/metrics, process {}", process_.metrics(),
                       static_cast<int>(process_.pid()));
  }

 private:
  const std::string binaries_, folder_, mutant_;
  const bool keep_;
  bool broken_ = false;
  Process process_;
};

}  // namespace

std::unique_ptr<Town> OneProcess(const std::string& binaries, const std::string& folder,
                                 const std::string& mutant, bool keep) {
  return std::make_unique<One>(binaries, folder, mutant, keep);
}

}  // namespace wanmi::demo
