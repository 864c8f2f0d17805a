#include "services/cli/import/grid_files.h"

#include <algorithm>

#include "geo/cell_index.h"
#include "geo/demo_city.h"
#include "rules/form.h"

namespace wanmi::city_import {
namespace {

using grid::v1::Region;

size_t DigitsOf(std::string_view level) {
  return level == "city" ? 4 : level == "district" ? 6 : level == "street" ? 9 : 12;
}

size_t ParentDigitsOf(std::string_view level) {
  return level == "city" ? 0 : level == "district" ? 4 : level == "street" ? 6 : 9;
}

Region TakeRegion(const Row& row, const City& city, std::set<std::string>* known) {
  Region region;
  region.set_code(row.Must("code"));
  region.set_name(row.Must("name"));
  const auto same = [](std::string_view name) { return std::pair{name, name}; };
  region.set_level(std::string(row.OneOf<std::string_view>(
      "level", {same("city"), same("district"), same("street"), same("community")})));
  region.set_parent(row.May("parent"));
  const std::string& code = region.code();
  const size_t digits = DigitsOf(region.level());
  if (code.size() != digits || code.find_first_not_of("0123456789") != std::string::npos) {
    row.Bad("code", fmt::format("{} digits for a {}", digits, region.level()));
  } else if (!code.starts_with(city.code)) {
    row.Bad("code", "a code that begins with the city's, " + city.code);
  }
  const std::string parent = code.substr(0, ParentDigitsOf(region.level()));
  if (region.parent() != parent) {
    row.Bad("parent",
            parent.empty() ? "no parent of the city" : "the parent that the code says, " + parent);
  } else if (!parent.empty() && !known->contains(parent)) {
    row.Bad("parent", "a region of a line above");
  }
  if (!known->insert(code).second) row.Bad("code", "each region once");
  return region;
}

grid::v1::DivideCommunity DivisionOf(const geo::DemoCommunity& community) {
  grid::v1::DivideCommunity division;
  division.set_community(community.code);
  for (const auto& made : community.cells) {
    auto& cell = *division.add_cells();
    cell.set_code(made.code);
    cell.set_area_grade(std::string(geo::GradeName(made.grade)));
    cell.set_demo(true);
    for (const auto& point : made.polygon.ring) {
      auto& corner = *cell.add_ring();
      corner.set_longitude_deg(point.longitude_deg);
      corner.set_latitude_deg(point.latitude_deg);
    }
  }
  return division;
}

// Made-up districts are two lattices; they must lie apart.
class Ground {
 public:
  Ground(const Input& input, const City& city) : input_(input), city_(city) {}

  void Lay(const District& district, const std::vector<Region>& regions, GridFiles* files) {
    std::vector<std::string> codes;
    for (const Region& region : regions) {
      const bool inside = region.level() == "community" && region.code().starts_with(district.code);
      if (inside) codes.push_back(region.code());
    }
    const auto made = geo::MakeDemoCity(district.seed, district.centre, codes);
    if (!made.ok() || codes.empty()) {
      Bad(district, "communities in " + city_.divisions,
          made.ok() ? "none" : made.status().message());
      return;
    }
    geo::Box box{180, 90, -180, -90};
    for (const auto& community : *made) {
      for (const auto& cell : community.cells) index_.Add(cell.code, cell.polygon);
      files->divisions.push_back(DivisionOf(community));
      Widen(geo::BoxOf(community.polygon), &box);
    }
    for (const auto& [other, taken] : boxes_) {
      const bool apart = box.east < taken.west || taken.east < box.west ||
                         box.north < taken.south || taken.north < box.south;
      if (!apart)
        Bad(district, "a centre farther away from district " + other, "grids that overlap");
    }
    boxes_.emplace_back(district.code, box);
  }
  bool Covers(const geo::Point& point) const { return index_.Locate(point).has_value(); }

 private:
  static void Widen(const geo::Box& by, geo::Box* box) {
    box->west = std::min(box->west, by.west);
    box->south = std::min(box->south, by.south);
    box->east = std::max(box->east, by.east);
    box->north = std::max(box->north, by.north);
  }
  void Bad(const District& district, std::string expected, std::string found) {
    input_.report->errors.push_back(
        {"city.json", 0, "districts/" + district.code, std::move(expected), std::move(found)});
  }

  const Input& input_;
  const City& city_;
  geo::CellIndex index_;
  std::vector<std::pair<std::string, geo::Box>> boxes_;
};

// A layer has one grid of each community here: the whole of it.
grid::v1::BindInspector TakeBinding(const Row& row, const DirectoryFiles& directory,
                                    const std::set<std::string>& regions,
                                    std::set<std::string>* bound) {
  grid::v1::BindInspector binding;
  binding.set_layer(row.Must("layer"));
  binding.set_community(row.Must("community"));
  binding.set_grid_id(row.Must("grid"));
  binding.set_post_id(row.Must("post"));
  if (binding.community().size() != 12 || !regions.contains(binding.community())) {
    row.Bad("community", "a community of the divisions");
  }
  const std::string prefix = binding.community() + "/";
  if (!binding.grid_id().starts_with(prefix)) row.Bad("grid", "an id that begins with " + prefix);
  if (!bound->insert(prefix + binding.layer()).second)
    row.Bad("community", "each community once a layer");
  const directory::v1::Post* post = directory.Post(binding.post_id());
  if (!post) {
    row.Bad("post", "a post of posts.csv");
  } else if (binding.layer() == "inspection" && post->kind() != common::v1::POST_KIND_INSPECTOR) {
    row.Bad("post", "the post of an inspector for the layer inspection");
  } else if (binding.layer() != "inspection" &&
             directory.Unit(post->unit_id())->axis() != common::v1::AXIS_DISPOSAL) {
    row.Bad("post", "a post on the disposal axis for the layer " + binding.layer());
  }
  return binding;
}

alarms::v1::RegisterDevice TakeDevice(const Row& row, const DirectoryFiles& directory,
                                      const Ground& ground, std::set<std::string>* known) {
  alarms::v1::RegisterDevice device;
  device.set_device(row.Must("id"));
  device.set_kind(row.Must("kind"));
  device.set_owner_unit(row.Must("owner_unit"));
  device.set_title(row.Must("title"));
  auto& point = *device.mutable_place()->mutable_point();
  point.set_longitude_deg(row.Number("longitude_deg"));
  point.set_latitude_deg(row.Number("latitude_deg"));
  device.mutable_place()->set_crs("WGS-84");
  if (!device.device().empty() && !rules::RequireId("the device", device.device()).ok()) {
    row.Bad("id", "at most 64 letters, digits, '-', '_' and '.'");
  }
  if (!known->insert(device.device()).second) row.Bad("id", "each device once");
  const directory::v1::Unit* owner = directory.Unit(device.owner_unit());
  if (!owner || owner->axis() != common::v1::AXIS_DISPOSAL) {
    row.Bad("owner_unit", "a unit of units.csv on the disposal axis");
  }
  if (!ground.Covers({point.longitude_deg(), point.latitude_deg()})) {
    row.Bad("longitude_deg", "a place in a unit grid of the city",
            fmt::format("{}, {}", row.May("longitude_deg"), row.May("latitude_deg")));
  }
  return device;
}

}  // namespace

GridFiles ReadGridFiles(const Input& input, const City& city, const DirectoryFiles& directory) {
  GridFiles files;
  std::set<std::string> known;
  files.regions = input.Rows<Region>(city.divisions, {"code", "name", "level", "parent"},
                                     [&](const Row& row) { return TakeRegion(row, city, &known); });
  Ground ground(input, city);
  for (const District& district : city.districts) {
    if (files.regions) ground.Lay(district, *files.regions, &files);
  }
  if (input.report->Blames("city.json")) files.regions.reset();
  if (!files.regions) files.divisions.clear();
  const bool regions_good = files.regions.has_value();
  const auto needs_both = [&](const char* file, const char* other, bool other_is_good) {
    return input.Needs(file, city.divisions, regions_good) &&
           input.Needs(file, other, other_is_good);
  };
  if (needs_both("responsibility.csv", "posts.csv", directory.posts.has_value())) {
    std::set<std::string> bound;
    files.bindings = input.Rows<grid::v1::BindInspector>(
        "responsibility.csv", {"layer", "community", "grid", "post"},
        [&](const Row& row) { return TakeBinding(row, directory, known, &bound); });
  }
  if (needs_both("devices.csv", "units.csv", directory.units.has_value())) {
    std::set<std::string> devices;
    files.devices = input.Rows<alarms::v1::RegisterDevice>(
        "devices.csv", {"id", "kind", "owner_unit", "title", "longitude_deg", "latitude_deg"},
        [&](const Row& row) { return TakeDevice(row, directory, ground, &devices); });
  }
  return files;
}

}  // namespace wanmi::city_import
