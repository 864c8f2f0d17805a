#include "journal/transfer_file.h"

#include <unistd.h>
#include <zstd.h>

#include <filesystem>

#include "rocks/log_check.h"

namespace wanmi::journal {
namespace {

constexpr std::string_view kMagic = "WANMIJ1\n";
constexpr size_t kSumBytes = 32;
constexpr int kLevel = 3;  // zstd's own default: more costs more than it saves

std::string Number(uint32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>((number >> shift) & 0xff));
  }
  return bytes;
}

uint32_t NumberIn(std::string_view bytes) {
  uint32_t number = 0;
  for (const char byte : bytes.substr(0, 4)) number = (number << 8) | static_cast<uint8_t>(byte);
  return number;
}

}  // namespace

base::Result<std::unique_ptr<TransferWriter>> TransferWriter::Create(const std::string& file) {
  if (std::filesystem::exists(file)) {
    return base::AlreadyExists("{} is there already; delete it, or name another file", file);
  }
  std::FILE* out = std::fopen((file + ".part").c_str(), "wbe");
  if (!out) return base::Unavailable("{}.part cannot be written; does its folder exist?", file);
  std::unique_ptr<TransferWriter> writer(new TransferWriter(file, out));
  RETURN_IF_ERROR(writer->Put(kMagic));
  return writer;
}

TransferWriter::~TransferWriter() {
  if (!out_) return;
  std::fclose(out_);
  std::error_code ignored;
  std::filesystem::remove(file_ + ".part", ignored);
}

base::Status TransferWriter::Put(std::string_view bytes) {
  sum_.Add(bytes);
  if (std::fwrite(bytes.data(), 1, bytes.size(), out_) == bytes.size()) return {};
  return base::Unavailable("{}.part cannot be written; see that the disk has room", file_);
}

base::Status TransferWriter::Write(const v1::TransferRecord& record) {
  const std::string clear = record.SerializeAsString();
  if (clear.size() > kRecordBytesMax) {
    return base::InvalidArgument("expected a record of at most {} bytes, found {}", kRecordBytesMax,
                                 clear.size());
  }
  std::string body(ZSTD_compressBound(clear.size()), '\0');
  const size_t size = ZSTD_compress(body.data(), body.size(), clear.data(), clear.size(), kLevel);
  if (ZSTD_isError(size)) {
    return base::Internal("a record cannot be compressed: {}", ZSTD_getErrorName(size));
  }
  body.resize(size);
  RETURN_IF_ERROR(Put(Number(static_cast<uint32_t>(size)) + Number(rocks::Crc32c(body))));
  return Put(body);
}

base::Status TransferWriter::Finish() {
  const std::string sum = sum_.Finish();
  const bool written = std::fwrite(sum.data(), 1, sum.size(), out_) == sum.size() &&
                       std::fflush(out_) == 0 && ::fsync(::fileno(out_)) == 0;
  const bool closed = std::fclose(out_) == 0;
  out_ = nullptr;
  std::error_code error;
  if (written && closed) std::filesystem::rename(file_ + ".part", file_, error);
  if (written && closed && !error) return {};
  return base::Unavailable("{} cannot be written; see that the disk has room", file_);
}

base::Result<std::unique_ptr<TransferReader>> TransferReader::Open(const std::string& file) {
  std::FILE* in = std::fopen(file.c_str(), "rbe");
  if (!in) return base::NotFound("expected a file of a journal's entries, found none at {}", file);
  std::unique_ptr<TransferReader> reader(new TransferReader(file, in));
  std::string magic;
  const base::Status got = reader->Get(kMagic.size(), &magic);
  if (!got.ok() || magic != kMagic) {
    return base::InvalidArgument(
        "expected a file that export-journal or backup has written, found other bytes in {}", file);
  }
  return reader;
}

TransferReader::~TransferReader() { std::fclose(in_); }

base::Status TransferReader::Get(size_t size, std::string* bytes) {
  bytes->resize(size);
  const size_t got = std::fread(bytes->data(), 1, size, in_);
  if (got != size) {
    return base::DataLoss(
        "{} ends at byte {}, and has no footer: it was cut short; take another copy of it", file_,
        at_ + static_cast<int64_t>(got));
  }
  sum_.Add(*bytes);
  at_ += static_cast<int64_t>(size);
  return {};
}

base::Status TransferReader::Next(v1::TransferRecord* record) {
  const int64_t begun = at_;
  const auto damaged = [&](std::string_view what) {
    return base::DataLoss("{} is damaged at byte {}: {}; take another copy of it", file_, begun,
                          what);
  };
  std::string head, body, clear;
  RETURN_IF_ERROR(Get(8, &head));
  const size_t size = NumberIn(head);
  if (size > ZSTD_compressBound(kRecordBytesMax)) return damaged("no record is that long");
  RETURN_IF_ERROR(Get(size, &body));
  if (rocks::Crc32c(body) != NumberIn(std::string_view(head).substr(4))) {
    return damaged("the checksum of a record differs");
  }
  const unsigned long long clear_size = ZSTD_getFrameContentSize(body.data(), body.size());
  if (clear_size > kRecordBytesMax) return damaged("a record has no size that we write");
  clear.resize(clear_size);
  const size_t made = ZSTD_decompress(clear.data(), clear.size(), body.data(), body.size());
  if (ZSTD_isError(made) || made != clear_size || !record->ParseFromString(clear)) {
    return damaged("a record cannot be read");
  }
  return record->has_footer() ? GetEnd() : base::Status();
}

base::Status TransferReader::GetEnd() {
  sum_bytes_ = sum_.Finish();
  std::string stored(kSumBytes, '\0');
  const size_t got = std::fread(stored.data(), 1, stored.size(), in_);
  if (got != kSumBytes) {
    return base::DataLoss("{} ends in the middle of its sum: it was cut short", file_);
  }
  if (stored != sum_bytes_) {
    return base::DataLoss("the SHA-256 of {} is not what its end says; take another copy of it",
                          file_);
  }
  if (std::fgetc(in_) != EOF) {
    return base::DataLoss("{} goes on behind its end, at byte {}", file_,
                          at_ + static_cast<int64_t>(kSumBytes));
  }
  return {};
}

}  // namespace wanmi::journal
