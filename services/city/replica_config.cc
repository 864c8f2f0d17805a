#include <google/protobuf/util/json_util.h>

#include <fstream>
#include <iterator>

#include "services/city/replica.h"

namespace wanmi::city {
namespace {

base::Status Check(const config::v1::ServiceConfig& config) {
  const std::pair<const char*, bool> wanted[] = {
      {"name, of the city", !config.name().empty()},
      {"journalId, made once for the city and the same for all processes",
       !config.journal_id().empty()},
      {"folder", !config.folder().empty()},
      {"listen", !config.listen().empty()},
      {"masterKeyFile", !config.master_key_file().empty()},
      {"kafka.bootstrapServers", !config.kafka().bootstrap_servers().empty()},
      {"partitions of 1 to 256", config.partitions() >= 1 && config.partitions() <= 256},
      {"all of tls.caFile, tls.certFile and tls.keyFile, or none",
       config.tls().ca_file().empty() == config.tls().cert_file().empty() &&
           config.tls().ca_file().empty() == config.tls().key_file().empty()},
      {"clock.startedAt where clock.rate is not 1, or the processes' clocks would differ",
       config.clock().rate() == 1 || !config.clock().started_at().empty()},
  };
  for (const auto& [what, there] : wanted) {
    if (!there) return base::InvalidArgument("expected {}", what);
  }
  return {};
}

}  // namespace

base::Result<config::v1::ServiceConfig> ReadServiceConfig(const std::string& file) {
  std::ifstream in(file);
  if (!in) return base::NotFound("expected a configuration file, found none at {}", file);
  const std::string json{std::istreambuf_iterator<char>(in), {}};
  config::v1::ServiceConfig config;
  const auto parsed = google::protobuf::util::JsonStringToMessage(json, &config);
  if (!parsed.ok()) {
    return base::InvalidArgument("{}: expected a ServiceConfig as JSON (proto/wanmi/config/v1): {}",
                                 file, std::string(parsed.message()));
  }
  if (config.partitions() == 0) config.set_partitions(8);
  if (config.incarnation() == 0) config.set_incarnation(1);
  if (config.clock().rate() == 0) config.mutable_clock()->set_rate(1);
  if (config.advertise().empty()) config.set_advertise(config.listen());
  if (!config.has_keep_free_bytes()) config.set_keep_free_bytes(512 << 20);
  if (config.kafka().replication() == 0) config.mutable_kafka()->set_replication(3);
  if (config.kafka().min_insync() == 0) {
    config.mutable_kafka()->set_min_insync(config.kafka().replication() > 1 ? 2 : 1);
  }
  if (const auto status = Check(config); !status.ok()) return status.With(file);
  return config;
}

}  // namespace wanmi::city
