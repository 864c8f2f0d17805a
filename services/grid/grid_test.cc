#include <gtest/gtest.h>

#include <functional>

#include "services/grid/domain.h"
#include "services/grid/service.h"
#include "services/grid/views.h"
#include "testkit/rule_case.h"

namespace wanmi::grid {
namespace {

using base::Code;
using testkit::RuleCase;

constexpr std::string_view kCommunity = "370705001001";

v1::OpenRegion Region(std::string_view code, std::string_view level, std::string_view parent,
                      std::string_view name = "region") {
  v1::OpenRegion command;
  command.mutable_region()->set_code(std::string(code));
  command.mutable_region()->set_level(std::string(level));
  command.mutable_region()->set_parent(std::string(parent));
  command.mutable_region()->set_name(std::string(name));
  return command;
}

// A square of about 90 × 111 m, the n-th to the east.
void AddSquare(v1::DivideCommunity* command, int n, std::string_view grade = "A") {
  const double west = 119.16 + n * 0.001, south = 36.71;
  auto& cell = *command->add_cells();
  cell.set_code(fmt::format("{}{:03}", command->community(), n + 1));
  cell.set_area_grade(std::string(grade));
  for (const auto& [x, y] : {std::pair{0.0, 0.0}, {0.001, 0.0}, {0.001, 0.001}, {0.0, 0.001}}) {
    auto& point = *cell.add_ring();
    point.set_longitude_deg(west + x);
    point.set_latitude_deg(south + y);
  }
}
v1::DivideCommunity Squares(int count, std::string_view grade = "A") {
  v1::DivideCommunity command;
  command.set_community(std::string(kCommunity));
  for (int n = 0; n < count; ++n) AddSquare(&command, n, grade);
  return command;
}
v1::BindInspector Binding(std::string_view grid, std::string_view layer, std::string_view post,
                          std::initializer_list<const char*> cells = {}) {
  v1::BindInspector command;
  command.set_community(std::string(kCommunity));
  command.set_grid_id(fmt::format("{}/{}", kCommunity, grid));
  command.set_layer(std::string(layer));
  command.set_post_id(std::string(post));
  for (const char* cell : cells) command.add_cells(cell);
  return command;
}
constexpr const char* kFirst = "370705001001001";
constexpr const char* kSecond = "370705001001002";

// One open community of two cells; the base data clerk acts.
class GridTest : public testing::Test {
 protected:
  GridTest() : city_(Define()) {
    city_.As("base-clerk");
    Must(Region(kCommunity, "community", "370705001"));
    Must(Squares(2));
  }
  template <class Command>
  void Must(const Command& command, std::string_view stream = kCommunity) {
    const base::Status status = city_.When(stream, command);
    ASSERT_TRUE(status.ok()) << status.ToString();
  }
  template <class Command>
  Code Try(const Command& command) {
    return city_.When(kCommunity, command).code();
  }
  Code TryCell(const std::function<void(v1::Cell&)>& spoil) {
    auto command = Squares(3);
    command.mutable_cells()->DeleteSubrange(0, 2);
    spoil(*command.mutable_cells(0));
    return Try(command);
  }
  RuleCase city_;
};

TEST_F(GridTest, ARegionsCodeSaysItsLevelAndParent) {
  Must(Region("3707", "city", ""), "3707");
  Must(Region("370772", "district", "3707"), "370772");
  Must(Region("370705001", "street", "370705"), "370705001");
  Must(Region("370705001", "street", "370705", "renamed"), "370705001");
  EXPECT_EQ(city_.Then<v1::RegionOpened>().region().name(), "renamed");
  EXPECT_EQ(Try(Region("370705001", "community", "370705")), Code::kInvalidArgument);
  EXPECT_EQ(Try(Region("370705001001", "community", "370705002")), Code::kInvalidArgument);
  EXPECT_EQ(Try(Region("37070500100x", "community", "370705001")), Code::kInvalidArgument);
  EXPECT_EQ(Try(Region("37", "province", "")), Code::kInvalidArgument);
  EXPECT_EQ(Try(Region(kCommunity, "community", "370705001", "")), Code::kInvalidArgument);
}

TEST_F(GridTest, ACommunityIsDividedOnce) {
  const auto cell = kCells.Get(city_.rows(), kFirst);
  EXPECT_NEAR(cell->area_m2(), 9'914, 100);
  EXPECT_EQ(cell->opened_at_us(), base::ToMicros(testkit::kSampleNow));
  city_.Later(std::chrono::hours(1));
  Must(Squares(3));
  EXPECT_EQ(city_.Kinds(), std::vector<std::string>{"GridOpened"});  // the third only
  Must(Squares(3, "B"));
  EXPECT_EQ(city_.events().size(), 3u);
  EXPECT_EQ(kCells.Get(city_.rows(), kFirst)->area_grade(), "B");
  EXPECT_EQ(kCells.Get(city_.rows(), kFirst)->opened_at_us(), cell->opened_at_us());
}

TEST_F(GridTest, ACodeIsNeverUsedAgain) {
  auto moved = Squares(1);
  moved.mutable_cells(0)->mutable_ring(0)->set_longitude_deg(119.1599);
  EXPECT_EQ(Try(moved), Code::kAlreadyExists);
  auto surveyed = Squares(1);
  surveyed.mutable_cells(0)->set_demo(true);
  EXPECT_EQ(Try(surveyed), Code::kAlreadyExists);
  v1::GridRetired retired;
  retired.set_code(kFirst);
  retired.set_retired_at_us(base::ToMicros(testkit::kSampleNow));
  city_.Given(kCommunity, retired);
  EXPECT_EQ(Try(Squares(1)), Code::kAlreadyExists);
  EXPECT_EQ(Try(moved), Code::kAlreadyExists);
}

TEST_F(GridTest, ACellOfAWrongFormIsRefused) {
  EXPECT_EQ(TryCell([](v1::Cell& c) { c.set_code("370705001002003"); }), Code::kInvalidArgument);
  EXPECT_EQ(TryCell([](v1::Cell& c) { c.set_code("370705001001000"); }), Code::kInvalidArgument);
  EXPECT_EQ(TryCell([](v1::Cell& c) { c.set_code("3707050010010033"); }), Code::kInvalidArgument);
  EXPECT_EQ(TryCell([](v1::Cell& c) { c.set_area_grade("D"); }), Code::kInvalidArgument);
  EXPECT_EQ(TryCell([](v1::Cell& c) { c.mutable_ring()->DeleteSubrange(0, 2); }),
            Code::kInvalidArgument);
  EXPECT_EQ(TryCell([](v1::Cell& c) { c.mutable_ring()->SwapElements(0, 1); }),
            Code::kInvalidArgument);
  EXPECT_EQ(TryCell([](v1::Cell& c) {
              for (int i = 0; i < 500; ++i) c.add_ring();
            }),
            Code::kResourceExhausted);
  EXPECT_EQ(Try(Squares(0)), Code::kInvalidArgument);
  EXPECT_EQ(Try(Squares(kCellsMax + 1)), Code::kInvalidArgument);
  auto twice = Squares(3);
  *twice.add_cells() = twice.cells(2);
  EXPECT_EQ(Try(twice), Code::kInvalidArgument);
  EXPECT_EQ(city_.rows().Get(kCells.number, "370705001001003"), std::nullopt);
}

TEST_F(GridTest, ACommunityMustBeOpen) {
  auto closed = Squares(0);
  closed.set_community("370705001002");
  AddSquare(&closed, 0);
  EXPECT_EQ(city_.When("370705001002", closed).code(), Code::kFailedPrecondition);
  auto bind = Binding("i1", "inspection", "inspector1");
  bind.set_community("370705001002");
  EXPECT_EQ(city_.When("370705001002", bind).code(), Code::kFailedPrecondition);
}

TEST_F(GridTest, ALayerTakesPostsOfItsKind) {
  EXPECT_EQ(Try(Binding("i1", "inspection", "nobody")), Code::kFailedPrecondition);
  EXPECT_EQ(Try(Binding("i1", "inspection", "san-crew")), Code::kFailedPrecondition);
  EXPECT_EQ(Try(Binding("c1", "cleaning", "inspector1")), Code::kFailedPrecondition);
  Must(Binding("i1", "inspection", "inspector1"));
  Must(Binding("c1", "cleaning", "san-crew"));
  Must(Binding("i1", "inspection", "inspector2"));  // another post
  EXPECT_EQ(city_.StateOf<state::State>(kCommunity).bindings_size(), 2);
  EXPECT_EQ(city_.Then<v1::InspectorBound>().post_id(), "inspector2");
}

TEST_F(GridTest, ABindingOfAWrongFormIsRefused) {
  EXPECT_EQ(Try(Binding("i1", "", "inspector1")), Code::kInvalidArgument);
  EXPECT_EQ(Try(Binding("", "inspection", "inspector1")), Code::kInvalidArgument);
  auto foreign = Binding("i1", "inspection", "inspector1");
  foreign.set_grid_id("370705001002/i1");
  EXPECT_EQ(Try(foreign), Code::kInvalidArgument);
  EXPECT_EQ(Try(Binding("i1", "inspection", "inspector1", {"370705001001009"})),
            Code::kFailedPrecondition);
  EXPECT_EQ(Try(Binding("i1", "inspection", "inspector1", {"370705001002001"})),
            Code::kFailedPrecondition);
}

TEST_F(GridTest, InALayerACellIsInOneListedGrid) {
  Must(Binding("i1", "inspection", "inspector1"));
  EXPECT_EQ(Try(Binding("i2", "inspection", "inspector2")), Code::kFailedPrecondition);
  Must(Binding("i2", "inspection", "inspector2", {kSecond, kFirst, kSecond}));
  EXPECT_EQ(city_.Then<v1::InspectorBound>().cells_size(), 2);  // sorted, each once
  EXPECT_EQ(city_.Then<v1::InspectorBound>().cells(0), kFirst);
  EXPECT_EQ(Try(Binding("i3", "inspection", "inspector1", {kSecond})), Code::kFailedPrecondition);
  Must(Binding("c1", "cleaning", "san-crew", {kSecond}));  // another layer
  Must(Binding("i2", "inspection", "inspector2", {kFirst}));
  Must(Binding("i3", "inspection", "inspector1", {kSecond}));
}

TEST_F(GridTest, ACommunityHasSoManyBindings) {
  for (int i = 0; i < kBindingsMax; ++i) Must(Binding("g", fmt::format("layer-{}", i), "san-crew"));
  EXPECT_EQ(Try(Binding("g", "one-more", "san-crew")), Code::kResourceExhausted);
  Must(Binding("g", "layer-0", "road-crew"));
}

TEST_F(GridTest, OnlyTheBaseDataOfficeKeepsTheGrid) {
  const auto region = Region(kCommunity, "community", "370705001", "another name");
  const auto cells = Squares(4);
  const auto binding = Binding("i1", "inspection", "inspector1");
  const auto send_all = [&] { return std::vector<Code>{Try(region), Try(cells), Try(binding)}; };
  for (int axis = 1; axis <= 5; ++axis) {
    for (int kind = 1; kind <= 14; ++kind) {
      city_.actor().set_axis(common::v1::Axis(axis));
      city_.actor().set_post_kind(common::v1::PostKind(kind));
      const bool may =
          axis == common::v1::AXIS_NONE &&
          (kind == common::v1::POST_KIND_BASE_DATA_CLERK || kind == common::v1::POST_KIND_OPERATOR);
      EXPECT_EQ(send_all(), std::vector<Code>(3, may ? Code::kOk : Code::kPermissionDenied))
          << axis << " " << kind;
    }
  }
  city_.AsReaction();
  EXPECT_EQ(send_all(), std::vector<Code>(3, Code::kPermissionDenied));
  city_.actor().mutable_system()->set_service("bootstrap");
  EXPECT_EQ(send_all(), std::vector<Code>(3, Code::kOk));
}

TEST_F(GridTest, ACommandGoesToItsRegion) {
  v1::Command command;
  *command.mutable_open_region() = Region("370705", "district", "3707");
  EXPECT_EQ(Target(command), "370705");
  *command.mutable_divide_community() = Squares(1);
  EXPECT_EQ(Target(command), kCommunity);
  *command.mutable_bind_inspector() = Binding("i1", "inspection", "inspector1");
  EXPECT_EQ(Target(command), kCommunity);
}

TEST_F(GridTest, Queries) {
  v1::GetCell get;
  get.set_code(kSecond);
  EXPECT_EQ(city_.Ask<v1::Cell>("GetCell", get)->code(), kSecond);
  get.set_code("370705001001777");
  EXPECT_EQ(city_.Ask<v1::Cell>("GetCell", get).status().code(), Code::kNotFound);

  v1::ListCells cells;
  EXPECT_EQ(city_.Ask<v1::CellPage>("ListCells", cells).status().code(), Code::kInvalidArgument);
  cells.set_community(std::string(kCommunity));
  cells.mutable_page()->set_size(1);
  const auto first = city_.Ask<v1::CellPage>("ListCells", cells);
  EXPECT_EQ(first->cells(0).code(), kFirst);
  cells.mutable_page()->set_token(first->next());
  EXPECT_EQ(city_.Ask<v1::CellPage>("ListCells", cells)->cells(0).code(), kSecond);

  v1::ListRegions regions;
  EXPECT_EQ(city_.Ask<v1::RegionPage>("ListRegions", regions).status().code(),
            Code::kInvalidArgument);
  regions.set_parent("370705001");
  EXPECT_EQ(city_.Ask<v1::RegionPage>("ListRegions", regions)->regions(0).code(), kCommunity);
  regions.set_parent("37070500");
  EXPECT_EQ(city_.Ask<v1::RegionPage>("ListRegions", regions)->regions_size(), 0);
}

}  // namespace
}  // namespace wanmi::grid
