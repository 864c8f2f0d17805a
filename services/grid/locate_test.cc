// Where is this point? Locate and its index in memory, over a made-up city.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "geo/crs.h"
#include "geo/demo_city.h"
#include "services/grid/domain.h"
#include "services/grid/place_index.h"
#include "services/grid/service.h"
#include "services/grid/views.h"
#include "testkit/rule_case.h"

namespace wanmi::grid {
namespace {

using base::Code;
using common::v1::Place;

std::vector<geo::DemoCommunity> DemoCity(int communities) {
  std::vector<std::string> codes;
  for (int i = 1; i <= communities; ++i) codes.push_back(fmt::format("370705001{:03}", i));
  auto city = geo::MakeDemoCity(7, {119.16, 36.71}, codes);
  CHECK(city.ok(), "{}", city.status().message());
  return *city;
}

v1::Cell CellOf(const geo::DemoCell& demo) {
  v1::Cell cell;
  cell.set_code(demo.code);
  cell.set_area_grade(std::string(geo::GradeName(demo.grade)));
  cell.set_demo(true);
  for (const auto& point : demo.polygon.ring) {
    auto& ring = *cell.add_ring();
    ring.set_longitude_deg(point.longitude_deg);
    ring.set_latitude_deg(point.latitude_deg);
  }
  return cell;
}

class LocateTest : public testing::Test {
 protected:
  LocateTest() : demo_(DemoCity(2)), city_(Define()) {
    city_.As("base-clerk");
    for (const auto& community : demo_) {
      v1::OpenRegion open;
      open.mutable_region()->set_code(community.code);
      open.mutable_region()->set_level("community");
      open.mutable_region()->set_parent(community.code.substr(0, 9));
      open.mutable_region()->set_name("community");
      EXPECT_TRUE(city_.When(community.code, open).ok());
      v1::DivideCommunity divide;
      divide.set_community(community.code);
      for (const auto& cell : community.cells) *divide.add_cells() = CellOf(cell);
      EXPECT_TRUE(city_.When(community.code, divide).ok());
    }
  }
  void Bind(std::string_view grid, std::string_view layer, std::string_view post,
            const std::string& cell = "") {
    v1::BindInspector bind;
    bind.set_community(demo_[0].code);
    bind.set_grid_id(fmt::format("{}/{}", demo_[0].code, grid));
    bind.set_layer(std::string(layer));
    bind.set_post_id(std::string(post));
    if (!cell.empty()) bind.add_cells(cell);
    EXPECT_TRUE(city_.When(demo_[0].code, bind).ok());
  }
  base::Result<Place> LocateAt(const geo::Point& point, std::string_view crs = "",
                               double tolerance_m = 0) {
    v1::Locate request;
    request.set_tolerance_m(tolerance_m);
    request.mutable_place()->set_crs(std::string(crs));
    request.mutable_place()->mutable_point()->set_longitude_deg(point.longitude_deg);
    request.mutable_place()->mutable_point()->set_latitude_deg(point.latitude_deg);
    return city_.Ask<Place>("Locate", request);
  }
  const std::vector<geo::DemoCommunity> demo_;
  testkit::RuleCase city_;
};

TEST_F(LocateTest, EveryCellIsFoundWithItsParts) {
  for (const auto& community : demo_) {
    const auto& cell = community.cells[3];
    const auto place = LocateAt(geo::CentroidOf(cell.polygon));
    ASSERT_TRUE(place.ok()) << place.status().message();
    EXPECT_EQ(place->cell_code(), cell.code);
    EXPECT_EQ(place->community_code(), community.code);
    EXPECT_EQ(place->street_code(), "370705001");
    EXPECT_EQ(place->district_code(), "370705");
    EXPECT_EQ(place->area_grade(), geo::GradeName(cell.grade));
  }
}

TEST_F(LocateTest, OtherCoordinateSystemsAreTurnedIntoWgs84) {
  const auto& cell = demo_[0].cells[5];
  const geo::Point point = geo::CentroidOf(cell.polygon);
  for (const auto crs : {geo::Crs::kGcj02, geo::Crs::kBd09}) {
    const auto place = LocateAt(geo::FromWgs84(point, crs), geo::CrsName(crs));
    ASSERT_TRUE(place.ok()) << place.status().message();
    EXPECT_EQ(place->cell_code(), cell.code);
    EXPECT_EQ(place->crs(), "WGS-84");
    EXPECT_LT(
        geo::DistanceMetres(point, {place->point().longitude_deg(), place->point().latitude_deg()}),
        0.01);
  }
  EXPECT_EQ(LocateAt(point, "Mars").status().code(), Code::kInvalidArgument);
}

TEST_F(LocateTest, WhatTheCallerSaidOfTheGridIsCleared) {
  const geo::Point point = geo::CentroidOf(demo_[0].cells[0].polygon);
  v1::Locate request;
  Place& asked = *request.mutable_place();
  asked.mutable_point()->set_longitude_deg(point.longitude_deg);
  asked.mutable_point()->set_latitude_deg(point.latitude_deg);
  asked.set_address("north of the gate");
  asked.set_accuracy_m(4);
  asked.set_cell_code("370705001001999");
  asked.add_responsibilities()->set_post_id("forged");
  const auto place = city_.Ask<Place>("Locate", request);
  EXPECT_EQ(place->address(), "north of the gate");
  EXPECT_EQ(place->accuracy_m(), 4);
  EXPECT_EQ(place->cell_code(), demo_[0].cells[0].code);
  EXPECT_EQ(place->responsibilities_size(), 0);
}

TEST_F(LocateTest, OutsideTheCityIsNotFoundBeyondTheTolerance) {
  double west = 180;
  geo::Point edge;
  for (const auto& community : demo_) {
    for (const auto& point : community.polygon.ring) {
      if (point.longitude_deg < west) west = point.longitude_deg, edge = point;
    }
  }
  const geo::Point near{edge.longitude_deg - 30 / 89'000.0, edge.latitude_deg};  // about 30 m west
  EXPECT_TRUE(LocateAt(near).ok());
  EXPECT_EQ(LocateAt(near, "", 10).status().code(), Code::kNotFound);
  const geo::Point far{edge.longitude_deg - 0.01, edge.latitude_deg};
  EXPECT_EQ(LocateAt(far).status().code(), Code::kNotFound);
  EXPECT_EQ(LocateAt(far, "", 1e9).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(LocateAt({119, 95}).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(city_.Ask<Place>("Locate", v1::Locate()).status().code(), Code::kInvalidArgument);
}

TEST_F(LocateTest, AListedGridGoesBeforeTheWholeCommunity) {
  Bind("all", "inspection", "inspector1");
  Bind("zone", "inspection", "inspector2", demo_[0].cells[1].code);
  Bind("a-sweep", "cleaning", "san-crew");
  const auto at = [&](int community, int cell) {
    const auto place = LocateAt(geo::CentroidOf(demo_[community].cells[cell].polygon));
    std::vector<std::string> found;
    for (const auto& r : place->responsibilities()) found.push_back(r.layer() + " " + r.post_id());
    return found;
  };
  EXPECT_EQ(at(0, 0), (std::vector<std::string>{"cleaning san-crew", "inspection inspector1"}));
  EXPECT_EQ(at(0, 1), (std::vector<std::string>{"cleaning san-crew", "inspection inspector2"}));
  EXPECT_EQ(at(1, 0), std::vector<std::string>());
}

TEST_F(LocateTest, ARetiredCellIsNoPlace) {
  v1::GridRetired retired;
  retired.set_code(demo_[0].cells[0].code);
  retired.set_retired_at_us(1);
  city_.Given(demo_[0].code, retired);
  const auto place = LocateAt(geo::CentroidOf(demo_[0].cells[0].polygon));
  EXPECT_TRUE(!place.ok() || place->cell_code() != demo_[0].cells[0].code);
}

TEST(PlaceIndex, FoldsAsItWouldRebuild) {
  base::MapRows rows;
  PlaceIndex folded;
  const auto demo = DemoCity(3);
  for (const auto& community : demo) {
    for (const auto& cell : community.cells) kCells.Put(rows, cell.code, CellOf(cell));
    folded.Fold(community.code, rows);
  }
  v1::Cell gone = CellOf(demo[1].cells[0]);
  gone.set_retired_at_us(1);
  kCells.Put(rows, gone.code(), gone);
  folded.Fold(demo[1].code, rows);
  folded.Fold("370705001", rows);  // a street
  PlaceIndex rebuilt;
  rebuilt.Rebuild(rows);
  ASSERT_EQ(folded.cells(), rebuilt.cells());
  for (const auto& community : demo) {
    for (const auto& cell : community.cells) {
      const geo::Point point = geo::CentroidOf(cell.polygon);
      EXPECT_EQ(folded.CellNear(point, 50), rebuilt.CellNear(point, 50));
      if (cell.code == gone.code()) continue;
      EXPECT_EQ(folded.CellNear(point, 0), cell.code);
    }
  }
}

TEST(PlaceIndex, MayBeReadWhileItFolds) {
  base::MapRows rows;
  const auto demo = DemoCity(8);
  PlaceIndex index;
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  const auto& first = demo[0].cells[0];
  for (const auto& cell : demo[0].cells) kCells.Put(rows, cell.code, CellOf(cell));
  index.Fold(demo[0].code, rows);
  std::thread reader([&] {
    const geo::Point point = geo::CentroidOf(first.polygon);
    do {
      wrong += index.CellNear(point, 50) != first.code;
    } while (!done);
  });
  for (const auto& community : demo) {
    for (const auto& cell : community.cells) kCells.Put(rows, cell.code, CellOf(cell));
    index.Fold(community.code, rows);
  }
  done = true;
  reader.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace wanmi::grid
