// RocksJournal: the journal of one process, in one RocksDB with synced writes.
//
// Several cities may share one database. Key grammar (integers big-endian):
//   city NUL service NUL partition:2 'E' seq:8   ->  epoch:8 crc:4 entry
//   city NUL service NUL partition:2 'F' epoch:8 ->  Fence
// The crc (CRC-32C of the entry) names a broken entry even where RocksDB's own block checksums are
// not looked at. An append checks epoch, seq and chain in memory and is one WriteBatch with one
// sync for all partitions, so void entries cannot arise here. A failed write leaves everything in
// doubt: every later append is kUnknown until the database is opened anew.
#pragma once

#include <memory>
#include <string>

#include "journal/journal.h"

namespace rocksdb {
class Env;
}

namespace wanmi::journal {

// The database; at most one process has it open. `env` is for tests with faults. Shared by the
// RocksJournals of several cities.
class RocksLog;
base::Result<std::shared_ptr<RocksLog>> OpenRocksLog(const std::string& folder,
                                                     rocksdb::Env* env = nullptr);

class RocksJournal final : public Journal {
 public:
  RocksJournal(std::shared_ptr<RocksLog> log, std::string city);
  ~RocksJournal() override;
  base::Result<Opened> Open(const Slice& slice, wanmi::journal::v1::Fence fence) override;
  std::vector<Appended> Append(std::span<const Batch> batches) override;
  base::Status Read(const Slice& slice, int64_t after, const Visitor& visit) const override;
  base::Result<int64_t> LastSeq(const Slice& slice) const override;
  base::Result<wanmi::journal::v1::Fence> LastFence(const Slice& slice) const override;

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace wanmi::journal
