#include "rocks/careful.h"

#include <rocksdb/listener.h>

namespace wanmi::rocks {
namespace {

class NeverResume final : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason /*reason*/, rocksdb::Status /*bg_error*/,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }
};

}  // namespace

rocksdb::Options CarefulOptions() {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.paranoid_checks = true;
  options.max_bgerror_resume_count = 0;
  options.listeners.push_back(std::make_shared<NeverResume>());
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.keep_log_file_num = 2;
  return options;
}

void MergeSeldom(rocksdb::Options& options) {
  options.compaction_style = rocksdb::kCompactionStyleUniversal;
  options.compaction_options_universal.size_ratio = 20;
  options.compaction_options_universal.max_size_amplification_percent = 300;
  options.level0_file_num_compaction_trigger = 4;  // each is one more to look into
  options.level0_slowdown_writes_trigger = 30;
  options.level0_stop_writes_trigger = 60;
  options.compression = rocksdb::kNoCompression;
  options.bottommost_compression = rocksdb::kSnappyCompression;
}

}  // namespace wanmi::rocks
