// Random: a small generator whose numbers are the same on every machine.
#pragma once

#include <cstdint>
#include <string>

namespace wanmi::testkit {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Next() {  // splitmix64
    uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  int Below(int limit) { return static_cast<int>(Next() % static_cast<uint64_t>(limit)); }
  bool OneIn(int n) { return Below(n) == 0; }
  bool PerTenThousand(int n) { return Below(10'000) < n; }
  template <class Container>
  auto& Of(Container& container) {
    return container[static_cast<size_t>(Below(static_cast<int>(container.size())))];
  }

 private:
  uint64_t state_;
};

}  // namespace wanmi::testkit
