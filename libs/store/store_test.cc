// store: overlays read their own writes, merged rows sort across partitions, tails can be lost.
#include "store/store.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "base/check.h"

namespace wanmi::store {
namespace {

std::string Seen(const base::Rows& rows, std::string_view prefix, std::string_view from = {},
                 int most = 99) {
  std::string seen;
  rows.Scan(20, prefix, from, [&](std::string_view key, std::string_view value) {
    seen.append(key).append("=").append(value).append(" ");
    return --most > 0;
  });
  return seen;
}

void Fill(Store& store, int partition,
          std::initializer_list<std::pair<const char*, const char*>> rows) {
  Changes changes;
  for (const auto& [key, value] : rows) changes[PhysicalKey(20, partition, key)] = value;
  ASSERT_TRUE(store.Commit(changes).ok());
}

TEST(Overlay, ReadsItsOwnWritesOverThoseBelow) {
  MemoryStore store;
  Fill(store, 1, {{"a1", "x"}, {"a2", "y"}, {"a4", "z"}, {"b", "w"}});
  Fill(store, 2, {{"a0", "other partition"}});
  const PartitionRows below(store, 1);
  Overlay step(below, 1);
  step.Put(20, "a3", "new");
  step.Put(20, "a1", "changed");
  step.Delete(20, "a2");
  EXPECT_EQ(Seen(step, "a"), "a1=changed a3=new a4=z ");
  EXPECT_EQ(Seen(step, "a", "a2"), "a3=new a4=z ");
  EXPECT_EQ(Seen(step, "a", {}, 2), "a1=changed a3=new ");
  EXPECT_FALSE(step.Get(20, "a2"));
  EXPECT_EQ(Seen(below, "a"), "a1=x a2=y a4=z ");
}

TEST(Overlay, AnInputMergesIntoItsStepOrLeavesNoTrace) {
  MemoryStore store;
  const PartitionRows below(store, 0);
  Overlay step(below, 0);
  step.Put(20, "a", "1");
  step.Put(20, "b", "1");
  {
    Overlay dropped(step, 0);
    dropped.Put(20, "a", "dropped");
    EXPECT_EQ(*dropped.Get(20, "a"), "dropped");
  }
  Overlay input(step, 0);
  input.Put(20, "a", "2");
  input.Delete(20, "b");
  input.Put(20, "c", "2");
  input.MergeInto(step);
  EXPECT_EQ(Seen(step, ""), "a=2 c=2 ");
  ASSERT_TRUE(store.Commit(step.changes()).ok());
  EXPECT_EQ(Seen(below, ""), "a=2 c=2 ");
}

TEST(MergedRows, SortsAcrossPartitions) {
  MemoryStore store;
  Fill(store, 0, {{"a1", "0"}, {"a3", "0"}, {"c", "0"}});
  Fill(store, 1, {{"a2", "1"}, {"a3", "1"}});
  const MergedRows all(store, 2);
  EXPECT_EQ(Seen(all, "a"), "a1=0 a2=1 a3=0 a3=1 ");
  EXPECT_EQ(*all.Get(20, "a2"), "1");
}

TEST(MemoryStore, LosesAnUnsyncedTail) {
  MemoryStore store;
  const PartitionRows rows(store, 0);
  Fill(store, 0, {{"a", "1"}});
  Fill(store, 0, {{"a", "2"}, {"b", "2"}});
  Fill(store, 0, {{"a", "3"}});
  store.LoseTail(2);
  EXPECT_EQ(Seen(rows, ""), "a=1 ");
}

TEST(RocksStore, KeepsRowsAcrossARestart) {
  const std::string folder = testing::TempDir() + "rocks_store_" + std::to_string(::getpid());
  std::filesystem::remove_all(folder);
  {
    auto store = *OpenRocksStore(folder);
    Fill(*store, 0, {{"a", "1"}, {"b", "2"}});
    Changes gone;
    gone[PhysicalKey(20, 0, "a")] = std::nullopt;
    ASSERT_TRUE(store->Commit(gone).ok());
  }
  auto store = *OpenRocksStore(folder);
  EXPECT_EQ(Seen(PartitionRows(*store, 0), ""), "b=2 ");
  EXPECT_EQ(Seen(MergedRows(*store, 1), ""), "b=2 ");
}

// Every bit of every file that is read: named when it is opened or when it is read, or harmless.
TEST(RocksStore, IsNeverReadWhereItIsDamaged) {
  namespace fs = std::filesystem;
  const fs::path root = testing::TempDir() + "rocks_store_damage_" + std::to_string(::getpid());
  const fs::path whole = root / "whole", damaged = root / "damaged";
  fs::remove_all(root);
  fs::create_directories(root);
  // Made anew each time: blocks that are in the cache would hide what is on the disk.
  const auto make = [](const fs::path& folder) {
    fs::remove_all(folder);
    for (const int rows : {300, 200}) {
      auto store = *OpenRocksStore(folder);
      Changes changes;
      for (int i = 0; i < rows; ++i)
        changes[PhysicalKey(20, 0, std::to_string(i))] = fmt::format("{} of {}", i, rows);
      ASSERT_TRUE(store->Commit(changes).ok());
    }
  };
  make(whole);
  const std::string all = Seen(PartitionRows(**OpenRocksStore(whole), 0), "", "", 1000);
  std::mt19937_64 random(17);  // NOLINT: the same bits each time
  int named_opening = 0, named_reading = 0;
  for (const std::string kind : {"MANIFEST", "CURRENT", "00"}) {  // the last are tables
    for (int i = 0; i < (kind == "00" ? 20 : 6); ++i) {
      make(damaged);
      std::vector<std::string> names;
      for (const auto& file : fs::directory_iterator(damaged)) {
        const std::string name = file.path().filename();
        if (name.starts_with(kind) && !name.ends_with(".log")) names.push_back(name);
      }
      ASSERT_FALSE(names.empty()) << kind;
      const std::string& name = names[random() % names.size()];
      std::ifstream in(damaged / name, std::ios::binary);
      std::string flipped{std::istreambuf_iterator<char>(in), {}};
      ASSERT_FALSE(flipped.empty()) << name;
      const size_t bit = random() % (flipped.size() * 8);
      flipped[bit / 8] ^= static_cast<char>(1 << (bit % 8));
      std::ofstream(damaged / name, std::ios::binary) << flipped;
      bool told = false;
      const auto store = OpenRocksStore(damaged, [&](const base::Status& damage) {
        told = true;
        EXPECT_EQ(damage.code(), base::Code::kDataLoss);
      });
      if (!store.ok()) {
        EXPECT_EQ(store.status().code(), base::Code::kDataLoss) << store.status().ToString();
        ++named_opening;
        continue;
      }
      std::string seen;
      try {
        seen = Seen(PartitionRows(**store, 0), "", "", 1000);
        EXPECT_EQ(seen, all) << name << " bit " << bit;
      } catch (const base::CheckFailure&) {
        EXPECT_TRUE(told);
        ++named_reading;
        EXPECT_EQ(OpenRocksStore(damaged).status().code(), base::Code::kDataLoss)
            << "once is enough";
      }
    }
  }
  EXPECT_GT(named_opening, 10);
  EXPECT_GT(named_reading, 5);
  fs::remove_all(root);
}

}  // namespace
}  // namespace wanmi::store
