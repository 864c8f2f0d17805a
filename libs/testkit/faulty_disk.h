// FaultyDisk: a file system under RocksDB whose write-ahead logs fail or tear when told to, and
// that can lose what was not synced, as a power loss does. For tests; used while one thread writes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace rocksdb {
class Env;
}

namespace wanmi::testkit {

class FaultyDisk {
 public:
  enum class Fault {
    kNone,
    kSyncFails,    // what had been appended may be there or not
    kAppendFails,  // nothing of it is there
    kAppendTears,  // half of it is there
  };

  FaultyDisk();
  ~FaultyDisk();
  rocksdb::Env* env() const { return env_.get(); }

  // The next but `after` of such calls fails; all that follow do too, if `for_good`.
  void Strike(Fault fault, int after, bool for_good);
  // Cuts every log to what was synced. Only while no database is open.
  void LosePower();

 private:
  class Files;
  class Log;
  struct Length {
    uint64_t appended = 0;
    uint64_t synced = 0;
  };
  bool Strikes(Fault fault);

  Fault fault_ = Fault::kNone;
  int after_ = 0;
  bool for_good_ = false;
  std::map<std::string, Length> lengths_;  // by path
  std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace wanmi::testkit
