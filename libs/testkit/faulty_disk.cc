#include "testkit/faulty_disk.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <filesystem>

namespace wanmi::testkit {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

class FaultyDisk::Log final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  Log(FaultyDisk& disk, std::string path, std::unique_ptr<rocksdb::FSWritableFile> below)
      : FSWritableFileOwnerWrapper(std::move(below)), disk_(disk), length_(disk.lengths_[path]) {
    length_ = {};
  }

  using FSWritableFileOwnerWrapper::Append;
  IOStatus Append(const Slice& bytes, const IOOptions& options, IODebugContext* debug) override {
    if (disk_.Strikes(Fault::kAppendFails)) return IOStatus::IOError("an append was made to fail");
    if (disk_.Strikes(Fault::kAppendTears)) {
      const Slice half(bytes.data(), bytes.size() / 2);
      (void)FSWritableFileOwnerWrapper::Append(half, options, debug);
      length_.appended += half.size();
      return IOStatus::IOError("an append was torn");
    }
    length_.appended += bytes.size();
    return FSWritableFileOwnerWrapper::Append(bytes, options, debug);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    if (disk_.Strikes(Fault::kSyncFails)) return IOStatus::IOError("a sync was made to fail");
    length_.synced = length_.appended;
    return FSWritableFileOwnerWrapper::Sync(options, debug);
  }

 private:
  FaultyDisk& disk_;
  Length& length_;
};

class FaultyDisk::Files final : public rocksdb::FileSystemWrapper {
 public:
  explicit Files(FaultyDisk& disk)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), disk_(disk) {}
  const char* Name() const override { return "FaultyDisk"; }
  IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                           IODebugContext* debug) override {
    const IOStatus status = FileSystemWrapper::NewWritableFile(path, options, file, debug);
    if (status.ok() && path.ends_with(".log"))
      *file = std::make_unique<Log>(disk_, path, std::move(*file));
    return status;
  }

 private:
  FaultyDisk& disk_;
};

FaultyDisk::FaultyDisk() : env_(rocksdb::NewCompositeEnv(std::make_shared<Files>(*this))) {}
FaultyDisk::~FaultyDisk() = default;

void FaultyDisk::Strike(Fault fault, int after, bool for_good) {
  fault_ = fault;
  after_ = after;
  for_good_ = for_good;
}

bool FaultyDisk::Strikes(Fault fault) {
  if (fault != fault_ || after_-- > 0) return false;
  if (!for_good_) fault_ = Fault::kNone;
  return true;
}

void FaultyDisk::LosePower() {
  for (const auto& [path, length] : lengths_) {
    if (std::filesystem::exists(path)) std::filesystem::resize_file(path, length.synced);
  }
}

}  // namespace wanmi::testkit
