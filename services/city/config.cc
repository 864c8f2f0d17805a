#include "services/city/config.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>

namespace wanmi::city {

base::Result<config::v1::CityConfig> ParseConfig(const std::string& json) {
  config::v1::CityConfig config;
  const auto parsed = google::protobuf::util::JsonStringToMessage(json, &config);
  if (!parsed.ok()) {
    return base::InvalidArgument("expected a CityConfig as JSON (proto/wanmi/config/v1): {}",
                                 std::string(parsed.message()));
  }
  const bool plain =
      !config.city().empty() && std::all_of(config.city().begin(), config.city().end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-';
      });
  if (!plain)
    return base::InvalidArgument("expected city to be letters, digits and '-', found '{}'",
                                 config.city());
  if (config.folder().empty())
    return base::InvalidArgument("expected folder, where the city's files lie");
  // 7400 is free of well-known services; loopback because there are no tokens yet.
  if (config.listen().empty()) config.set_listen("127.0.0.1:7400");
  // Eight partitions keep two to eight cores busy; a large city takes 24.
  if (config.partitions() == 0) config.set_partitions(8);
  if (config.partitions() < 1 || config.partitions() > 256) {
    return base::InvalidArgument("expected partitions of 1 to 256, found {}", config.partitions());
  }
  if (config.clock().rate() == 0) config.mutable_clock()->set_rate(1);
  if (config.clock().rate() < 0.01 || config.clock().rate() > 100'000) {
    return base::InvalidArgument("expected a clock rate of 0.01 to 100000, found {}",
                                 config.clock().rate());
  }
  if (config.master_key_file().empty()) config.set_master_key_file(config.folder() + "/master.key");
  // Room for one round of steps, for flushes of every store and for somebody to look around in.
  if (!config.has_keep_free_bytes()) config.set_keep_free_bytes(512 << 20);
  if (config.keep_free_bytes() < 0)
    return base::InvalidArgument("expected keepFreeBytes of 0 or more, found {}",
                                 config.keep_free_bytes());
  return config;
}

base::Result<config::v1::CityConfig> ReadConfig(const std::string& file) {
  std::ifstream in(file);
  if (!in) return base::NotFound("expected a configuration file, found none at {}", file);
  const std::string json{std::istreambuf_iterator<char>(in), {}};
  auto config = ParseConfig(json);
  if (!config.ok()) return config.status().With(file);
  return config;
}

}  // namespace wanmi::city
