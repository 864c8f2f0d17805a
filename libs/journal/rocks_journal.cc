#include "journal/rocks_journal.h"

#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <atomic>
#include <map>
#include <mutex>
#include <set>

#include "base/check.h"
#include "rocks/careful.h"
#include "rocks/end_mark.h"
#include "rocks/log_check.h"

namespace wanmi::journal {
namespace {

using Fence = wanmi::journal::v1::Fence;

void PutNumber(std::string& out, uint64_t number, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((number >> shift) & 0xff));
  }
}

uint64_t GetNumber(std::string_view in) {
  uint64_t number = 0;
  for (const char byte : in) number = (number << 8) | static_cast<uint8_t>(byte);
  return number;
}

constexpr size_t kEpochBytes = 8, kCrcBytes = 4, kHeaderBytes = kEpochBytes + kCrcBytes;

base::Status FromRocks(const rocksdb::Status& status, std::string_view what) {
  if (status.ok()) return {};
  if (status.IsCorruption()) {
    return base::DataLoss("{}: {}; restore the city from its backup", what, status.ToString());
  }
  return base::Unavailable("{}: {}", what, status.ToString());
}

}  // namespace

class RocksLog {
 public:
  RocksLog(std::unique_ptr<rocksdb::DB> opened, std::unique_ptr<rocks::EndMark> mark)
      : db(std::move(opened)), end_mark(std::move(mark)) {}

  // With one sync. A failure leaves everything in doubt, for good.
  rocksdb::Status Write(rocksdb::WriteBatch& writes) {
    rocksdb::WriteOptions synced;
    synced.sync = true;
    const auto written = db->Write(synced, &writes);
    if (written.ok()) {
      end_mark->Move(db->GetLatestSequenceNumber());
    } else {
      in_doubt = true;
    }
    return written;
  }

  const std::unique_ptr<rocksdb::DB> db;
  const std::unique_ptr<rocks::EndMark> end_mark;
  std::atomic<bool> in_doubt{false};
};

base::Result<std::shared_ptr<RocksLog>> OpenRocksLog(const std::string& folder, rocksdb::Env* env) {
  rocksdb::Options options = rocks::CarefulOptions();
  if (env) options.env = env;
  // Entries are written once, in order, and read in order.
  options.write_buffer_size = 32 << 20;
  options.max_open_files = 1'024;
  rocks::MergeSeldom(options);
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.track_and_verify_wals_in_manifest = true;
  const std::string doing = fmt::format("while opening the journal in {}", folder);
  const auto damaged = [&](const base::Status& status) {
    return base::Status(status.code(), fmt::format("{}: {}; restore the city from its backup",
                                                   doing, status.message()));
  };
  if (const auto whole = rocks::CheckLogs(folder); !whole.ok()) return damaged(whole);
  rocksdb::DB* opened = nullptr;
  const auto status = rocksdb::DB::Open(options, folder, &opened);
  if (status.IsIOError() && status.ToString().find("lock") != std::string::npos) {
    return base::Unavailable("{}: another process has it open ({}); stop the city first", doing,
                             status.ToString());
  }
  RETURN_IF_ERROR(FromRocks(status, doing));
  std::unique_ptr<rocksdb::DB> db(opened);
  auto mark = rocks::EndMark::Open(folder, db->GetLatestSequenceNumber());
  if (!mark.ok()) return damaged(mark.status());
  return std::make_shared<RocksLog>(std::move(db), std::move(*mark));
}

struct RocksJournal::Impl {
  struct Head {
    std::mutex mutex;  // held over a write of the slice
    Fence fence;       // guarded by mutex, and so is last_hash
    std::string last_hash = GenesisHash();
    std::atomic<int64_t> last_seq{0};  // written with mutex held, read by anybody
  };

  std::string Prefix(const Slice& slice) const {
    std::string key = city;
    key.push_back('\0');
    key.append(slice.service).push_back('\0');
    PutNumber(key, static_cast<uint64_t>(slice.partition), 2);
    return key;
  }
  std::string EntryKey(const Slice& slice, int64_t seq) const {
    std::string key = Prefix(slice) + 'E';
    PutNumber(key, static_cast<uint64_t>(seq), 8);
    return key;
  }
  std::string FenceKey(const Slice& slice, int64_t epoch) const {
    std::string key = Prefix(slice) + 'F';
    PutNumber(key, static_cast<uint64_t>(epoch), 8);
    return key;
  }

  // The last key of a kind, with its value; false if there is none.
  base::Result<bool> Last(const Slice& slice, char kind, std::string* key,
                          std::string* value) const {
    const std::string prefix = Prefix(slice) + kind;
    const std::string end = prefix + std::string(9, '\xff');
    const std::unique_ptr<rocksdb::Iterator> at(log->db->NewIterator({}));
    at->SeekForPrev(end);
    RETURN_IF_ERROR(
        FromRocks(at->status(), fmt::format("while reading the end of {}", ToString(slice))));
    if (!at->Valid() || !at->key().starts_with(prefix)) return false;
    *key = at->key().ToString();
    *value = at->value().ToString();
    return true;
  }

  // What is known of the end of a slice; loaded once. It lives as long as the journal.
  base::Result<Head*> HeadOf(const Slice& slice) const {
    const std::lock_guard lock(mutex);
    if (const auto found = heads.find(slice); found != heads.end()) return found->second.get();
    auto loaded = std::make_unique<Head>();
    Head& head = *loaded;
    std::string key, value;
    ASSIGN_OR_RETURN(const bool has_entry, Last(slice, 'E', &key, &value));
    if (has_entry) {
      head.last_seq = static_cast<int64_t>(GetNumber(std::string_view(key).substr(key.size() - 8)));
      if (value.size() < kHeaderBytes) {
        return base::DataLoss("the last entry of {}, seq {}, is truncated", ToString(slice),
                              head.last_seq.load());
      }
      head.last_hash = ChainHash(std::string_view(value).substr(kHeaderBytes));
    }
    ASSIGN_OR_RETURN(const bool has_fence, Last(slice, 'F', &key, &value));
    if (has_fence && !head.fence.ParseFromString(value)) {
      return base::DataLoss("the last fence of {} is not readable", ToString(slice));
    }
    return heads.emplace(slice, std::move(loaded)).first->second.get();
  }

  Appended Check(const Batch& batch, const Head& head) const {
    if (log->in_doubt)
      return {Outcome::kUnknown, 0, "an earlier write failed; open the journal anew"};
    if (head.fence.epoch() != batch.writer.epoch ||
        head.fence.instance() != batch.writer.instance) {
      return {Outcome::kFenced, 0,
              fmt::format("epoch {} of {} writes now", head.fence.epoch(), head.fence.instance())};
    }
    if (batch.first_seq != head.last_seq + 1 || batch.prev != head.last_hash) {
      return {Outcome::kUnknown, 0,
              fmt::format("expected seq {} with the chain's hash, found seq {}",
                          head.last_seq.load() + 1, batch.first_seq)};
    }
    return {Outcome::kOk, static_cast<int>(batch.entries.size()), ""};
  }

  const std::shared_ptr<RocksLog> log;
  const std::string city;
  mutable std::mutex mutex;
  mutable std::map<Slice, std::unique_ptr<Head>> heads;  // guarded by mutex, the heads are not
};

RocksJournal::RocksJournal(std::shared_ptr<RocksLog> log, std::string city)
    : impl_(new Impl{std::move(log), std::move(city), {}, {}}) {}
RocksJournal::~RocksJournal() = default;

base::Result<Opened> RocksJournal::Open(const Slice& slice, Fence fence) {
  ASSIGN_OR_RETURN(Impl::Head * head, impl_->HeadOf(slice));
  const std::lock_guard lock(head->mutex);
  if (impl_->log->in_doubt)
    return base::Unavailable("an earlier write of the journal failed; open its folder anew");
  fence.set_epoch(head->fence.epoch() + 1);
  rocksdb::WriteBatch writes;
  writes.Put(impl_->FenceKey(slice, fence.epoch()), fence.SerializeAsString());
  RETURN_IF_ERROR(
      FromRocks(impl_->log->Write(writes), fmt::format("while fencing {}", ToString(slice))));
  head->fence = fence;
  return Opened{{slice, fence.epoch(), fence.instance()}, head->last_seq};
}

std::vector<Appended> RocksJournal::Append(std::span<const Batch> batches) {
  std::vector<Appended> answers;
  std::vector<Impl::Head*> heads;
  for (const Batch& batch : batches) {
    auto head = impl_->HeadOf(batch.writer.slice);
    heads.push_back(head.ok() ? *head : nullptr);
    answers.push_back({Outcome::kUnknown, 0, head.ok() ? "" : head.status().ToString()});
  }
  // In one order for all, so that two appends never wait for each other. Appends to other slices
  // go on meanwhile, and the database syncs what is written at the same time with one sync.
  std::vector<std::unique_lock<std::mutex>> locks;
  for (Impl::Head* head : std::set<Impl::Head*>(heads.begin(), heads.end())) {
    if (head) locks.emplace_back(head->mutex);
  }
  rocksdb::WriteBatch writes;
  for (size_t i = 0; i < batches.size(); ++i) {
    const Batch& batch = batches[i];
    if (heads[i]) answers[i] = impl_->Check(batch, *heads[i]);
    if (answers[i].outcome != Outcome::kOk) continue;
    int64_t seq = batch.first_seq;
    for (const std::string& entry : batch.entries) {
      std::string value;
      value.reserve(kHeaderBytes + entry.size());
      PutNumber(value, static_cast<uint64_t>(batch.writer.epoch), kEpochBytes);
      PutNumber(value, rocks::Crc32c(entry), kCrcBytes);
      value.append(entry);
      writes.Put(impl_->EntryKey(batch.writer.slice, seq++), value);
    }
  }
  if (writes.Count() > 0) {
    if (const auto written = impl_->log->Write(writes); !written.ok()) {
      // The write may or may not be there: only opening anew can tell.
      for (auto& answer : answers) {
        if (answer.outcome == Outcome::kOk) answer = {Outcome::kUnknown, 0, written.ToString()};
      }
      return answers;
    }
  }
  for (size_t i = 0; i < batches.size(); ++i) {
    if (answers[i].outcome != Outcome::kOk || batches[i].entries.empty()) continue;
    heads[i]->last_seq += static_cast<int64_t>(batches[i].entries.size());
    heads[i]->last_hash = ChainHash(batches[i].entries.back());
  }
  return answers;
}

base::Status RocksJournal::Read(const Slice& slice, int64_t after, const Visitor& visit) const {
  const std::string prefix = impl_->Prefix(slice) + 'E';
  const std::unique_ptr<rocksdb::Iterator> at(impl_->log->db->NewIterator({}));
  int64_t expected = after + 1;
  for (at->Seek(impl_->EntryKey(slice, expected)); at->Valid() && at->key().starts_with(prefix);
       at->Next()) {
    const std::string_view key = at->key().ToStringView();
    const std::string_view value = at->value().ToStringView();
    const auto seq = static_cast<int64_t>(GetNumber(key.substr(key.size() - 8)));
    if (seq != expected) {
      return base::DataLoss("{} has no entry with seq {}; the next one found is {}",
                            ToString(slice), expected, seq);
    }
    if (value.size() < kHeaderBytes || GetNumber(value.substr(kEpochBytes, kCrcBytes)) !=
                                           rocks::Crc32c(value.substr(kHeaderBytes))) {
      return base::DataLoss("the entry of {} with seq {} is damaged: its checksum differs",
                            ToString(slice), seq);
    }
    if (!visit(seq, value.substr(kHeaderBytes))) return {};
    ++expected;
  }
  return FromRocks(at->status(),
                   fmt::format("while reading {} after seq {}", ToString(slice), expected - 1));
}

base::Result<int64_t> RocksJournal::LastSeq(const Slice& slice) const {
  ASSIGN_OR_RETURN(const Impl::Head* head, impl_->HeadOf(slice));
  return head->last_seq.load();
}

base::Result<Fence> RocksJournal::LastFence(const Slice& slice) const {
  ASSIGN_OR_RETURN(Impl::Head * head, impl_->HeadOf(slice));
  const std::lock_guard lock(head->mutex);
  if (head->fence.epoch() == 0) return base::NotFound("nobody ever opened {}", ToString(slice));
  return head->fence;
}

}  // namespace wanmi::journal
