#include "rocks/log_check.h"

#include <algorithm>
#include <boost/crc.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace wanmi::rocks {
namespace {

// log    = block*, each of 32 KiB but for the last
// block  = record* and up to 6 bytes of zero
// record = masked CRC-32C of type and payload:4 · length of the payload:2 · type:1 · payload
constexpr size_t kBlockBytes = 32 * 1024;
constexpr size_t kHeaderBytes = 7;
constexpr int kFull = 1, kFirst = 2, kLast = 4;

uint32_t Number(std::string_view bytes, int count) {
  uint32_t number = 0;
  for (int i = count - 1; i >= 0; --i) number = number << 8 | static_cast<uint8_t>(bytes[i]);
  return number;
}

uint32_t Masked(uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xa282ead8u; }

enum class Kind { kWhole, kTornMaybe, kBad };
struct Record {
  Kind kind = Kind::kBad;
  int type = 0;
  size_t bytes = 0;  // with its header
};

// `left` begins with a header and ends with the block or the log.
Record RecordAt(std::string_view left, bool at_end_of_log) {
  if (left.size() < kHeaderBytes) return {at_end_of_log ? Kind::kTornMaybe : Kind::kBad, 0, 0};
  const auto type = static_cast<uint8_t>(left[6]);
  const size_t bytes = kHeaderBytes + Number(left.substr(4), 2);
  const std::string_view header = left.substr(0, kHeaderBytes);
  // What was claimed ahead of writing reads as zeros.
  if (header.find_first_not_of('\0') == std::string_view::npos) return {Kind::kTornMaybe, 0, 0};
  if (type < kFull || type > kLast) return {};
  if (bytes > left.size()) return {at_end_of_log ? Kind::kTornMaybe : Kind::kBad, 0, 0};
  const bool whole = Masked(Crc32c(left.substr(6, bytes - 6))) == Number(left, 4);
  return {whole ? Kind::kWhole : Kind::kBad, type, bytes};
}

bool Begins(const Record& record) {
  return record.kind == Kind::kWhole && (record.type == kFull || record.type == kFirst);
}

std::string_view BlockFrom(std::string_view log, size_t at) {
  return log.substr(at, kBlockBytes - at % kBlockBytes);
}

// Whether behind `at` another record was begun: each is synced before the next is begun.
bool AnotherBegins(std::string_view log, size_t at) {
  const std::string_view rest = BlockFrom(log, at);
  for (size_t skip = 1; skip + kHeaderBytes <= rest.size(); ++skip) {
    if (Begins(RecordAt(rest.substr(skip), false))) return true;
  }
  for (size_t block = (at / kBlockBytes + 1) * kBlockBytes; block < log.size();
       block += kBlockBytes) {
    for (size_t next = block; next < std::min(block + kBlockBytes, log.size());) {
      const Record record = RecordAt(BlockFrom(log, next), false);
      if (Begins(record)) return true;
      if (record.kind != Kind::kWhole) break;
      next += record.bytes;
    }
  }
  return false;
}

bool OneBitMakesItWhole(std::string_view log, size_t at) {
  std::string block(BlockFrom(log, at));
  for (size_t bit = 0; bit < kHeaderBytes * 8 && bit / 8 < block.size(); ++bit) {
    const auto flip = static_cast<char>(1 << (bit % 8));
    block[bit / 8] ^= flip;
    if (RecordAt(block, false).kind == Kind::kWhole) return true;
    block[bit / 8] ^= flip;
  }
  return false;
}

}  // namespace

uint32_t Crc32c(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return static_cast<uint32_t>(crc.checksum());
}

int64_t DamageIn(std::string_view log) {
  for (size_t at = 0; at < log.size();) {
    const std::string_view rest = BlockFrom(log, at);
    const bool ends_here = at + rest.size() == log.size();
    if (rest.size() < kHeaderBytes && !ends_here) {
      at += rest.size();  // the filling of a block
      continue;
    }
    const Record record = RecordAt(rest, ends_here);
    if (record.kind == Kind::kWhole) {
      at += record.bytes;
      continue;
    }
    const bool torn =
        record.kind == Kind::kTornMaybe && !AnotherBegins(log, at) && !OneBitMakesItWhole(log, at);
    return torn ? -1 : static_cast<int64_t>(at);
  }
  return -1;
}

base::Status CheckLogs(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::string current;
  std::ifstream(folder + "/CURRENT") >> current;
  if (!current.empty() && !fs::exists(folder + "/" + current, error))
    return base::DataLoss("expected the file that {}/CURRENT names, found none", folder);
  for (const auto& file : fs::directory_iterator(folder, error)) {
    const std::string name = file.path().filename();
    const bool content = name.ends_with(".log") || name.ends_with(".sst");
    // RocksDB would make a new database over what it does not see.
    if (content && current.empty())
      return base::DataLoss("expected {}/CURRENT beside {}, found none", folder, name);
    if (!name.ends_with(".log") && name != current) continue;
    std::ifstream in(file.path(), std::ios::binary);
    const std::string log{std::istreambuf_iterator<char>(in), {}};
    if (const int64_t at = DamageIn(log); at >= 0)
      return base::DataLoss("{} is damaged at byte {} of {}", file.path().string(), at, log.size());
  }
  return {};
}

}  // namespace wanmi::rocks
