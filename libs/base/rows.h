// Rows: what a projection writes and what rules and queries read.
//
// A *family* is a key function and a protobuf message. Its number is part of the stored key
// (family · partition · key) and never changes its meaning within one kStateVersion. Numbers below
// 16 belong to the runtime. A Rows object shows one partition, exactly as of the previous decision,
// or (in queries) all of them merged; who made it says which. Not safe across threads unless the
// maker says so.
#pragma once

#include <google/protobuf/message_lite.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/time.h"

namespace wanmi::base {

class Rows {
 public:
  // Returns false to stop.
  using Visitor = std::function<bool(std::string_view key, std::string_view value)>;

  virtual ~Rows() = default;
  virtual std::optional<std::string> Get(uint16_t family, std::string_view key) const = 0;
  // Visits rows whose key begins with `prefix` and is >= `from`, in order of their keys.
  virtual void Scan(uint16_t family, std::string_view prefix, std::string_view from,
                    const Visitor& visit) const = 0;
};

class RowWriter : public Rows {
 public:
  virtual void Put(uint16_t family, std::string_view key, std::string value) = 0;
  virtual void Delete(uint16_t family, std::string_view key) = 0;
};

// Rows in a map: the base of tests.
class MapRows final : public RowWriter {
 public:
  std::optional<std::string> Get(uint16_t family, std::string_view key) const override;
  void Scan(uint16_t family, std::string_view prefix, std::string_view from,
            const Visitor& visit) const override;
  void Put(uint16_t family, std::string_view key, std::string value) override;
  void Delete(uint16_t family, std::string_view key) override;
  bool empty() const { return rows_.empty(); }

 private:
  std::map<std::pair<uint16_t, std::string>, std::string> rows_;
};

// Builds keys whose bytes sort as their parts do. Texts must not contain a NUL.
class Key {
 public:
  Key& Text(std::string_view text);  // ends with a NUL, so that no text is another one's prefix
  Key& Number(int64_t number);       // big-endian, sign flipped
  Key& Moment(Time time) { return Number(ToMicros(time)); }
  // The rest of the key as it is: a last part, or the start of one to be searched for.
  Key& Tail(std::string_view text) { return bytes_.append(text), *this; }
  const std::string& str() const { return bytes_; }
  operator std::string_view() const { return bytes_; }  // NOLINT: a Key is a key

 private:
  std::string bytes_;
};

// Takes keys apart again, in the order they were built.
class KeyReader {
 public:
  explicit KeyReader(std::string_view key) : rest_(key) {}
  std::string_view Text();
  int64_t Number();
  std::string_view Tail() const { return rest_; }

 private:
  std::string_view rest_;
};

template <class Message>
struct Family {
  uint16_t number;
  std::string_view name;  // as the service's README has it

  std::optional<Message> Get(const Rows& rows, std::string_view key) const {
    const auto bytes = rows.Get(number, key);
    if (!bytes) return std::nullopt;
    return Parse(*bytes);
  }
  void Put(RowWriter& rows, std::string_view key, const Message& message) const {
    rows.Put(number, key, message.SerializeAsString());
  }
  void Delete(RowWriter& rows, std::string_view key) const { rows.Delete(number, key); }
  // visit(std::string_view key, Message&&) -> bool, false to stop.
  template <class Visit>
  void Scan(const Rows& rows, std::string_view prefix, std::string_view from, Visit visit) const {
    rows.Scan(number, prefix, from, [&](std::string_view key, std::string_view value) {
      return visit(key, Parse(value));
    });
  }
  template <class Visit>
  void Scan(const Rows& rows, std::string_view prefix, Visit visit) const {
    Scan(rows, prefix, {}, std::move(visit));
  }

 private:
  Message Parse(std::string_view bytes) const {
    Message message;
    CHECK(message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())),
          "a row of family {} is not a {}", name, message.GetTypeName());
    return message;
  }
};

}  // namespace wanmi::base
