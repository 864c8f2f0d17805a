// TransferWriter, TransferReader: the file that a journal's entries travel in, below its meaning.
//
//   file    magic:8 record* sum:32     sum: SHA-256 over all before it
//   record  length:4 crc:4 body        big-endian; body: a zstd frame of one TransferRecord, crc
//   its
//                                      CRC-32C. The last record is a footer.
//
// A file under its own name is whole: while it is written it is called <name>.part. A reader holds
// one record at a time and says where the file is damaged. Each is used by one thread.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "base/sha256.h"
#include "base/status.h"
#include "wanmi/journal/v1/transfer.pb.h"

namespace wanmi::journal {

inline constexpr size_t kRecordBytesMax = 4 << 20;  // of a record's message

class TransferWriter {
 public:
  // ALREADY_EXISTS if the file is there.
  static base::Result<std::unique_ptr<TransferWriter>> Create(const std::string& file);
  ~TransferWriter();  // one that was not finished is removed
  base::Status Write(const v1::TransferRecord& record);
  // After the footer: the file is whole, synced, and under its name.
  base::Status Finish();

 private:
  TransferWriter(std::string file, std::FILE* out) : file_(std::move(file)), out_(out) {}
  base::Status Put(std::string_view bytes);

  const std::string file_;
  std::FILE* out_;
  base::Sha256Sum sum_;
};

class TransferReader {
 public:
  static base::Result<std::unique_ptr<TransferReader>> Open(const std::string& file);
  ~TransferReader();
  // DATA_LOSS names the byte. The footer is given only when the sum of the file has been compared;
  // do not go on after it.
  base::Status Next(v1::TransferRecord* record);
  const std::string& sum() const { return sum_bytes_; }  // after the footer

 private:
  TransferReader(std::string file, std::FILE* in) : file_(std::move(file)), in_(in) {}
  base::Status Get(size_t size, std::string* bytes);
  base::Status GetEnd();

  const std::string file_;
  std::FILE* const in_;
  int64_t at_ = 0;  // byte
  base::Sha256Sum sum_;
  std::string sum_bytes_;
};

}  // namespace wanmi::journal
